// trine teams, keys and abuse on an identity folder, as people call them.
#include "integration/cli/program.h"

namespace trine::cli::keys_test {
namespace {

using namespace testing;

struct TrineKeys : ::testing::Test {
  Ran run(std::vector<std::string> words, const std::string& folder = "identity") const {
    words.insert(words.end(), {"--identity", (dir.path() / folder).string()});
    return run_trine(words);
  }
  // The id of a new key.
  std::string create(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"keys", "create", "--group", "acme/it"});
    const auto ran = run(more);
    EXPECT_EQ(ran.status, 0) << ran.err;
    const size_t at = ran.out.find("trn_");
    return at == std::string::npos ? "" : ran.out.substr(at, 16);
  }
  void SetUp() override { ASSERT_EQ(run({"teams", "create", "acme/it"}).status, 0); }

  TempDir dir;
};

TEST_F(TrineKeys, AFolderThatIsMistypedIsSaidAndNotMade) {
  const std::vector<std::vector<std::string>> all = {
      {"keys", "list"},  {"keys", "list", "--json"}, {"keys", "create", "--group", "acme/it"},
      {"teams", "list"}, {"abuse", "list"},          {"abuse", "suspend", "k", "--because", "b"}};
  for (const auto& words : all) {
    const auto ran = run(words, "tpyo");
    EXPECT_EQ(ran.status, 1) << words[0] << " " << words[1] << ": " << ran.out;
    EXPECT_NE(ran.err.find("tpyo; is it the gateway's identity folder?"), std::string::npos) << ran.err;
    EXPECT_FALSE(std::filesystem::exists(dir.path() / "tpyo")) << words[0] << " " << words[1];
  }
  EXPECT_EQ(run({"keys", "list"}).out, "There is none.\n");
  EXPECT_EQ(run({"abuse", "list"}).out, "No key is under watch.\n");
}

TEST_F(TrineKeys, ARotationSaysWhenTheOldKeyEnds) {
  const auto plain = run({"keys", "rotate", create(), "--overlap", "48h"});
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_NE(plain.out.find(" still works until 20"), std::string::npos) << plain.out;
  const auto near = run({"keys", "rotate", create({"--expires", "2261-01-31"}), "--overlap", "36525d"});
  EXPECT_EQ(near.out.find("2261-01-31"), std::string::npos) << "the overlap ends before";
  const auto ends = run({"keys", "rotate", create({"--expires", "2100-01-31"}), "--overlap", "36525d"});
  EXPECT_NE(ends.out.find(" still works until 2100-01-31T00:00:00Z."), std::string::npos) << ends.out;
}

TEST_F(TrineKeys, TimesBeyondAHundredYearsAreRefused) {
  const std::string id = create();
  const auto rotated = run({"keys", "rotate", id, "--overlap", "100000d"});
  EXPECT_EQ(rotated.status, 1) << rotated.out;
  EXPECT_NE(rotated.err.find("at most 100 years"), std::string::npos) << rotated.err;
  EXPECT_NE(run({"keys", "show", id}).out.find("works"), std::string::npos);
  const auto created = run({"keys", "create", "--group", "acme/it", "--expires", "100000d"});
  EXPECT_EQ(created.status, 2) << created.out;
  EXPECT_NE(created.err.find("is over 100 years"), std::string::npos) << created.err;
}

}  // namespace
}  // namespace trine::cli::keys_test

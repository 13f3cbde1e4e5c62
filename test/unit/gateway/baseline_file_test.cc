#include "gateway/baseline_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "catalog/load.h"
#include "gateway/snapshot.h"

namespace trine::gateway::baseline_file_test {
namespace {

FrozenBaseline sample() {
  FrozenBaseline b;
  b.name = "openai gpt-4o";
  b.created = "2026-11-23T17:00:00Z";
  b.zone = "US";
  FrozenModel m;
  m.vendor = "openai";
  m.model = "gpt-4o \"${HOME}\" \\ x";  // whatever a name holds, it comes back
  m.size = {.active_b = 132, .total_b = 440, .published_joules_per_output_token = std::nullopt};
  m.size_from = "ecologits";
  m.price.in = euros(2.30975);
  m.price.cached = euros(1.154875);
  m.price.out = euros(9.239);
  m.price_from = "litellm-prices of 2026-08-06";
  b.models.push_back(m);
  b.control = {{"operator", "vendor"}, {"exit", "weeks"}};
  return b;
}

std::string refusal(const std::string& text) {
  const auto b = read_baseline_text("b.yaml", text);
  EXPECT_FALSE(b);
  return b ? "" : b.error().message;
}

TEST(BaselineFile, ComesBackAsItWasWritten) {
  auto b = sample();
  b.from = FrozenBaseline::From::invoice;
  b.file = "invoice.csv";
  b.file_hash = std::string(64, 'a');
  b.first = "2026-10-01T00:00:00Z";
  b.last = "2026-10-31T00:00:00Z";
  b.refused_rows = 3;
  b.paid = euros(4321.5);
  b.version = 2;
  b.replaces = std::string(64, 'b');
  b.models[0].requests = 10;
  b.models[0].in = 11550;
  b.models[0].out = 2110;
  const auto text = baseline_text(b);
  const auto r = read_baseline_text("b.yaml", text);
  ASSERT_TRUE(r) << r.error().message;
  auto again = *r;
  EXPECT_EQ(baseline_text(again), text);
  EXPECT_EQ(r->models[0].model, b.models[0].model);
  EXPECT_EQ(r->models[0].price.cached, euros(1.154875));
  EXPECT_EQ(r->paid, euros(4321.5));
  EXPECT_EQ(r->replaces, b.replaces);
  EXPECT_EQ(r->hash, b.hash);
  EXPECT_EQ(r->control, b.control);
  EXPECT_EQ(r->title(), "openai gpt-4o (baseline version 2 of 2026-11-23)");
}

TEST(BaselineFile, EveryChangedByteIsRefused) {
  auto b = sample();
  const auto text = baseline_text(b);
  for (size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == '7' ? '8' : '7';
    EXPECT_FALSE(read_baseline_text("b.yaml", changed)) << "byte " << i << ": " << text.substr(i, 20);
  }
  auto dearer = text;
  dearer.replace(dearer.find("9.239"), 5, "9.339");
  EXPECT_EQ(refusal(dearer),
            "b.yaml: was changed after it was made: its lines do not fit the hash in the last one. Restore the file as "
            "it was, or make a new baseline by `trine baseline create`.");
  EXPECT_FALSE(read_baseline_text("b.yaml", text + "zone: FR\n")) << "nothing may follow the hash";
  EXPECT_NE(refusal(text.substr(0, text.size() / 2)).find("its last line must be its hash"), std::string::npos);
  EXPECT_NE(refusal("").find("is no baseline file"), std::string::npos);
}

TEST(BaselineFile, ARightHashDoesNotMakeANonsenseRight) {
  auto b = sample();
  b.control["operator"] = "nobody";
  EXPECT_NE(refusal(baseline_text(b)).find("nobody"), std::string::npos);
  b = sample();
  b.models.clear();
  EXPECT_NE(refusal(baseline_text(b)), "");
  b = sample();
  b.models[0].size.active_b = 0;
  EXPECT_NE(refusal(baseline_text(b)).find("active_b"), std::string::npos);
}

TEST(BaselineFile, SharesAreOfAllTokens) {
  auto b = sample();
  EXPECT_EQ(b.share_in(b.models[0]), 1);
  b.models.push_back(b.models[0]);
  EXPECT_EQ(b.share_out(b.models[1]), 0.5) << "nothing seen: equal parts";
  b.models[0].in = 900;
  b.models[1].in = 100;
  b.models[1].out = 50;
  EXPECT_DOUBLE_EQ(b.share_in(b.models[0]), 0.9);
  EXPECT_DOUBLE_EQ(b.share_out(b.models[1]), 1);
}

class BaselineInConfig : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-baseline-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Result<std::shared_ptr<const Snapshot>> with(const std::string& file, const std::string& more = "") {
    const auto path = (dir_ / "b.yaml").string();
    std::ofstream(path) << file;
    const auto config =
        load_config_text("t.yaml",
                         "deployments:\n  - { name: d, url: \"http://127.0.0.1:1/v1\", engine: sim, "
                         "model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 1 } }\n"
                         "routes: [ { model: m, deployments: [d] } ]\nguard: { on: false }\nbaseline: { file: \"" +
                             path + "\" }\n" + more);
    if (!config) return tl::unexpected(config.error());
    return make_snapshot(*config, *catalog::load());
  }
  std::filesystem::path dir_;
};

TEST_F(BaselineInConfig, TheFileIsTheBaseline) {
  auto b = sample();
  const auto s = with(baseline_text(b));
  ASSERT_TRUE(s) << s.error().message;
  ASSERT_TRUE((*s)->baseline && (*s)->baseline->frozen);
  EXPECT_EQ((*s)->baseline->name, "openai gpt-4o (baseline version 1 of 2026-11-23)");
  EXPECT_EQ((*s)->baseline->zone, "US");
  EXPECT_EQ((*s)->baseline->frozen->hash, b.hash);
}

TEST_F(BaselineInConfig, AChangedFileIsRefusedWithASentence) {
  auto b = sample();
  auto text = baseline_text(b);
  text.replace(text.find("\"US\""), 4, "\"PL\"");
  const auto s = with(text);
  ASSERT_FALSE(s);
  EXPECT_TRUE(s.error().message.starts_with("baseline.file: ")) << s.error().message;
  EXPECT_NE(s.error().message.find("was changed after it was made"), std::string::npos) << s.error().message;
}

TEST_F(BaselineInConfig, ItsCurrencyIsTheLedgers) {
  auto b = sample();
  const auto s = with(baseline_text(b), "ledger: { currency: USD }\n");
  ASSERT_FALSE(s);
  EXPECT_NE(s.error().message.find("is in EUR, the ledger in USD; make it anew with --currency USD"), std::string::npos)
      << s.error().message;
}

TEST_F(BaselineInConfig, ItsZoneMustBeKnown) {
  auto b = sample();
  b.zone = "XX-NOWHERE";
  const auto text = baseline_text(b);
  const auto s = with(text);
  ASSERT_FALSE(s);
  EXPECT_NE(s.error().message.find("XX-NOWHERE"), std::string::npos) << s.error().message;
  EXPECT_TRUE(with(text, "grid: { zones: { XX-NOWHERE: { g_per_kwh: 100 } } }\n")) << "the file gives it an intensity";
}

}  // namespace
}  // namespace trine::gateway::baseline_file_test

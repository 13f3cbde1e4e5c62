// trine check, catalog check and the small commands, as scripts call them.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/config/key_hash.h"
#include "integration/cli/program.h"

namespace trine::cli::check_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

constexpr const char* kGood = R"(keys:
  - { id: a, secret: sk-a }
deployments:
  - { name: fr-4090, url: "http://127.0.0.1:9101/v1", engine: sim, model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.35 } }
  - { name: api, url: "https://api.openai.com/v1", engine: openai, model: gpt-4o-mini, vendor: openai }
routes:
  - { model: small, deployments: [fr-4090, api] }
baseline: { vendor: openai, model: gpt-4o-mini }
)";

TEST(TrineCheck, AGoodFileIsCounted) {
  const TempDir dir;
  const auto ran = run_trine({"check", "-c", dir.file("t.yaml", kGood)});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, "ok: 2 deployments, 1 route, 1 key\n");
  EXPECT_EQ(ran.err, "");
}

TEST(TrineCheck, EveryProblemOfTheFileHasItsPlace) {
  const TempDir dir;
  const auto file = dir.file("bad.yaml", "listen: { traffic: nowhere }\nworkers: 0\nroutez: []\n");
  const auto ran = run_trine({"check", "-c", file});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find(file + ":1:20: "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(file + ":2:10: "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(file + ":3:1: "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("routes"), std::string::npos) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 3) << ran.err;
}

TEST(TrineCheck, NamesThatTheCatalogDoesNotKnowHaveTheirPlace) {
  const TempDir dir;
  std::string text = kGood;
  text.replace(text.find("RTX-4090"), 8, "RTX-409");
  text.replace(text.find("zone: FR"), 8, "zone: XX");
  const auto file = dir.file("names.yaml", text);
  const auto place = [&](const std::string& word) {
    const size_t at = text.find(word), line = text.rfind('\n', at);
    return fmt::format("{}:4:{}: ", file, at - line);
  };
  const auto ran = run_trine({"check", "-c", file});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find(place("RTX-409") + "deployments.gpu: unknown GPU \"RTX-409\""), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(place("XX") + "deployments.zone: unknown grid zone \"XX\""), std::string::npos) << ran.err;
}

TEST(TrineCheck, JsonHasProblemsInParts) {
  const TempDir dir;
  const auto file = dir.file("bad.yaml", "workers: 0\n");
  const auto ran = run_trine({"check", "-c", file, "--json"});
  EXPECT_EQ(ran.status, 1);
  const auto j = Json::parse(ran.out);
  EXPECT_EQ(j.at("ok"), false);
  ASSERT_EQ(j.at("problems").size(), 1u);
  EXPECT_EQ(j["problems"][0].at("file"), file);
  EXPECT_EQ(j["problems"][0].at("line"), 1);
  EXPECT_EQ(j["problems"][0].at("column"), 10);
  EXPECT_NE(j["problems"][0].at("message").get<std::string>().find("workers"), std::string::npos);
  EXPECT_EQ(Json::parse(run_trine({"check", "-c", dir.file("t.yaml", kGood), "--json"}).out).at("ok"), true);
}

TEST(TrineCheck, AMissingFileIsOneSentence) {
  const auto ran = run_trine({"check", "-c", "/nonexistent/trine.yaml"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.err, "/nonexistent/trine.yaml: cannot be opened: No such file or directory.\n");
}

TEST(TrineCatalog, ItsOwnIsGoodAndABrokenFileHasItsPlace) {
  EXPECT_EQ(run_trine({"catalog", "check"}).status, 0);
  const TempDir dir;
  dir.file("exchange.yaml", "rates:\n  - { frm: USD }\n");
  const auto ran = run_trine({"catalog", "check", dir.path().string()});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("exchange.yaml:2:5: "), std::string::npos) << ran.err;
}

TEST(TrineCatalog, ListsAreTablesAndJson) {
  for (const std::string what : {"gpus", "models", "zones", "vendors"}) {
    const auto table = run_trine({"catalog", "list", what});
    const auto json = Json::parse(run_trine({"catalog", "list", what, "--json"}).out);
    EXPECT_EQ(table.status, 0);
    EXPECT_EQ(static_cast<size_t>(std::count(table.out.begin(), table.out.end(), '\n')), json.size() + 2) << what;
  }
  EXPECT_NE(run_trine({"catalog", "list", "gpus"}).out.find("RTX-4090"), std::string::npos);
}

TEST(TrineKey, TheHashIsTheSecrets) {
  const auto j = Json::parse(run_trine({"key", "new", "--id", "team-a", "--json"}).out);
  const std::string secret = j.at("secret");
  EXPECT_EQ(j.at("id"), "team-a");
  EXPECT_EQ(secret.find("sk-trine-"), 0u);
  EXPECT_EQ(secret.size(), 9u + 43u) << "256 bits in base64";
  EXPECT_EQ(gateway::parse_key_hash(j.at("hash").get<std::string>()), gateway::hash_key(secret));
  EXPECT_NE(Json::parse(run_trine({"key", "new", "--json"}).out).at("secret"), secret);
}

TEST(TrineKey, ThePrintedLinesAreAConfiguration) {
  const auto out = run_trine({"key", "new", "--id", "team-a"}).out;
  const TempDir dir;
  const auto ran = run_trine({"check", "-c", dir.file("t.yaml", out.substr(out.find("keys:")))});
  EXPECT_EQ(ran.out, "ok: 0 deployments, 0 routes, 1 key\n") << ran.err;
}

TEST(TrineUsage, StatusAndStreamsAreAsDocumented) {
  EXPECT_EQ(run_trine({"--version"}).out.find("trine "), 0u);
  const auto help = run_trine({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  const auto wrong = run_trine({"frobnicate"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_EQ(wrong.err.find("trine: There is no command \"frobnicate\""), 0u) << wrong.err;
  EXPECT_EQ(run_trine({}).status, 2);
}

TEST(TrineUsage, OutputThatCannotBeWrittenIsAFailure) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "this system has no /dev/full";
  const Pipe err;
  const int status = status_of(spawn_trine({"config", "reference"}, full, err.write));
  ::close(full);
  EXPECT_EQ(status, 1);
}

}  // namespace
}  // namespace trine::cli::check_test

// trine replay, as people call it: on the traces and grids of ../shared/data.
#include <nlohmann/json.hpp>

#include "integration/cli/program.h"

namespace trine::cli::replay_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

const std::string kData = TRINE_SOURCE_DIR "/../shared/data/";
const std::string kFleet = TRINE_SOURCE_DIR "/examples/fleet-eu.yaml";

std::vector<std::string> words(const std::string& policy, std::vector<std::string> more = {},
                               const std::string& grid = "emaps_2022_lifecycle.csv") {
  std::vector<std::string> all = {"replay",
                                  "--trace",
                                  kData + "traces/burstgpt1_hourly_days0-29.csv",
                                  "--fleet",
                                  kFleet,
                                  "--grid",
                                  kData + "grid/hourly/" + grid,
                                  "--policy",
                                  policy};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

class TrineReplay : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kData + "traces"))
      GTEST_SKIP() << "needs the traces and grids of ../shared/data, which are not here";
  }
};

TEST_F(TrineReplay, SaysWhatAPolicyTakesBesideStaticAndHindsight) {
  const auto ran = run_trine(words("cost", {"--shape", "smooth", "--days", "2", "--json"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto j = Json::parse(ran.out);
  for (const char* key :
       {"policy", "lambda", "cost_eur", "energy_kwh", "carbon_kg", "joules_per_token", "ttft_p50_s", "ttft_p95_s",
        "tpot_p95_s", "slo_miss_fraction", "unserved_fraction", "machine_hours", "requests", "tokens"})
    EXPECT_TRUE(j.contains(key)) << key;
  EXPECT_GT(j.at("percent_of_hindsight_saving").at("cost_eur"), 90);
  EXPECT_LT(j.at("slo_miss_fraction"), 1e-3);
  EXPECT_LT(j.at("percent_of_static").at("cost_eur"), 40);
  EXPECT_EQ(run_trine(words("cost", {"--shape", "smooth", "--days", "2", "--json"})).out, ran.out)
      << "the same seed, the same bits";
}

TEST_F(TrineReplay, KeepsCarbonWithinASlackOfTheCost) {
  const auto ran = run_trine(words("carbon", {"--shape", "smooth", "--days", "2", "--cost-slack", "0.05", "--json"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto j = Json::parse(ran.out);
  EXPECT_GT(j.at("percent_of_hindsight_saving").at("carbon_kg"), 80) << "of two days, the first without a forecast";
  EXPECT_LT(j.at("percent_of_static").at("carbon_kg"), 35);
}

TEST_F(TrineReplay, WritesTheBoundAsALinearProgramme) {
  const TempDir dir;
  const auto lp = dir.file("bound.lp", "");
  const auto ran = run_trine(words("hindsight", {"--hours", "24", "--dump-lp", lp}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  std::ifstream file(lp);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find("n_"), std::string::npos) << text.substr(0, 200);
  EXPECT_NE(text.find("x_"), std::string::npos);
}

TEST_F(TrineReplay, AnswersNothingWhereItCannotBeRight) {
  const auto zone = run_trine(words("cost", {"--days", "1"}, "entsoe_lwa_2020_lifecycle.csv"));
  EXPECT_EQ(zone.status, 1);
  EXPECT_EQ(zone.out, "");
  EXPECT_NE(zone.err.find("has no column for zone SE, where se-a100, se-h100, api-se would run"), std::string::npos)
      << zone.err;
  EXPECT_EQ(run_trine(words("cost", {"--hours", "2", "--zones", "DE,FR"}, "entsoe_lwa_2020_lifecycle.csv")).status, 0);
  const auto hours = run_trine(words("cost", {"--days", "300"}));
  EXPECT_EQ(hours.status, 1);
  EXPECT_NE(hours.err.find("has no value for 2022-10-01T00:00:00Z"), std::string::npos) << hours.err;
  const auto weights = run_trine(words("csoa", {"--weights", "cost=0.5,carbon=0.4"}));
  EXPECT_EQ(weights.status, 2);
  EXPECT_NE(weights.err.find("they must sum to 1"), std::string::npos) << weights.err;
}

TEST(TrineReplayFiles, SayFileAndLine) {
  const TempDir dir;
  const auto trace =
      dir.file("t.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:04,1,1\n2023-11-16 18:17:03,1,1\n");
  const auto good = dir.file("g.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:04,1000,100\n");
  const auto grid = dir.file("grid.csv", "ts_utc,DE,FR,SE\n2022-01-01T00:00:00Z,300,40,30\n");
  const auto back = run_trine({"replay", "--trace", trace, "--fleet", kFleet, "--grid", grid, "--policy", "static"});
  EXPECT_EQ(back.status, 1);
  EXPECT_EQ(back.err.find(trace + ":3: "), 0u) << back.err;
  EXPECT_NE(back.err.find("time goes backwards"), std::string::npos) << back.err;
  const auto free = dir.file("f.yaml",
                             "peak_tokens_per_min: 3000\nmodel: llama-3.1-8b\noptions:\n"
                             "  - { name: a, gpu: A100, zone: DE, per_hour: 0 }\n");
  const auto price = run_trine({"replay", "--trace", good, "--fleet", free, "--grid", grid, "--policy", "static"});
  EXPECT_EQ(price.status, 1);
  EXPECT_EQ(price.err.find(free + ":4:"), 0u) << price.err;
}

}  // namespace
}  // namespace trine::cli::replay_test

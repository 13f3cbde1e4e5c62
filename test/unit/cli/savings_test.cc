// The configuration's baseline against the ledger's hours.
#include "cli/savings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/source.h"

namespace trine::cli::savings_test {
namespace {

std::shared_ptr<const gateway::Snapshot> snapshot_with(const std::string& baseline) {
  const std::string text =
      "deployments:\n"
      "  - { name: de-a100, url: \"http://127.0.0.1:1/v1\", engine: sim, model: gpt-oss-20b, gpu: A100-PCIe-80GB, "
      "zone: DE, price: { per_hour: 1.2 } }\n"
      "routes: [ { model: m, deployments: [de-a100] } ]\n"
      "grid: { zones: { DE: { g_per_kwh: 300 }, FR: { g_per_kwh: 30 } } }\n" +
      baseline;
  auto config = gateway::load_config_text("t.yaml", text);
  EXPECT_TRUE(config) << (config ? "" : config.error().message);
  auto snapshot = resolve(*config);
  EXPECT_TRUE(snapshot) << (snapshot ? "" : snapshot.error().message);
  return snapshot.value_or(nullptr);
}

ledger::Report one_hour(Tokens in = 1'000'000, Tokens out = 100'000) {
  ledger::Report r;
  r.query.since = *parse_iso8601("2026-11-23T09:00:00Z");
  r.query.until = *parse_iso8601("2026-11-23T10:00:00Z");
  r.query.by = ledger::By::hour;
  ledger::ReportRow row;
  row.name = "2026-11-23T09:00:00Z";
  row.sums.requests = row.sums.calls = 100;
  row.sums.in = in;
  row.sums.out = out;
  row.sums.served = {100, in, 0, out};
  row.sums.energy = row.sums.energy_low = row.sums.energy_high = joules(1000);
  row.sums.cost = euros(0.01);
  row.sums.energy_by_letter[energy::Letter::B] = row.sums.energy;
  r.rows = {row};
  return r;
}

TEST(SavingsReport, AVendorIsPricedFromTheCatalogInItsOwnZone) {
  const auto s = savings_report(*snapshot_with("baseline: { vendor: openai, model: gpt-4o-mini }\n"), one_hour());
  ASSERT_TRUE(s.savings) << s.sentence;
  EXPECT_EQ(s.baseline->name, "openai gpt-4o-mini");
  EXPECT_EQ(s.baseline->zone, "US");
  // 0.15 and 0.60 dollars per million, in euros at the catalog's rate: the ratio does not depend on the rate.
  const auto prompts =
      savings_report(*snapshot_with("baseline: { vendor: openai, model: gpt-4o-mini }\n"), one_hour(1'000'000, 0));
  EXPECT_NEAR(to_euros(s.savings->baseline.cost) / to_euros(prompts.savings->baseline.cost), 0.21 / 0.15, 1e-6);
  EXPECT_EQ(s.sentence.find("Saving €"), 0u) << s.sentence;
}

TEST(SavingsReport, TheZoneOfTheBaselineIsItsGrid) {
  const auto of = [&](const std::string& zone) {
    return savings_report(*snapshot_with("baseline: { vendor: openai, model: gpt-4o-mini, zone: " + zone + " }\n"),
                          one_hour());
  };
  const auto de = of("DE"), fr = of("FR");
  ASSERT_TRUE(de.savings && fr.savings);
  EXPECT_EQ(de.savings->baseline.energy, fr.savings->baseline.energy);
  const Carbon apart = de.savings->baseline.carbon - fr.savings->baseline.carbon;
  EXPECT_NEAR(to_grams(apart), to_grams(emitted(de.savings->baseline.energy, Intensity{270})), 1e-6);
}

TEST(SavingsReport, AnOwnDeploymentIsSimulatedWhereItsEngineIs) {
  const auto s = savings_report(*snapshot_with("baseline: { deployment: de-a100 }\n"), one_hour());
  ASSERT_TRUE(s.savings) << s.sentence;
  EXPECT_EQ(s.baseline->name, "deployment de-a100");
  EXPECT_TRUE(s.savings->simulated);
  EXPECT_NE(s.sentence.find("simulated) against deployment de-a100 in zone DE"), std::string::npos) << s.sentence;
}

TEST(SavingsReport, APartOfAnHourIsFuller) {
  const auto snapshot = snapshot_with("baseline: { deployment: de-a100 }\n");
  auto report = one_hour(10'000'000, 3'000'000);
  const auto whole = savings_report(*snapshot, report);
  report.query.until = report.query.since + std::chrono::minutes(30);
  const auto half = savings_report(*snapshot, report);
  EXPECT_LT(half.savings->baseline.energy, whole.savings->baseline.energy) << "the same load in half the time";
}

TEST(SavingsReport, AFrozenBaselineIsNamedWithVersionAndDate) {
  gateway::FrozenBaseline b;
  b.version = 3;
  b.name = "openai gpt-4o-mini";
  b.created = "2026-10-01T08:00:00Z";
  b.zone = "US";
  b.models.emplace_back();
  b.models[0].vendor = "openai";
  b.models[0].model = "gpt-4o-mini";
  b.models[0].size.active_b = b.models[0].size.total_b = 18;
  b.models[0].price = {.in = euros(1), .cached = euros(1), .out = euros(2), .reasoning = std::nullopt};
  std::string path = (std::filesystem::temp_directory_path() / "trine-frozen-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  ASSERT_GE(fd, 0);
  ::close(fd);
  std::ofstream(path) << gateway::baseline_text(b);
  const auto s = savings_report(*snapshot_with("baseline: { file: \"" + path + "\" }\n"), one_hour());
  std::filesystem::remove(path);
  ASSERT_TRUE(s.savings) << s.sentence;
  EXPECT_NE(s.sentence.find("against openai gpt-4o-mini (baseline version 3 of 2026-10-01) in zone US."),
            std::string::npos)
      << s.sentence;
  EXPECT_EQ(s.savings->baseline.cost, euros(1 + 0.2)) << "the file's prices, not the catalog's";
  const auto j = nlohmann::json::parse(to_json(s)).at("baseline");
  EXPECT_EQ(j.at("kind"), "frozen");
  EXPECT_EQ(j.at("version"), 3);
  EXPECT_EQ(j.at("hash"), "sha256:" + b.hash);
}

TEST(SavingsReport, WithoutABaselineItSaysHowToHaveOne) {
  const auto s = savings_report(*snapshot_with(""), one_hour());
  EXPECT_FALSE(s.savings);
  EXPECT_EQ(
      s.sentence,
      "No saving: the configuration has no baseline; name what you compare with, such as baseline: { vendor: "
      "openai, model: gpt-4o-mini }, or baseline: { deployment: NAME }, or a frozen one: baseline: { file: FILE }, "
      "made by `trine baseline create`.");
  const auto j = nlohmann::json::parse(to_json(s));
  EXPECT_TRUE(j.at("baseline").is_null());
  EXPECT_FALSE(j.contains("energy_uj"));
}

TEST(SavingsReport, JsonHoldsTheExactIntegers) {
  const auto s = savings_report(*snapshot_with("baseline: { vendor: openai, model: gpt-4o-mini }\n"), one_hour());
  const auto j = nlohmann::json::parse(to_json(s));
  EXPECT_EQ(j.at("sentence"), s.sentence);
  EXPECT_EQ(j.at("energy_uj"), s.savings->saved.energy.raw());
  EXPECT_EQ(j.at("carbon_low_ng"), s.savings->saved.carbon_low.raw());
  EXPECT_EQ(j.at("cost_high_neur"), s.savings->saved.cost_high.raw());
  EXPECT_EQ(j.at("baseline").at("energy_uj").get<int64_t>() - j.at("actual").at("energy_uj").get<int64_t>(),
            j.at("energy_uj"));
  EXPECT_EQ(j.at("baseline").at("kind"), "vendor");
  EXPECT_EQ(j.at("quality"), "D");
  EXPECT_EQ(j.at("distinguishable").at("cost"), true);
}

}  // namespace
}  // namespace trine::cli::savings_test

// limits, teams and budgets of the configuration file.
#include <gtest/gtest.h>

#include "gateway/config/config.h"

namespace trine::gateway::limits_test {
namespace {

using namespace std::chrono_literals;
using protect::Period;
using protect::Scope;

Result<std::shared_ptr<const Config>> load(const std::string& yaml) {
  return load_config_text("t.yaml", yaml);
}
std::string error(const std::string& yaml) {
  const auto c = load(yaml);
  return c ? "" : c.error().message;
}
const std::string kOne = R"(
deployments: [{ name: d, url: "http://h/v1", model: m, price: { free: true }, zone: FR }]
routes: [{ model: m, deployments: [d] }]
)";

TEST(LimitsOfTheFile, AreReadForKeysTeamsProjectsOrganisationsAndRoutes) {
  const auto c = load(R"(
limits: { per_key: { rpm: 60, burst: 10s }, contact: ops }
keys: [{ id: k, secret: s, project: intake, limits: { tpm: 1000, concurrency: 4 } }]
orgs: [{ name: acme, limits: { tpm_out: 7 } }]
teams: [{ name: claims, org: acme, limits: { max_tokens: 9 }, projects: [{ name: intake, limits: { request_bytes: 99 } }] }]
deployments: [{ name: d, url: "http://h/v1", model: m, price: { free: true }, zone: FR }]
routes: [{ model: m, deployments: [d], limits: { tpm_in: 5 } }]
)");
  ASSERT_TRUE(c) << c.error().message;
  const Config& config = **c;
  EXPECT_EQ(config.limits.per_key, (protect::Limits{.rpm = 60, .burst = 10s}));
  EXPECT_EQ(*config.keys[0].limits, (protect::Limits{.tpm = 1000, .concurrency = 4}));
  EXPECT_EQ(config.orgs[0].limits.tpm_out, 7);
  EXPECT_EQ(config.teams[0].limits.max_tokens, 9);
  EXPECT_EQ(config.teams[0].projects[0].limits.request_bytes, 99);
  EXPECT_EQ(config.routes[0].limits.tpm_in, 5);
  EXPECT_EQ(config.keys[0].team, "claims") << "its project's";
  EXPECT_EQ(config.keys[0].org, "acme") << "its team's";
}

TEST(BudgetsOfTheFile, AreReadWithTheirPeriods) {
  const auto c = load(kOne + R"(
budgets:
  - { for: { team: t }, eur: 40, gco2e: 1500.5, soft: 0.5, prefer: cleaner, contact: cfo }
  - { for: { workload: w }, kwh: 1, period: day, time_zone: "-03:30", hard: false }
  - { for: { key: "*" }, eur: 1, period: rolling 7d }
)");
  ASSERT_TRUE(c) << c.error().message;
  const auto& b = (*c)->budgets;
  EXPECT_EQ(b[0].scope, Scope::team);
  EXPECT_EQ(b[0].gco2e, 1500.5);
  EXPECT_EQ(b[0].prefer, protect::Prefer::cleaner);
  EXPECT_EQ(text_of(b[0].period), "month");
  EXPECT_EQ(text_of(b[1].period), "day UTC-03:30");
  EXPECT_FALSE(b[1].hard);
  EXPECT_EQ(text_of(b[2].period), "rolling 7d");
  EXPECT_EQ(b[2].period.length, 24h * 7);
}

TEST(BudgetsOfTheFile, SayWhatIsWrong) {
  EXPECT_NE(error(kOne + "budgets: [{ for: { team: t, key: k }, eur: 1 }]").find("give one of key, project"),
            std::string::npos);
  EXPECT_NE(error(kOne + "budgets: [{ for: { team: t } }]").find("give eur, kwh or gco2e"), std::string::npos);
  EXPECT_NE(error(kOne + "budgets: [{ for: { team: t }, eur: 1, period: week }]").find("is not day, month or rolling"),
            std::string::npos);
  EXPECT_NE(error(kOne + "budgets: [{ for: { team: t }, eur: 1, time_zone: Europe/Paris }]").find("is not an offset"),
            std::string::npos);
  EXPECT_NE(error(kOne + "budgets: [{ for: { team: t }, eur: -1 }]").find("must be a number"), std::string::npos);
  EXPECT_NE(error(kOne + "budgets: [{ for: { workload: \"*\" }, eur: 1 }]").find("name one"), std::string::npos);
  EXPECT_NE(
      error(kOne + "budgets: [{ for: { team: t }, eur: 1, period: rolling 7d, time_zone: UTC }]").find("no midnight"),
      std::string::npos);
  EXPECT_NE(error(kOne + "limits: { per_key: { rpm: 0 } }").find("rpm"), std::string::npos) << "none is left out";
  EXPECT_NE(
      error(kOne + "teams: [{ name: t, org: a }]\nkeys: [{ id: k, secret: s, org: b, team: t }]").find("but its team"),
      std::string::npos);
  EXPECT_NE(error(kOne + "teams: [{ name: t }, { name: t }]").find("stands twice"), std::string::npos);
}

TEST(BudgetsOfTheFile, AreDoubtedWhereTheyCountNothingOrRefuseEverything) {
  const auto c = load(
      kOne +
      "keys: [{ id: k, secret: s }]\nbudgets:\n  - { for: { key: kk }, eur: 1 }\n  - { for: { key: k }, kwh: 0 }\n");
  ASSERT_TRUE(c) << c.error().message;
  ASSERT_EQ((*c)->notes.size(), 2u);
  EXPECT_EQ((*c)->notes[0], "t.yaml:6:5: budgets: no key has the key \"kk\", so nothing is counted.");
  EXPECT_EQ((*c)->notes[1], "t.yaml:7:5: budgets: 0 for key \"k\" refuses every request.");
}

}  // namespace
}  // namespace trine::gateway::limits_test

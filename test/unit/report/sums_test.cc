// SCI, chargeback and GHG categories of small hand-made periods.
#include <gtest/gtest.h>

#include "report/chargeback.h"
#include "report/ghg.h"
#include "report/sci.h"

namespace trine::report::sums_test {
namespace {

ledger::ReportRow row(const std::string& name, double j, double g = 0, double eur = 0) {
  ledger::ReportRow r;
  r.name = name;
  r.sums.requests = r.sums.calls = 1;
  r.sums.energy = joules(j);
  r.sums.operational = grams(g);
  r.sums.cost = euros(eur);
  return r;
}

energy::DeviceWindow::Share share(double j, double g, double eur) {
  energy::DeviceWindow::Share s;
  s.energy = joules(j);
  s.operational = grams(g);
  s.cost = euros(eur);
  return s;
}

TEST(Sci, IsOperationAndHardwarePerThousandTokens) {
  auto total = row("total", 7.2e6, 800);  // 2 kWh
  total.sums.embodied = grams(100);
  total.sums.in = 900'000;
  total.sums.out = 100'000;
  total.unattributed = share(3.6e6, 400, 0);
  total.unattributed.embodied = grams(50);
  total.gateway.energy = joules(3.6e6);
  total.gateway.carbon = grams(50);
  const Sci s = sci(total);
  EXPECT_DOUBLE_EQ(to_joules(s.energy), 4 * 3.6e6);
  EXPECT_DOUBLE_EQ(s.intensity_g_per_kwh(), 1250 / 4.0);
  EXPECT_DOUBLE_EQ(to_grams(s.embodied), 150);
  EXPECT_DOUBLE_EQ(*s.grams_per_1k_tokens(), 1.4);
  EXPECT_FALSE(sci(row("total", 5)).grams_per_1k_tokens()) << "no tokens, no rate";
}

const std::string kAB =
                      "acme\x1f"
                      "a\x1f"
                      "b",
                  kAC =
                      "acme\x1f"
                      "a\x1f"
                      "c";

TEST(Chargeback, SharesIdleTimeByElectricityAndAddsUp) {
  auto total = row("total", 400);
  total.unattributed = share(1000, 0.1, 1);
  total.prior.unattributed = share(0, 0, 0.000000001);
  auto late = row(kAC, 100, 0, 0.25);
  late.prior.sums.cost = euros(-0.1);
  const auto bill = chargeback({row(kAB, 300, 0, 0.5), late}, total);
  ASSERT_EQ(bill.size(), 2u);
  EXPECT_EQ(bill[0].org, "acme");
  EXPECT_EQ(bill[0].team, "a");
  EXPECT_EQ(bill[0].project, "b");
  EXPECT_EQ(bill[0].energy.idle, joules(750));
  EXPECT_EQ(bill[1].energy.idle, joules(250));
  EXPECT_EQ((bill[0].cost.idle + bill[1].cost.idle).raw(), 1'000'000'001) << "to the last unit";
  EXPECT_EQ(bill[1].cost.total(), euros(0.25) + bill[1].cost.idle + euros(-0.1));
}

TEST(Chargeback, IdleTimeOfNobodyIsNotAnOrganisationsWithoutTeams) {
  auto total = row("total", 0);
  total.unattributed = share(0, 0, 1);
  const auto bill = chargeback({row("acme\x1f\x1f", 0)}, total);
  ASSERT_EQ(bill.size(), 2u);
  EXPECT_EQ(bill[0].org, "");
  EXPECT_EQ(bill[0].cost.idle, euros(1));
  EXPECT_EQ(bill[1].org, "acme");
  EXPECT_EQ(bill[1].cost.total(), Money());
}

TEST(Chargeback, IdleTimeThatNobodyUsedHasItsOwnLine) {
  auto total = row("total", 0);
  total.unattributed = share(1000, 0.1, 1);
  const auto bill = chargeback({}, total);
  ASSERT_EQ(bill.size(), 1u);
  EXPECT_EQ(bill[0].team, "");
  EXPECT_EQ(bill[0].cost.total(), euros(1));
  EXPECT_TRUE(chargeback({}, row("total", 0)).empty());
}

struct GhgOfAnHour : testing::Test {
  ledger::Report places;
  GhgInput input{
      &places,
      [](const std::string& d) {
        return d == "own" ? Supply::own : d == "rented" ? Supply::rented : d == "api" ? Supply::api : Supply::unknown;
      },
      [](const std::string& zone, Wall) {
        return zone == "FR" ? std::optional(Factor{{30}, "direct FR"}) : std::nullopt;
      },
      [](const std::string& zone, Wall) {
        return zone == "DE" ? std::optional(Factor{{0}, "contract"}) : std::nullopt;
      }};
  void add(const std::string& deployment, const std::string& zone, double kwh, double g) {
    places.query.since = *parse_iso8601("2026-11-23T09:00:00Z");
    places.query.until = *parse_iso8601("2026-11-23T10:00:00Z");
    places.rows.push_back(row(deployment + '\x1f' + zone +
                                  "\x1f"
                                  "2026-11-23T09:00:00Z",
                              kwh * 3.6e6, g));
  }
};

TEST_F(GhgOfAnHour, OwnElectricityIsScopeTwoTwiceAndWhatIsUpstreamOfIt) {
  add("own", "FR", 2, 100);
  places.rows[0].unattributed = share(3.6e6, 50, 0);
  places.rows[0].foreign = share(3.6e6, 50, 0);
  places.rows[0].sums.embodied = grams(77);
  const Ghg g = ghg(input);
  ASSERT_EQ(g.places.size(), 1u);
  EXPECT_EQ(g.scope2_location, grams(120)) << "requests, idle time and foreign load: 4 kWh at 30 g";
  EXPECT_EQ(g.scope3_3, grams(200 - 120));
  EXPECT_EQ(g.scope3_1, Carbon()) << "and no embodied carbon anywhere";
  EXPECT_FALSE(g.places[0].market.carbon);
  EXPECT_EQ(g.no_market_factor, joules(4 * 3.6e6)) << "no certificate: no other method stands in";
  EXPECT_EQ(g.places[0].location.source, "direct FR");
}

TEST_F(GhgOfAnHour, AContractForGreenPowerIsZeroGramsAndNotMissing) {
  add("own", "DE", 2, 700);
  const Ghg g = ghg(input);
  ASSERT_TRUE(g.places[0].market.carbon);
  EXPECT_EQ(*g.places[0].market.carbon, Carbon());
  EXPECT_EQ(g.no_market_factor, Energy());
  EXPECT_EQ(g.no_direct_factor, joules(2 * 3.6e6));
  EXPECT_FALSE(g.places[0].upstream);
}

TEST_F(GhgOfAnHour, ADirectFactorAboveTheLifecycleOneLeavesUpstreamUnknown) {
  add("own", "FR", 1, 20);
  const Ghg g = ghg(input);
  EXPECT_EQ(g.scope2_location, grams(30));
  EXPECT_FALSE(g.places[0].upstream);
  EXPECT_EQ(g.scope3_3, Carbon());
}

TEST_F(GhgOfAnHour, WhatOthersRunIsPurchasedAndWhatNobodyKnowsIsTold) {
  add("rented", "FR", 1, 50);
  add("api", "US", 1, 400);
  add("gone", "FR", 1, 51);
  places.total.gateway.energy = joules(3);
  places.total.gateway.carbon = grams(2);
  const Ghg g = ghg(input);
  EXPECT_EQ(g.scope3_1, grams(450));
  EXPECT_EQ(g.scope2_location, Carbon());
  EXPECT_EQ(g.unclassified, joules(3.6e6 + 3));
  EXPECT_EQ(g.unclassified_lifecycle, grams(53));
}

}  // namespace
}  // namespace trine::report::sums_test

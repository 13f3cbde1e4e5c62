#include "ledger/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/ledger/fixtures.h"

namespace trine::ledger {
namespace {

using namespace testing;
using nlohmann::json;

ReportQuery day(By by) {
  return {.since = kNoon - std::chrono::hours(12),
          .until = kNoon + std::chrono::hours(12),
          .by = by,
          .workload = {},
          .key = {},
          .deployment = {},
          .zone = {}};
}

class Reporting : public ::testing::Test {
 protected:
  // Two requests: one answered in France, one tried in Germany first. And an hour of the French device.
  void SetUp() override {
    store_ = open_store(dir_.path());
    auto journal = open_journal(dir_.path());
    write_request(*journal, 1);
    const CallId failed{request_number(2), 0}, answered{request_number(2), 1};
    auto call = call_of(failed);
    call.deployment = "de-a100";
    call.zone = "DE";
    call.outcome = energy::Outcome::failed;
    call.source = energy::TokenSource::counted;
    call.simulated = false;
    ASSERT_TRUE(journal->append(call));
    auto settlement = settlement_of(failed, 0, 100'000);
    settlement.figures.letter = energy::Letter::C;
    ASSERT_TRUE(journal->append(settlement));
    ASSERT_TRUE(journal->append(call_of(answered)));  // not settled yet
    auto request = request_of(failed.request, 2);
    request.tenant.key = "key_8";
    request.workload = "contracts";
    ASSERT_TRUE(journal->append(request));
    ASSERT_TRUE(journal->append(window_of(kNoon)));
    ASSERT_TRUE(journal->append(window_of(kNoon + std::chrono::seconds(1))));
    ASSERT_TRUE(store_->fold());
  }

  Report query(const ReportQuery& q) {
    auto report = Reports(dir_.path()).query(q);
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? *report : Report{};
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(Reporting, TheTotalSumsEverythingInIntegers) {
  const auto report = query(day(By::none));
  const auto& s = report.total.sums;
  EXPECT_EQ(s.requests, 2);
  EXPECT_EQ(s.calls, 3);
  EXPECT_EQ(s.unsettled_calls, 1);
  EXPECT_EQ(s.simulated_calls, 2);
  EXPECT_EQ(s.counted_calls, 1);
  EXPECT_EQ(s.in, 3000);
  EXPECT_EQ(s.cached, 1200);
  EXPECT_EQ(s.out, 360);
  EXPECT_EQ(s.energy.raw(), 2'600'000);
  EXPECT_EQ(s.energy_low.raw(), 2'600'000 - 14);
  EXPECT_EQ(s.energy_high.raw(), 2'600'000 + 18);
  EXPECT_EQ(s.operational.raw(), 82'000);
  EXPECT_EQ(s.embodied.raw(), 2'002);
  EXPECT_EQ(s.cost.raw(), 154'000);
  EXPECT_EQ(s.outcomes[0], 2);
  EXPECT_EQ(report.total.unattributed.energy.raw(), 76);
  EXPECT_EQ(report.total.foreign.cost.raw(), 10);
  EXPECT_TRUE(report.simulated);
  EXPECT_TRUE(report.rows.empty());
}

TEST_F(Reporting, GroupsAddUpToTheTotal) {
  for (const auto by : {By::workload, By::key, By::user, By::org, By::team, By::project, By::route, By::model,
                        By::deployment, By::zone, By::hour}) {
    const auto report = query(day(by));
    int64_t calls = 0, energy = 0;
    for (const auto& row : report.rows) {
      calls += row.sums.calls;
      energy += row.sums.energy.raw();
    }
    EXPECT_EQ(calls, 3) << name(by);
    EXPECT_EQ(energy, 2'600'000) << name(by);
    EXPECT_EQ(parse_by(name(by)), by);
  }
  EXPECT_FALSE(parse_by("colour"));
}

TEST_F(Reporting, ByDeploymentARequestCountsWhereverItCalled) {
  const auto report = query(day(By::deployment));
  ASSERT_EQ(report.rows.size(), 2u);
  EXPECT_EQ(report.rows[0].name, "de-a100");
  EXPECT_EQ(report.rows[0].sums.requests, 1);
  EXPECT_EQ(report.rows[1].name, "fr-4090");
  EXPECT_EQ(report.rows[1].sums.requests, 2);
  EXPECT_EQ(report.rows[1].unattributed.energy.raw(), 76);
  EXPECT_EQ(report.rows[0].unattributed.energy.raw(), 0);
  EXPECT_EQ(report.total.sums.requests, 2);
}

TEST_F(Reporting, FiltersAndPeriodsAreExact) {
  auto q = day(By::none);
  q.key = "key_8";
  EXPECT_EQ(query(q).total.sums.calls, 2);
  EXPECT_EQ(query(q).total.sums.requests, 1);
  q = day(By::none);
  q.zone = "DE";
  EXPECT_EQ(query(q).total.sums.calls, 1);
  EXPECT_EQ(query(q).total.sums.energy.raw(), 100'000);
  q = day(By::none);
  q.workload = "invoices";
  EXPECT_EQ(query(q).total.sums.calls, 1);
  q = day(By::none);
  q.until = kNoon + std::chrono::seconds(1);  // the bound itself is outside
  EXPECT_EQ(query(q).total.sums.requests, 0);
  EXPECT_EQ(query(q).total.sums.calls, 1);  // unsettled: counted at its end, 0.9 s
}

TEST_F(Reporting, TheLetterIsTheLowestThatHoldsOverFivePercent) {
  // S holds 2.5 of 2.6 MJ, C under 5 %.
  const auto s = query(day(By::none)).total.sums;
  EXPECT_EQ(s.letter(), energy::Letter::S);
  Sums c;
  c.energy = Energy::raw(1000);
  c.energy_by_letter = {{energy::Letter::A, Energy::raw(940)},
                        {energy::Letter::C, Energy::raw(50)},
                        {energy::Letter::D, Energy::raw(10)}};
  EXPECT_EQ(c.letter(), energy::Letter::A);  // 5 % is not over 5 %
  c.energy_by_letter[energy::Letter::C] = Energy::raw(51);
  EXPECT_EQ(c.letter(), energy::Letter::C);
  EXPECT_EQ(Sums().letter(), std::nullopt);
}

TEST_F(Reporting, JsonCarriesDecimalsAndTheExactIntegers) {
  const auto j = json::parse(to_json(query(day(By::zone))));
  EXPECT_EQ(j["by"], "zone");
  EXPECT_EQ(j["simulated"], true);
  EXPECT_EQ(j["rows"].size(), 2u);
  EXPECT_EQ(j["total"]["energy_uj"], 2'600'000);
  EXPECT_DOUBLE_EQ(j["total"]["energy_j"].get<double>(), 2.6);
  EXPECT_EQ(j["total"]["carbon_ng"], 84'002);
  EXPECT_DOUBLE_EQ(j["total"]["cost"].get<double>(), 154e-6);
  EXPECT_EQ(j["total"]["cost_neur"], 154'000);
  EXPECT_EQ(j["total"]["outcomes"]["ok"], 2);
  EXPECT_EQ(j["total"]["quality"], "S");
  EXPECT_EQ(j["total"]["unattributed"]["energy_uj"], 76);
}

TEST_F(Reporting, OneRequestComesWithItsCallsAndAllSettlements) {
  auto journal = open_journal(dir_.path(), 1);
  ASSERT_TRUE(journal->append(settlement_of({request_number(1), 0}, 4, 2'400'000)));
  ASSERT_TRUE(store_->fold());
  const auto view = Reports(dir_.path()).request(request_number(1));
  ASSERT_TRUE(view && *view);
  EXPECT_EQ((*view)->facts, request_of(request_number(1)));
  ASSERT_EQ((*view)->calls.size(), 1u);
  EXPECT_EQ((*view)->calls[0].facts, call_of({request_number(1), 0}));
  ASSERT_EQ((*view)->calls[0].settlements.size(), 2u);
  EXPECT_EQ((*view)->calls[0].settlements[0], settlement_of({request_number(1), 0}));
  EXPECT_TRUE((*view)->final());
  const auto j = json::parse(to_json(**view));
  EXPECT_EQ(j["final"], true);
  EXPECT_EQ(j["id"], request_number(1).text());
  EXPECT_EQ(j["calls"][0]["settlements"][1]["energy_uj"], 2'400'000);
  EXPECT_EQ(j["calls"][0]["settlements"][1]["basis"], "final");
  EXPECT_FALSE((*Reports(dir_.path()).request(request_number(2)))->final());
  EXPECT_FALSE(*Reports(dir_.path()).request(request_number(77)));
}

TEST(ReportingNothing, ADirectoryWithoutALedgerSaysSo) {
  const TempDir dir;
  const auto report = Reports(dir.path()).query(day(By::none));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::not_found);
}

}  // namespace
}  // namespace trine::ledger

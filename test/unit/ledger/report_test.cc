#include "ledger/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "unit/ledger/fixtures.h"

namespace trine::ledger::report_test {
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

TEST_F(Reporting, WhatServedARequestIsItsLastOrItsGoodCallOnce) {
  // Request 2 failed in Germany and was answered in France, without figures yet: nothing of it is served.
  EXPECT_EQ(query(day(By::none)).total.sums.served.calls, 1);
  EXPECT_EQ(query(day(By::none)).total.sums.served.in, 1000);
  auto journal = open_journal(dir_.path(), 1);
  ASSERT_TRUE(journal->append(settlement_of({request_number(2), 1})));
  // One that failed twice, the first time after more tokens; and a hedge whose earlier call won.
  for (const uint64_t n : {3, 4}) {
    for (const uint16_t attempt : {uint16_t{0}, uint16_t{1}}) {
      auto call = call_of({request_number(n), attempt});
      call.outcome = n == 4 && attempt == 0 ? energy::Outcome::ok : energy::Outcome::failed;
      call.in = n == 4 ? 7 : attempt == 0 ? 40 : 39;
      ASSERT_TRUE(journal->append(call));
      ASSERT_TRUE(journal->append(settlement_of(call.id)));
    }
    ASSERT_TRUE(journal->append(request_of(request_number(n), 2)));
  }
  ASSERT_TRUE(store_->fold());
  const auto served = query(day(By::none)).total.sums.served;
  EXPECT_EQ(served.calls, 4);
  EXPECT_EQ(served.in, 1000 + 1000 + 39 + 7);
  for (const auto& row : query(day(By::deployment)).rows)
    EXPECT_EQ(row.sums.served.calls, row.name == "fr-4090" ? 4 : 0) << row.name;
}

// A judge's call is paid for, but no baseline would have made it: of a request that it had blocked, of one whose engine
// then failed, and of one that went well.
TEST_F(Reporting, ACallBesideTheAnswerIsNotWhatTheBaselineServes) {
  auto journal = open_journal(dir_.path(), 1);
  const auto write = [&](uint64_t n, uint16_t attempt, bool beside, energy::Outcome outcome, Tokens in) {
    auto call = call_of({request_number(n), attempt});
    call.beside = beside;
    call.outcome = outcome;
    call.in = in;
    ASSERT_TRUE(journal->append(call));
    ASSERT_TRUE(journal->append(settlement_of(call.id)));
  };
  const auto before = query(day(By::none)).total.sums;
  write(3, 0, true, energy::Outcome::ok, 9000);
  ASSERT_TRUE(journal->append(request_of(request_number(3), 1)));
  write(4, 0, true, energy::Outcome::ok, 9000);
  write(4, 1, false, energy::Outcome::failed, 40);
  ASSERT_TRUE(journal->append(request_of(request_number(4), 2)));
  write(5, 0, true, energy::Outcome::ok, 9000);
  write(5, 1, false, energy::Outcome::ok, 7);
  ASSERT_TRUE(journal->append(request_of(request_number(5), 2)));
  ASSERT_TRUE(store_->fold());
  const auto after = query(day(By::none)).total.sums;
  EXPECT_EQ(after.served.calls, before.served.calls + 2);
  EXPECT_EQ(after.served.in, before.served.in + 40 + 7);
  EXPECT_EQ(after.energy.raw(), before.energy.raw() + 5 * settlement_of({}).figures.energy.raw());
  const auto explained = Reports(dir_.path()).request(request_number(5));
  ASSERT_TRUE(explained && *explained);
  EXPECT_TRUE((*explained)->calls.at(0).facts.beside);
  EXPECT_FALSE((*explained)->calls.at(1).facts.beside);
}

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

TEST_F(Reporting, TeamsAndProjectsOfOneNameInTwoOrganisationsAreApart) {
  auto journal = open_journal(dir_.path(), 1);
  const auto write = [&](uint64_t n, const energy::Tenant& tenant) {
    const CallId call{request_number(n), 0};
    auto request = request_of(call.request);
    request.tenant = tenant;
    ASSERT_TRUE(journal->append(call_of(call)));
    ASSERT_TRUE(journal->append(settlement_of(call)));
    ASSERT_TRUE(journal->append(request));
  };
  write(10, {"globex", "claims", "intake", "key_9"});
  write(11, {"", "claims", "intake", "key_10"});  // a configuration need not name an organisation
  write(12, {"globex", "", "", "key_11"});
  ASSERT_TRUE(store_->fold());
  using Names = std::vector<std::pair<std::string, int64_t>>;
  const auto names = [&](By by) {
    Names out;
    for (const auto& row : query(day(by)).rows) out.emplace_back(row.name, row.sums.requests);
    return out;
  };
  for (const bool rolled : {false, true}) {
    for (bool more = rolled; more;) more = store_->roll(kNoon + std::chrono::hours(2)).value_or(false);
    ASSERT_EQ(count(dir_, "SELECT count(*) > 0 FROM rolled"), rolled ? 1 : 0);
    EXPECT_EQ(names(By::team), (Names{{"", 1}, {"claims", 1}, {"acme/claims", 2}, {"globex/claims", 1}}));
    EXPECT_EQ(names(By::project),
              (Names{{"", 1}, {"claims/intake", 1}, {"acme/claims/intake", 2}, {"globex/claims/intake", 1}}));
    EXPECT_EQ(names(By::charge), (Names{{"\x1f"
                                         "claims\x1f"
                                         "intake",
                                         1},
                                        {"acme\x1f"
                                         "claims\x1f"
                                         "intake",
                                         2},
                                        {"globex\x1f\x1f", 1},
                                        {"globex\x1f"
                                         "claims\x1f"
                                         "intake",
                                         1}}));
  }
  const auto folded = [&] {
    auto q = day(By::team);
    q.most_rows = 1;
    return query(q).rows;
  }();
  ASSERT_EQ(folded.size(), 2u);
  EXPECT_EQ(folded[0].name, "acme/claims");
  EXPECT_EQ(folded[1].name, "(others)");
}

TEST_F(Reporting, JsonsMeansAreOfTheRequestsThatWereAnswered) {
  auto journal = open_journal(dir_.path(), 1);
  uint64_t n = 20;
  for (const auto outcome :
       {energy::Outcome::refused, energy::Outcome::refused, energy::Outcome::failed, energy::Outcome::cancelled}) {
    auto request = request_of(request_number(n++), 0);
    request.outcome = outcome;
    ASSERT_TRUE(journal->append(request));
  }
  ASSERT_TRUE(store_->fold());
  const auto t = json::parse(to_json(query(day(By::none))))["total"];
  EXPECT_EQ(t["requests"], 6);
  EXPECT_DOUBLE_EQ(t["joules_per_request"].get<double>(), 2.6 / 3) << "the two of SetUp, and one that its client left";
  EXPECT_DOUBLE_EQ(t["cost_per_request"].get<double>(), t["cost"].get<double>() / 3);
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

TEST_F(Reporting, OfOneDeploymentARequestCountsThereAndNowhereElse) {
  // Request 2 failed in Germany and was answered in France. Row by row, then as it is added up.
  for (const bool rolled : {false, true}) {
    for (bool more = rolled; more;) {
      const auto done = store_->roll(kNoon + std::chrono::hours(2));
      ASSERT_TRUE(done) << done.error().message;
      more = *done;
    }
    ASSERT_EQ(count(dir_, "SELECT count(*) > 0 FROM rolled"), rolled ? 1 : 0);
    for (const By by : {By::deployment, By::zone, By::model}) {
      for (const bool of_zone : {false, true}) {
        auto q = day(by);
        (of_zone ? q.zone : q.deployment) = of_zone ? "DE" : "de-a100";
        const auto report = query(q);
        ASSERT_EQ(report.rows.size(), 1u) << name(by) << rolled;
        EXPECT_EQ(report.rows[0].name, by == By::model ? "gpt-oss-20b" : by == By::zone ? "DE" : "de-a100");
        EXPECT_EQ(report.rows[0].sums.requests, 1);
        EXPECT_EQ(report.rows[0].sums.calls, 1);
      }
    }
  }
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

TEST_F(Reporting, OfVeryManyRowsTheLargestAndTheOthers) {
  auto journal = open_journal(dir_.path(), 1);
  for (uint64_t n = 10; n < 40; ++n) {
    const CallId call{request_number(n), 0};
    auto request = request_of(call.request);
    request.workload = fmt::format("w{}", n);
    auto settlement = settlement_of(call, 0, static_cast<int64_t>(n * 1'000'000));
    settlement.figures.letter = n == 10 ? energy::Letter::D : energy::Letter::A;
    ASSERT_TRUE(journal->append(call_of(call)));
    ASSERT_TRUE(journal->append(settlement));
    ASSERT_TRUE(journal->append(request));
  }
  ASSERT_TRUE(store_->fold());
  auto q = day(By::workload);
  const auto all = query(q);
  ASSERT_EQ(all.rows.size(), 32u);  // with those of SetUp
  EXPECT_EQ(all.more, 0u);
  EXPECT_FALSE(json::parse(to_json(all)).contains("more"));
  q.most_rows = 5;
  const auto few = query(q);
  ASSERT_EQ(few.rows.size(), 6u);
  EXPECT_EQ(few.more, 27u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(few.rows[i].name, fmt::format("w{}", 35 + i));
  const auto& others = few.rows.back();
  EXPECT_EQ(others.name, "(others)");
  Sums sum;
  for (const auto& row : few.rows) {
    sum.requests += row.sums.requests;
    sum.calls += row.sums.calls;
    sum.out += row.sums.out;
    sum.energy += row.sums.energy;
    sum.cost += row.sums.cost;
    sum.served.in += row.sums.served.in;
    for (size_t i = 0; i < sum.outcomes.size(); ++i) sum.outcomes[i] += row.sums.outcomes[i];
    for (const auto& [letter, energy] : row.sums.energy_by_letter) sum.energy_by_letter[letter] += energy;
  }
  const Sums& total = few.total.sums;
  EXPECT_EQ(sum.requests, total.requests);
  EXPECT_EQ(sum.calls, total.calls);
  EXPECT_EQ(sum.out, total.out);
  EXPECT_EQ(sum.energy, total.energy);
  EXPECT_EQ(sum.cost, total.cost);
  EXPECT_EQ(sum.served.in, total.served.in);
  EXPECT_EQ(sum.outcomes, total.outcomes);
  EXPECT_EQ(sum.energy_by_letter, total.energy_by_letter);
  EXPECT_EQ(others.sums.energy_by_letter.at(energy::Letter::D).raw(), 10'000'000);
  const auto j = json::parse(to_json(few));
  EXPECT_EQ(j["more"], 27);
  EXPECT_EQ(j["rows"].size(), 6u);
  q.most_rows = 32;  // just as many as there are
  EXPECT_EQ(query(q).rows.size(), 32u);
  // Code reads the names of times, and of several names in one.
  q.most_rows = 1;
  for (const By by : {By::hour, By::charge, By::place_hour}) {
    q.by = by;
    EXPECT_EQ(query(q).more, 0u) << name(by);
  }
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

// Rows are found through blocks of 4096: periods must be exact whatever the order in which the rows came.
TEST(ReportingManyRows, APeriodFindsItsRowsAndASweepTakesThem) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto worker = open_journal(dir.path(), 0, nullptr, 4 << 20);
  auto office = open_journal(dir.path(), 1, nullptr, 4 << 20);
  constexpr uint64_t kRequests = 10'000;
  std::mt19937_64 random(7);
  const auto some_hour = [&] { return kNoon - std::chrono::minutes(random() % (10 * 24 * 60)); };
  std::vector<Wall> ended(kRequests), booked(kRequests);
  for (uint64_t n = 0; n < kRequests; ++n) {
    const CallId id{request_number(random() % 2 == 0 ? n : n + 1'000'000), 0};  // not in the order of their ids
    auto request = request_of(id.request);
    ended[n] = request.end = n < 6000 ? kNoon - std::chrono::hours(200) + std::chrono::seconds(n) : some_hour();
    auto settlement = settlement_of(id);
    booked[n] = settlement.booked_at = ended[n];
    ASSERT_TRUE(worker->append(call_of(id)));
    ASSERT_TRUE(worker->append(settlement));
    ASSERT_TRUE(worker->append(request));
    if (random() % 10 == 0) {  // settled later for another period
      auto later = settlement_of(id, 1);
      booked[n] = later.booked_at = some_hour();
      ASSERT_TRUE(office->append(later));
    }
    worker->maintain();
    office->maintain();
    if (n % 1500 == 0) {
      ASSERT_TRUE(store->fold());
    }
  }
  ASSERT_TRUE(store->fold());
  const auto within = [](const std::vector<Wall>& times, Wall since, Wall until) {
    return std::count_if(times.begin(), times.end(), [&](Wall t) { return t >= since && t < until; });
  };
  const auto check = [&](Wall since, Wall until) {
    auto q = day(By::none);
    q.since = since;
    q.until = until;
    const auto report = Reports(dir.path()).query(q);
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->total.sums.requests, within(ended, since, until));
    ASSERT_EQ(report->total.sums.calls, within(booked, since, until));
  };
  for (int i = 0; i < 10; ++i) {
    const auto a = some_hour(), b = some_hour();
    check(std::min(a, b), std::max(a, b));
  }
  Retention keep;
  keep.requests = keep.calls = std::chrono::hours(100);
  const auto limit = kNoon - *keep.calls;
  const auto swept = store->sweep(keep, kNoon);
  ASSERT_TRUE(swept) << swept.error().message;
  EXPECT_EQ(swept->requests, within(ended, Wall{}, limit));
  EXPECT_EQ(swept->calls, within(booked, Wall{}, limit));
  std::erase_if(ended, [&](Wall t) { return t < limit; });
  std::erase_if(booked, [&](Wall t) { return t < limit; });
  check(kNoon - std::chrono::hours(300), kNoon + std::chrono::hours(1));
  write_request(*worker, 5'000'000);
  ASSERT_TRUE(store->fold());
  ended.push_back(request_of({}).end);
  booked.push_back(settlement_of({}).booked_at);
  check(kNoon - std::chrono::hours(300), kNoon + std::chrono::hours(1));
}

TEST(ReportingNothing, ADirectoryWithoutALedgerSaysSo) {
  const TempDir dir;
  const auto report = Reports(dir.path()).query(day(By::none));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::not_found);
}

}  // namespace
}  // namespace trine::ledger::report_test

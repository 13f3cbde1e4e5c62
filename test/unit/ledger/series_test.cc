#include "ledger/series.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/series_groups.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::series_test {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class SeriesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = open_store(dir_.path());
    auto journal = open_journal(dir_.path());
    for (uint64_t n = 1; n <= 5; ++n) write_request(*journal, n);
    ASSERT_TRUE(journal->append(window_of(kNoon)));
    ASSERT_TRUE(store_->fold());
  }
  SeriesQuery query(By by, Nanos step) {
    SeriesQuery q;
    q.report.since = kNoon - 2h;
    q.report.until = kNoon + 2h;
    q.report.by = by;
    q.step = step;
    return q;
  }
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(SeriesTest, ItsGroupsAreCalledAsTheReports) {
  for (const By by : {By::team, By::project}) {
    const auto s = series(dir_.path(), query(by, 1h));
    ASSERT_TRUE(s) << s.error().message;
    ASSERT_EQ(s->groups.size(), 1u);
    EXPECT_EQ(s->groups[0].name, by == By::team ? "acme/claims" : "acme/claims/intake");
  }
}

TEST_F(SeriesTest, ItsSumsAreTheReports) {
  for (const Nanos step : {Nanos(1min), Nanos(1h), Nanos(24h)}) {
    const auto q = query(By::none, step);
    const auto s = series(dir_.path(), q);
    ASSERT_TRUE(s) << s.error().message;
    const auto report = Reports(dir_.path()).query(q.report);
    ASSERT_TRUE(report);
    ASSERT_GT(report->total.sums.energy.raw(), 0);
    ASSERT_EQ(s->groups.size(), 1u);
    SeriesPoint sum;
    for (const SeriesPoint& p : s->groups[0].points) {
      sum.requests += p.requests;
      sum.calls += p.calls;
      sum.in += p.in;
      sum.out += p.out;
      sum.figures.energy += p.figures.energy;
      sum.figures.embodied += p.figures.embodied;
      sum.figures.cost += p.figures.cost;
      sum.unattributed.energy += p.unattributed.energy;
    }
    const Sums& r = report->total.sums;
    EXPECT_EQ(sum.requests, r.requests);
    EXPECT_EQ(sum.calls, r.calls);
    EXPECT_EQ(sum.in, r.in);
    EXPECT_EQ(sum.out, r.out);
    EXPECT_EQ(sum.figures.energy, r.energy);
    EXPECT_EQ(sum.figures.embodied, r.embodied);
    EXPECT_EQ(sum.figures.cost, r.cost);
    EXPECT_EQ(sum.unattributed.energy, report->total.unattributed.energy);
  }
}

TEST_F(SeriesTest, EachStepThatTouchesThePeriodIsThereAlsoAnEmptyOne) {
  const auto s = series(dir_.path(), query(By::none, 1h));
  ASSERT_TRUE(s);
  const int64_t hour = Nanos(1h).count();
  const int64_t first = unix_ns(kNoon - 2h) / hour, last = (unix_ns(kNoon + 2h) - 1) / hour;
  EXPECT_EQ(s->groups[0].points.size(), static_cast<size_t>(last - first + 1));
  EXPECT_EQ(unix_ns(s->begin), first * hour);
  EXPECT_EQ(s->groups[0].points.front().calls, 0);
}

TEST_F(SeriesTest, GroupsAddUpToTheWhole) {
  const auto all = series(dir_.path(), query(By::none, 1h)), by = series(dir_.path(), query(By::deployment, 1h));
  ASSERT_TRUE(all);
  ASSERT_TRUE(by);
  Energy whole, parts;
  for (const auto& p : all->groups[0].points) whole += p.figures.energy;
  for (const auto& g : by->groups)
    for (const auto& p : g.points) parts += p.figures.energy;
  EXPECT_EQ(whole, parts);
}

TEST_F(SeriesTest, ManyUsersAreTheLargestAndTheOthers) {
  auto journal = open_journal(dir_.path(), 1);
  constexpr uint64_t kUsers = 40;
  for (uint64_t n = 0; n < kUsers; ++n) {
    const CallId call{request_number(100 + n), 0};
    auto request = request_of(call.request);
    request.user = fmt::format("user{:02}", n);
    auto settlement = settlement_of(call, 0, static_cast<int64_t>((n + 1) * 10'000'000));
    settlement.booked_at = kNoon - 100min + std::chrono::minutes(n);
    ASSERT_TRUE(journal->append(call_of(call)));
    ASSERT_TRUE(journal->append(settlement));
    ASSERT_TRUE(journal->append(request));
  }
  ASSERT_TRUE(store_->fold());
  const auto s = series(dir_.path(), query(By::user, 1min)), whole = series(dir_.path(), query(By::none, 1min));
  ASSERT_TRUE(s) << s.error().message;
  ASSERT_EQ(s->groups.size(), kMostGroups);
  for (size_t g = 0; g + 1 < kMostGroups; ++g) EXPECT_EQ(s->groups[g].name, fmt::format("user{:02}", kUsers - 1 - g));
  EXPECT_EQ(s->groups.back().name, "(others)");
  for (size_t step = 0; step < s->groups[0].points.size(); ++step) {
    SeriesPoint sum;
    for (const auto& g : s->groups) {
      sum.calls += g.points[step].calls;
      sum.figures.energy += g.points[step].figures.energy;
    }
    ASSERT_EQ(sum.calls, whole->groups[0].points[step].calls);
    ASSERT_EQ(sum.figures.energy, whole->groups[0].points[step].figures.energy);
  }
}

// Whoever asks chooses these names, by a header of each request.
TEST(SeriesGroups, HoldPointsOfAFewHoweverManyNamesThereAre) {
  SeriesGroups groups(kMostSteps);
  constexpr int64_t kNames = 20'000;
  for (const int twice : {1, 2})
    for (int64_t n = 0; n < kNames; ++n) groups.weigh(std::to_string(n), n * twice);
  EXPECT_EQ(groups.held(), 0u);
  groups.choose();
  EXPECT_EQ(groups.held(), kMostGroups);
  for (int64_t n = 0; n < kNames; ++n) ++groups.at(std::to_string(n), static_cast<size_t>(n) % kMostSteps).calls;
  EXPECT_EQ(groups.held(), kMostGroups);
  const auto all = groups.take();
  int64_t calls = 0;
  for (const auto& g : all)
    for (const auto& p : g.points) calls += p.calls;
  EXPECT_EQ(calls, kNames);
  EXPECT_EQ(all.front().name, "19999");
  EXPECT_EQ(all.back().name, "(others)");
}

TEST(SeriesGroups, AFewAreAllThereByEnergyThenByName) {
  SeriesGroups groups(1);
  groups.weigh("c", 1);
  groups.weigh("b", 1);
  groups.weigh("a", 0);
  groups.weigh("d", 2);
  groups.choose();
  std::string names;
  for (const auto& g : groups.take()) names += g.name;
  EXPECT_EQ(names, "dbca");
}

TEST_F(SeriesTest, TooManyStepsAreRefused) {
  auto q = query(By::none, 1min);
  q.report.since = kNoon - 1000h;
  const auto s = series(dir_.path(), q);
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, Code::invalid_argument);
}

TEST_F(SeriesTest, ItsJsonHasAColumnForEachFigureAndNoIdleOfAKey) {
  auto q = query(By::none, 1h);
  auto j = nlohmann::json::parse(to_json(*series(dir_.path(), q), "EUR"));
  for (const char* key : {"requests", "calls", "tokens_in", "energy_j", "carbon_high_g", "cost", "idle_energy_j"})
    EXPECT_EQ(j[key].size(), j["t"].size()) << key;
  q.report.key = "key_7";
  j = nlohmann::json::parse(to_json(*series(dir_.path(), q), "EUR"));
  EXPECT_TRUE(j["idle_energy_j"].is_null());
}

}  // namespace
}  // namespace trine::ledger::series_test

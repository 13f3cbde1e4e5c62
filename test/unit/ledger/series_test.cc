#include "ledger/series.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/ledger/fixtures.h"

namespace trine::ledger {
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
}  // namespace trine::ledger

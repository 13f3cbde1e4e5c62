#include "protect/budget.h"

#include <gtest/gtest.h>

#include "protect/forecast.h"

namespace trine::protect::budget_test {
namespace {

using namespace std::chrono_literals;

Wall at(const char* text) {
  return *parse_iso8601(text);
}
Period day(Nanos offset = 0h) {
  return {.kind = Period::Kind::day, .offset_from_utc = offset};
}
constexpr Period kMonth{.kind = Period::Kind::month};
constexpr Period kRolling{.kind = Period::Kind::rolling, .length = 64min};  // parts of a minute

bool reserves(BudgetAccount& b, int64_t amount, int64_t limit, Wall now) {
  BudgetView view;
  return b.reserve(amount, limit, true, now, view);
}

TEST(Period, AMonthBeginsAtMidnightOfItsOffset) {
  Span s = span_of(kMonth, at("2026-02-11T12:00:00Z"));
  EXPECT_EQ(iso8601(s.begin), "2026-02-01T00:00:00Z");
  EXPECT_EQ(iso8601(s.end), "2026-03-01T00:00:00Z");
  const Period east{.kind = Period::Kind::month, .offset_from_utc = 1h};
  s = span_of(east, at("2026-12-31T23:00:00Z"));  // January there
  EXPECT_EQ(iso8601(s.begin), "2026-12-31T23:00:00Z");
  EXPECT_EQ(iso8601(s.end), "2027-01-31T23:00:00Z");
}

TEST(Period, TheEndBelongsToTheNextOne) {
  const Span s = span_of(day(-3h - 30min), at("2026-03-01T03:30:00Z"));
  EXPECT_EQ(iso8601(s.begin), "2026-03-01T03:30:00Z");
  EXPECT_EQ(iso8601(s.end), "2026-03-02T03:30:00Z");
  EXPECT_EQ(iso8601(span_of(day(), s.begin - 4h).begin), "2026-02-28T00:00:00Z");
}

TEST(Budget, RefusesWhatWouldExceedItAndTakesWhatFitsExactly) {
  BudgetAccount b(kMonth);
  const Wall now = at("2026-11-28T16:00:00Z");
  EXPECT_TRUE(reserves(b, 60, 100, now));
  EXPECT_FALSE(reserves(b, 41, 100, now));
  EXPECT_TRUE(reserves(b, 40, 100, now));
  EXPECT_FALSE(reserves(b, 0, 100, now)) << "all of it is reserved: even what costs nothing must wait";
  b.release(40);
  EXPECT_TRUE(reserves(b, 40, 100, now));
}

TEST(Budget, OfZeroRefusesEverything) {
  BudgetAccount b(kMonth);
  EXPECT_FALSE(reserves(b, 0, 0, at("2026-11-28T16:00:00Z")));
}

TEST(Budget, ASoftOneTakesAll) {
  BudgetAccount b(kMonth);
  BudgetView view;
  EXPECT_TRUE(b.reserve(500, 100, false, at("2026-11-28T16:00:00Z"), view));
  EXPECT_EQ(view.reserved, 500);
}

TEST(Budget, WhatIsSpentBeyondTheReservationIsOwedAndNothingIsRefusedLater) {
  BudgetAccount b(kMonth);
  const Wall now = at("2026-11-28T16:00:00Z");
  ASSERT_TRUE(reserves(b, 90, 100, now));
  b.settle(90, 130, now, now);
  EXPECT_EQ(b.view(now).spent, 130);
  EXPECT_EQ(b.view(now).reserved, 0);
  EXPECT_FALSE(reserves(b, 1, 100, now));
  b.book(-50, now, now);  // the meter says less
  EXPECT_TRUE(reserves(b, 20, 100, now));
}

TEST(Budget, ANewPeriodBeginsEmptyButForWhatIsUnderWay) {
  BudgetAccount b(day());
  const Wall evening = at("2026-11-28T23:59:59Z"), midnight = at("2026-11-29T00:00:00Z");
  ASSERT_TRUE(reserves(b, 30, 100, evening));
  b.book(70, evening, evening);
  EXPECT_EQ(iso8601(b.view(evening).reset), "2026-11-29T00:00:00Z");
  EXPECT_EQ(b.view(midnight).spent, 0);
  EXPECT_EQ(b.view(midnight).reserved, 30);
  EXPECT_FALSE(reserves(b, 71, 100, midnight));
  b.settle(30, 25, midnight, midnight);
  b.book(-70, evening, midnight);  // a late correction of the day before
  EXPECT_EQ(b.view(midnight).spent, 25);
}

TEST(Budget, AClockThatGoesBackOverMidnightFillsNothing) {
  BudgetAccount b(day());
  const Wall evening = at("2026-11-28T23:59:59Z"), midnight = evening + 1s;
  b.book(80, evening, evening);
  b.book(15, midnight, midnight);
  EXPECT_EQ(b.view(midnight).spent, 15);
  EXPECT_EQ(b.view(evening).spent, 95) << "both count as one day";
  EXPECT_FALSE(reserves(b, 6, 100, evening));
  EXPECT_EQ(b.view(midnight).spent, 0) << "and the next day begins when it begins";
}

TEST(Budget, AClockThatWasYearsAheadFillsNothingWhenItIsSetRight) {
  BudgetAccount b(kMonth);
  const Wall now = at("2026-11-28T16:00:00Z");
  b.book(80, now, now);
  EXPECT_EQ(b.view(now + 24h * 3000).spent, 0);
  EXPECT_EQ(b.view(now).spent, 80);
  EXPECT_EQ(iso8601(b.view(now).reset), "2026-12-01T00:00:00Z");
}

TEST(Budget, ARollingOneForgetsWhatIsOlderThanItsLengthAndNotBefore) {
  BudgetAccount b(kRolling);
  const Wall start = at("2026-11-28T16:00:30Z");
  b.book(60, start, start);
  b.book(40, start + 10min, start + 10min);
  EXPECT_EQ(b.view(start + 64min).spent, 100);
  EXPECT_EQ(iso8601(b.view(start + 64min).reset), "2026-11-28T17:05:00Z");
  EXPECT_EQ(b.view(start + 65min).spent, 40) << "64 minutes and a 64th of them";
  EXPECT_EQ(b.view(start + 24h).spent, 0);
  b.book(5, start, start + 24h);  // long gone
  EXPECT_EQ(b.view(start + 24h).spent, 0);
}

TEST(Budget, ARollingOneIsNotFilledByAClockThatGoesBack) {
  BudgetAccount b(kRolling);
  const Wall now = at("2026-11-28T16:00:00Z");
  b.book(60, now, now);
  EXPECT_EQ(b.view(now - 5min).spent, 60);
  EXPECT_EQ(b.view(now - 24h * 365).spent, 60);
  EXPECT_EQ(b.view(now - 24h * 365 + 65min).spent, 0) << "its time goes on from there";
}

TEST(Budget, WarnsOnceAPeriod) {
  BudgetAccount b(day());
  const Wall now = at("2026-11-28T16:00:00Z");
  EXPECT_TRUE(b.first_warning(now));
  EXPECT_FALSE(b.first_warning(now + 1h));
  EXPECT_TRUE(b.first_warning(now + 24h));
}

TEST(Forecast, GoesOnAsInThePeriodSoFar) {
  BudgetRule rule;
  rule.period = kMonth;
  rule.limit = 100;
  const Span s = span_of(kMonth, at("2026-11-11T00:00:00Z"));
  BudgetView v{.spent = 50, .reserved = 0, .begin = s.begin, .reset = s.end};
  const Forecast f = forecast(v, rule, at("2026-11-11T00:00:00Z"));  // ten days: 5 a day
  ASSERT_TRUE(f.known && f.runs_out);
  EXPECT_EQ(iso8601(*f.runs_out), "2026-11-21T00:00:00Z");
  v.spent = 20;
  EXPECT_TRUE(forecast(v, rule, at("2026-11-11T00:00:00Z")).known);
  EXPECT_FALSE(forecast(v, rule, at("2026-11-11T00:00:00Z")).runs_out) << "60 at the month's end";
  EXPECT_FALSE(forecast(v, rule, at("2026-11-01T03:00:00Z")).known) << "three hours say nothing of a month";
  v.spent = 100;
  EXPECT_EQ(forecast(v, rule, at("2026-11-01T03:00:00Z")).runs_out, at("2026-11-01T03:00:00Z"));
}

}  // namespace
}  // namespace trine::protect::budget_test

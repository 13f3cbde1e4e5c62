#include "cli/period.h"

#include <gtest/gtest.h>

namespace trine::cli::period_test {
namespace {

using namespace std::chrono_literals;

const Wall kNow = *parse_iso8601("2026-11-23T12:00:00Z");

std::string problem(std::string_view since, std::string_view until) {
  const auto p = parse_period(since, until, kNow);
  return p ? "no problem" : p.error().message;
}

TEST(Period, ADurationCountsBackFromNow) {
  const auto p = parse_period("1h", "15m", kNow);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->since, kNow - 1h);
  EXPECT_EQ(p->until, kNow - 15min);
}

TEST(Period, WithoutAnEndItHoldsThisVeryInstant) {
  const auto p = parse_period("7d", "", kNow);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->since, kNow - 7 * 24h);
  EXPECT_GT(p->until, kNow);
}

TEST(Period, TimesMayBeDatesAndHaveOffsets) {
  const auto p = parse_period("2026-11-22", "2026-11-23T02:00:00+02:00", kNow);
  ASSERT_TRUE(p);
  EXPECT_EQ(iso8601(p->since), "2026-11-22T00:00:00Z");
  EXPECT_EQ(iso8601(p->until), "2026-11-23T00:00:00Z");
}

TEST(Period, LongerAgoThanTimeIsCountedBeginsWithIt) {
  const auto p = parse_period("100000d", "", kNow);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->since, Wall{});
}

TEST(Period, WhatIsNeitherSaysWhatWouldBe) {
  EXPECT_EQ(problem("yesterday", ""),
            "--since yesterday is neither a duration (15m, 1h, 7d) nor a time (2026-11-23, 2026-11-23T09:00:00Z).");
  EXPECT_EQ(problem("1h", "later").find("--until later is neither"), 0u);
  EXPECT_NE(problem("", ""), "no problem");
  EXPECT_NE(problem("-1h", ""), "no problem");
}

TEST(Period, AnEmptyPeriodIsAnError) {
  EXPECT_EQ(problem("1h", "1h"),
            "The period is empty: it begins at 2026-11-23T11:00:00Z and ends at 2026-11-23T11:00:00Z.");
  EXPECT_NE(problem("1h", "2h"), "no problem");
}

}  // namespace
}  // namespace trine::cli::period_test

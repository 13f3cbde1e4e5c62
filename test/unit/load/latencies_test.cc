#include "load/latencies.h"

#include <gtest/gtest.h>

namespace trine::load::latencies_test {
namespace {

using namespace std::chrono_literals;

TEST(Latencies, OfNoneAreZero) {
  const Latencies none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.quantile(0.99), 0ns);
  EXPECT_EQ(none.max(), 0ns);
  EXPECT_EQ(none.mean_s(), 0);
}

TEST(Latencies, OneIsEveryQuantile) {
  Latencies l;
  l.add(1234567us);
  for (const double q : {0.0, 0.5, 0.99, 1.0}) EXPECT_EQ(l.quantile(q), 1234567us) << q;
}

TEST(Latencies, AQuantileIsTheOneOfTheNearestRank) {
  Latencies l;
  for (int i = 1; i <= 100; ++i) l.add(std::chrono::microseconds(i));
  EXPECT_EQ(l.quantile(0.5), 50us + 500ns) << "the middle of its microsecond";
  EXPECT_EQ(l.quantile(0.99), 99us + 500ns);
  EXPECT_EQ(l.quantile(1), 100us);
  EXPECT_EQ(l.quantile(0), 1us + 500ns);
  EXPECT_DOUBLE_EQ(l.mean_s(), 50.5e-6);
}

TEST(Latencies, WhatIsBeyondItsRangeKeepsItsMaximum) {
  Latencies l;
  l.add(std::chrono::hours(24 * 365));
  l.add(-5s);
  EXPECT_EQ(l.count(), 2u);
  EXPECT_EQ(l.max(), std::chrono::hours(24 * 365));
  EXPECT_EQ(l.quantile(0.5), 500ns);
}

}  // namespace
}  // namespace trine::load::latencies_test

#include "replay/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trine::replay::arrivals_test {
namespace {

const fleet::Mix kMix{.in = 900, .cached = 0, .out = 100};

std::vector<Arrival> all(Arrivals a) {
  std::vector<Arrival> out;
  for (Arrival one; a.next(one);) out.push_back(one);
  return out;
}

TEST(ArrivalsOfCounts, ArePoissonInEachHour) {
  fleet::Trace t;
  t.hourly = {10'000, 0, 40'000};
  const auto out = all(Arrivals(t, fleet::Shape::raw, kMix, t.hourly, 7));
  double count[3] = {};
  double last = 0;
  for (const auto& a : out) {
    EXPECT_GE(a.at_s, last);
    last = a.at_s;
    ++count[static_cast<size_t>(a.at_s / 3600)];
    EXPECT_EQ(a.in, 900);
  }
  EXPECT_NEAR(count[0], 10'000, 4 * std::sqrt(10'000));
  EXPECT_EQ(count[1], 0);
  EXPECT_NEAR(count[2], 40'000, 4 * std::sqrt(40'000));
}

TEST(ArrivalsOfRequests, KeepBurstsAndTheirTokens) {
  fleet::Trace t;
  for (int i = 0; i < 100; ++i) t.requests.push_back({i * 0.1, 10, 1, 0, 0});             // ten seconds of short ones
  for (int i = 0; i < 100; ++i) t.requests.push_back({1000 + i * 10.0, 2000, 50, 0, 0});  // then long ones, apart
  t.hourly = {200};
  const auto out = all(Arrivals(t, fleet::Shape::raw, kMix, {20'000}, 7));
  EXPECT_NEAR(static_cast<double>(out.size()), 20'000, 600);
  size_t early = 0;
  for (const auto& a : out) {
    early += a.at_s < 10 ? 1 : 0;
    EXPECT_EQ(a.in, a.at_s < 1000 ? 10 : 2000);
  }
  EXPECT_NEAR(static_cast<double>(early), 9'900, 500) << "the burst holds half of all";
}

TEST(Arrivals, AreTheSameForASeedAndOthersForAnother) {
  fleet::Trace t;
  t.hourly = {1000};
  const auto at = [&](uint64_t seed) { return all(Arrivals(t, fleet::Shape::raw, kMix, t.hourly, seed)); };
  const auto a = at(1), b = at(1), c = at(2);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].at_s, b[i].at_s);
  EXPECT_NE(a.front().at_s, c.front().at_s);
}

}  // namespace
}  // namespace trine::replay::arrivals_test

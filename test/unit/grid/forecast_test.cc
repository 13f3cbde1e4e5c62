#include "grid/forecast.h"

#include <gtest/gtest.h>

#include <cmath>

#include "catalog/load.h"
#include "grid/grid.h"

namespace trine::grid::forecast_test {
namespace {

using namespace std::chrono_literals;

const Wall kNow = *parse_iso8601("2026-01-15T10:20:00Z");
const Wall kHour = *parse_iso8601("2026-01-15T10:00:00Z");

double shape(Wall t) {
  return 100 + 50 * std::sin(static_cast<double>(t.time_since_epoch() / 1h % 24) * 2 * 3.14159265 / 24);
}

// So many days of the same day, up to and with the present hour.
Feed days(int n, double level = 1) {
  std::vector<Series::Point> points;
  for (Wall t = kHour - n * 24h; t <= kHour; t += 1h) points.push_back({t, Intensity{level * shape(t)}});
  return {"FR", "f", Method::lifecycle, Series(std::move(points)), {}, kNow};
}
ForecastInput input(const Feed& feed) {
  ForecastInput in;
  in.feeds = {&feed};
  in.typical = [](Wall) { return ForecastInput::Typical{Intensity{300}, 0.35}; };
  return in;
}

TEST(Forecast, ADayThatRepeatsIsForetoldExactly) {
  const Feed feed = days(14);
  const auto f = forecast(input(feed), kNow, 30);
  ASSERT_EQ(f.size(), 30u);
  for (const auto& p : f) EXPECT_NEAR(p.value.g_per_kwh, shape(p.start), 1e-6) << iso8601(p.start);
  EXPECT_EQ(f[0].start, kHour);
  EXPECT_EQ(f[0].source, "persistence x profile");
}

TEST(Forecast, WhatIsUnusualNowFades) {
  Feed feed = days(14);
  auto points = feed.values.points();
  points.back().value.g_per_kwh *= 2;
  feed.values = Series(points);
  const auto f = forecast(input(feed), kNow, 49);
  const auto excess = [&](size_t h) { return f[h].value.g_per_kwh / shape(f[h].start); };
  EXPECT_NEAR(excess(0), 2, 1e-9);
  EXPECT_LT(excess(6), excess(1));
  EXPECT_GT(excess(6), 1.4);
  EXPECT_LT(excess(48), 1.3);
}

TEST(Forecast, IsLessSureTheFurtherItLooks) {
  const Feed feed = days(14);
  const auto f = forecast(input(feed), kNow, 49);
  for (size_t h = 1; h < f.size(); ++h) EXPECT_GT(f[h].sigma_ln, f[h - 1].sigma_ln);
  EXPECT_DOUBLE_EQ(f[0].sigma_ln, 0.08);
  EXPECT_LT(f[48].sigma_ln, 0.1) << "its days are all the same";
}

TEST(Forecast, AZoneWhoseDaysDifferIsForetoldWithAWiderRange) {
  const auto spread = [](double noise) {
    Feed feed = days(14);
    auto points = feed.values.points();
    for (size_t i = 0; i < points.size(); ++i) points[i].value.g_per_kwh *= std::exp(i / 24 % 2 ? noise : -noise);
    feed.values = Series(points);
    return forecast(input(feed), kNow, 49)[48].sigma_ln;
  };
  EXPECT_NEAR(spread(0.1), std::hypot(0.08, 0.1), 0.01);
  EXPECT_NEAR(spread(0.4), std::hypot(0.08, 0.4), 0.03);
}

TEST(Forecast, WithoutDaysOfValuesTheCatalogsProfileIsTheShape) {
  const Feed one = days(0, 2);
  const auto f = forecast(input(one), kNow, 200);
  EXPECT_NEAR(f[0].value.g_per_kwh, 2 * shape(kHour), 1e-9);
  EXPECT_NEAR(f[199].value.g_per_kwh, 300, 3);
  EXPECT_NEAR(f[199].sigma_ln, std::hypot(0.08, 0.35), 0.01);
}

TEST(Forecast, WithoutAnyValueItIsTheProfile) {
  ForecastInput in;
  in.typical = [](Wall) { return ForecastInput::Typical{Intensity{300}, 0.35}; };
  const auto f = forecast(in, kNow, 2);
  EXPECT_EQ(f[1], (ForecastPoint{kHour + 1h, Intensity{300}, 0.35, "profile"}));
  const GridTable grid(*catalog::load());
  EXPECT_EQ(grid.forecast("FR", kNow, 3).at(2).value, grid.at("FR", kHour + 2h).value);
  EXPECT_DOUBLE_EQ(grid.forecast("Atlantis", kNow, 1).at(0).value.g_per_kwh, 475);
  EXPECT_TRUE(grid.forecast("FR", kNow, 0).empty());
}

TEST(Forecast, LooksAtNothingThatCameLater) {
  Feed feed = days(14);
  const auto before = forecast(input(feed), kNow, 24);
  auto points = feed.values.points();
  points.push_back({kHour + 1h, Intensity{1900}});
  feed.values = Series(points);
  EXPECT_EQ(forecast(input(feed), kNow, 24), before);
}

TEST(Forecast, QuarterHoursAreTakenByTheHour) {
  std::vector<Series::Point> points;
  for (Wall t = kHour - 5 * 24h; t <= kNow; t += 15min)
    points.push_back({t, Intensity{(t.time_since_epoch() / 15min) % 2 ? 50.0 : 150.0}});
  const Feed feed{"FR", "f", Method::lifecycle, Series(std::move(points)), {}, kNow};
  EXPECT_NEAR(forecast(input(feed), kNow, 3).at(2).value.g_per_kwh, 100, 1e-6);
}

}  // namespace
}  // namespace trine::grid::forecast_test

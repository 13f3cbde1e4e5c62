#include "grid/grid.h"

#include <gtest/gtest.h>

#include <cmath>

#include "catalog/load.h"

namespace trine::grid::grid_test {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const catalog::Catalog> shipped() {
  static const auto catalog = *catalog::load();
  return catalog;
}

const Wall kNoon = *parse_iso8601("2026-01-15T12:00:00Z");

// FR with a value for 12-13 h only, and for the same hour of the day before.
GridTable with_series() {
  std::map<std::string, ZoneInput> zones;
  zones["FR"].series = Series({{kNoon, Intensity{50}}, {kNoon - 20h, Intensity{70}}});
  zones["FR"].series_source = "fr.csv";
  return GridTable(shipped(), std::move(zones));
}

TEST(GridTable, GoesDownTheLadderRungByRung) {
  const auto grid = with_series();
  const auto expect = [&](Wall t, Granularity granularity, double value, double sigma) {
    const auto r = grid.at("FR", t);
    EXPECT_EQ(r.granularity, granularity) << iso8601(t) << ": " << name(r.granularity);
    EXPECT_DOUBLE_EQ(r.value.g_per_kwh, value) << iso8601(t);
    EXPECT_DOUBLE_EQ(r.sigma_ln, sigma) << iso8601(t);
    EXPECT_EQ(r.estimated, granularity != Granularity::hourly);
  };
  expect(kNoon + 59min, Granularity::hourly, 50, 0.08);
  expect(kNoon + 1h, Granularity::recent, 50, 0.12);
  expect(kNoon + 3h - 1ns, Granularity::recent, 50, 0.12);
  expect(kNoon + 4h, Granularity::yesterday, 70, 0.30);
  const auto typical = grid.at("FR", kNoon + 3h);
  EXPECT_EQ(typical.granularity, Granularity::typical_day);
  EXPECT_EQ(typical.source, "emaps-annual x entsoe-lwa");
}

TEST(GridTable, SaysHowOldAValueIs) {
  const auto grid = with_series();
  EXPECT_EQ(grid.at("FR", kNoon + 30min).age, 0ns);
  EXPECT_EQ(grid.at("FR", kNoon + 90min).age, 30min);
  EXPECT_EQ(grid.at("FR", kNoon + 4h + 30min).age, 23h + 30min);
  EXPECT_EQ(grid.at("PL", kNoon).age, kNoon - *parse_iso8601("2026-01-01"));  // the mean of 2025
  EXPECT_EQ(grid.at("FR", kNoon + 30min).source, "fr.csv");
}

TEST(GridTable, MeasuresHowFarADayIsFromTheOneBeforeWhereItHasTheDays) {
  const auto sigma = [](double noise) {
    std::vector<Series::Point> points;
    for (int h = 24 * 15; h >= 4; --h)
      points.push_back({kNoon - h * 1h, Intensity{100 * std::exp(h / 24 % 2 ? noise : -noise)}});
    std::map<std::string, ZoneInput> zones;
    zones["FR"].series = Series(std::move(points));
    const auto r = GridTable(shipped(), std::move(zones)).at("FR", kNoon);
    EXPECT_EQ(r.granularity, Granularity::yesterday);
    return r.sigma_ln;
  };
  EXPECT_NEAR(sigma(0.1), 0.2, 0.001);
  EXPECT_DOUBLE_EQ(sigma(0), 0.12) << "never surer than of a value that has just passed";
  EXPECT_DOUBLE_EQ(sigma(1), 0.45) << "nor less than of the annual mean";
}

// Two live feeds and an operator's file for one zone.
TEST(GridTable, OfSeveralSeriesTheHighestRungCountsAndOfEqualsTheFirst) {
  const auto feed = [](const char* source, Method method, double g, Wall start) {
    return std::make_shared<const Feed>(Feed{"FR", source, method, Series({{start, Intensity{g}}}), {}, {}});
  };
  const GridTable base = with_series();
  const Feeds feeds = {feed("first", Method::lifecycle, 81, kNoon + 1h),
                       feed("second", Method::lifecycle, 82, kNoon + 1h),
                       feed("direct", Method::direct, 20, kNoon + 1h)};
  const GridTable table = base.with(feeds);
  EXPECT_EQ(table.at("FR", kNoon + 30min).source, "fr.csv");
  EXPECT_EQ(table.at("FR", kNoon + 90min).source, "first") << "the file's value is over";
  EXPECT_EQ(table.at("fr", kNoon + 90min).granularity, Granularity::hourly);
  EXPECT_EQ(table.with({feeds[2]}).at("FR", kNoon + 90min).source, "fr.csv") << "direct fills no gap";
  ASSERT_EQ(table.beside("FR", kNoon + 90min).size(), 1u);
  EXPECT_EQ(table.beside("FR", kNoon + 90min)[0].method, "direct");
  EXPECT_TRUE(table.beside("DE", kNoon).empty());
  EXPECT_EQ(table.with({feed("contract", Method::market, 3, kNoon + 1h)}).at("FR", kNoon + 90min).source, "fr.csv")
      << "nor does market-based";
  EXPECT_EQ(method_named("market"), Method::market);
  EXPECT_EQ(table.feeds().size(), 3u);
  EXPECT_EQ(base.at("FR", kNoon + 90min).source, "fr.csv") << "a table does not change";
  EXPECT_TRUE(base.with({feed("x", Method::lifecycle, 5, kNoon)}).knows("FR"));
}

TEST(GridTable, AValueThatTheSourceCallsAnEstimateIsOne) {
  const Series s({{kNoon, Intensity{50}, true}});
  const auto table =
      GridTable(shipped()).with({std::make_shared<const Feed>(Feed{"FR", "x", Method::lifecycle, s, {}, {}})});
  EXPECT_EQ(table.at("FR", kNoon).granularity, Granularity::hourly);
  EXPECT_TRUE(table.at("FR", kNoon).estimated);
}

TEST(GridTable, GivesATypicalDayAroundTheAnnualMean) {
  const GridTable grid(shipped());
  double sum = 0;
  for (int h = 0; h < 24; ++h) sum += grid.at("US-CAL-CISO", *parse_iso8601("2025-07-01") + h * 1h).value.g_per_kwh;
  const double annual = shipped()->find_zone("US-CAL-CISO")->lifecycle.at(2025).g_per_kwh;
  EXPECT_NEAR(sum / 24, annual, 0.002 * annual);
  // California's sun: noon there (20 h UTC) is far below its evening (4 h UTC).
  EXPECT_LT(grid.at("US-CAL-CISO", *parse_iso8601("2025-07-01T20:00:00Z")).value.g_per_kwh,
            0.8 * grid.at("US-CAL-CISO", *parse_iso8601("2025-07-01T04:00:00Z")).value.g_per_kwh);
}

TEST(GridTable, TakesTheMeanOfTheYearAskedForOrTheNearestBefore) {
  const GridTable grid(shipped());
  EXPECT_DOUBLE_EQ(grid.at("IT-NO", *parse_iso8601("2022-05-01")).value.g_per_kwh,
                   shipped()->find_zone("IT-NO")->lifecycle.at(2022).g_per_kwh);
  EXPECT_DOUBLE_EQ(grid.at("IT-NO", kNoon).value.g_per_kwh,
                   shipped()->find_zone("IT-NO")->lifecycle.at(2025).g_per_kwh);
  EXPECT_EQ(grid.at("IT-NO", kNoon).granularity, Granularity::annual);
  EXPECT_DOUBLE_EQ(grid.at("IT-NO", kNoon).sigma_ln, 0.45);
}

TEST(GridTable, FallsBackToTheCountryAndThenToTheWorld) {
  const GridTable grid(shipped());
  const auto country = grid.at("PL-ZZ", kNoon);
  EXPECT_EQ(country.granularity, Granularity::country);
  EXPECT_EQ(country.source, "ember");
  EXPECT_DOUBLE_EQ(country.sigma_ln, 0.6);
  const auto world = grid.at("Atlantis", kNoon);
  EXPECT_EQ(world.granularity, Granularity::world);
  EXPECT_DOUBLE_EQ(world.value.g_per_kwh, 475);
  EXPECT_DOUBLE_EQ(world.sigma_ln, 0.9);
  EXPECT_FALSE(grid.knows("Atlantis"));
  EXPECT_TRUE(grid.knows("fr"));
}

TEST(GridTable, TakesTheOperatorsConstantForItsZoneOnly) {
  std::map<std::string, ZoneInput> zones;
  zones["fr"].constant = Intensity{56};
  zones["office"].constant = Intensity{20};
  const GridTable grid(shipped(), std::move(zones));
  EXPECT_DOUBLE_EQ(grid.at("FR", kNoon).value.g_per_kwh, 56);
  EXPECT_EQ(grid.at("FR", kNoon).granularity, Granularity::configured);
  EXPECT_EQ(grid.at("FR", kNoon).source, "configuration");
  EXPECT_DOUBLE_EQ(grid.at("office", kNoon).value.g_per_kwh, 20);
  EXPECT_TRUE(grid.knows("office"));
  EXPECT_NE(grid.at("DE", kNoon).granularity, Granularity::configured);
}

TEST(GridTable, OnlyTheFirstTwoRungsCountAsHourly) {
  const auto grid = with_series();
  EXPECT_TRUE(grid.at("FR", kNoon).hourly());
  EXPECT_TRUE(grid.at("FR", kNoon + 2h).hourly());
  EXPECT_FALSE(grid.at("FR", kNoon + 4h).hourly());
  EXPECT_FALSE(grid.at("DE", kNoon).hourly());
}

TEST(GridTable, EndsSlotsOnTheHourOrOnTheStepOfTheSeries) {
  std::map<std::string, ZoneInput> zones;
  zones["GB"].series = Series({{kNoon, Intensity{50}}, {kNoon + 30min, Intensity{60}}});
  const GridTable grid(shipped(), std::move(zones));
  EXPECT_EQ(grid.slot_end("DE", kNoon + 10min), kNoon + 1h);
  EXPECT_EQ(grid.slot_end("GB", kNoon + 10min), kNoon + 30min);
  EXPECT_EQ(grid.slot_end("GB", kNoon + 30min), kNoon + 1h);
}

}  // namespace
}  // namespace trine::grid::grid_test

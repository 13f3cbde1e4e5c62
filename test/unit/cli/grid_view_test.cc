#include "cli/grid_view.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalog/load.h"

namespace trine::cli::grid_view_test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const Wall kNow = *parse_iso8601("2026-01-15T10:20:00Z");
const Wall kHour = *parse_iso8601("2026-01-15T10:00:00Z");

// FR has three hours by a source, and a marginal value beside.
grid::GridTable table() {
  using grid::Feed;
  using grid::Series;
  auto hours = std::make_shared<Feed>(
      Feed{"FR",
           "electricity_maps",
           grid::Method::lifecycle,
           Series({{kHour - 2h, Intensity{40}}, {kHour - 1h, Intensity{50}}, {kHour, Intensity{60}}}),
           {},
           kNow});
  auto marginal = std::make_shared<Feed>(
      Feed{"FR", "watttime", grid::Method::marginal, Series({{kHour - 1h, Intensity{400}}}, 5min), {}, kNow});
  return grid::GridTable(*catalog::load()).with({hours, marginal});
}
GridView fr(Wall from, Wall to) {
  return *grid_view(table(), "FR", "France", kNow, from, to);
}

TEST(GridView, ShowsSlotsUpToNowAndAForecastBehind) {
  const auto v = fr(kHour - 2h, kHour + 3h);
  ASSERT_EQ(v.rows.size(), 5u);
  EXPECT_EQ(v.rows[0].what, "hourly");
  EXPECT_DOUBLE_EQ(v.rows[0].value.g_per_kwh, 40);
  EXPECT_DOUBLE_EQ(v.rows[2].value.g_per_kwh, 60);
  EXPECT_EQ(v.rows[3].what, "forecast");
  EXPECT_EQ(v.rows[3].start, kHour + 1h);
  EXPECT_GT(v.rows[4].sigma_ln, v.rows[3].sigma_ln);
}

TEST(GridView, APeriodMayLieAhead) {
  const auto v = fr(kHour + 5h + 10min, kHour + 7h);
  ASSERT_EQ(v.rows.size(), 1u);
  EXPECT_EQ(v.rows[0].start, kHour + 6h);
  EXPECT_EQ(v.rows[0].value, fr(kHour, kHour + 7h).rows.back().value) << "by the same knowledge";
}

TEST(GridView, RefusesAnEmptyPeriodAndOneWithoutEnd) {
  EXPECT_FALSE(grid_view(table(), "FR", "", kNow, kNow, kNow));
  EXPECT_FALSE(grid_view(table(), "FR", "", kNow, kNow - 24h * 3650, kNow));
  EXPECT_FALSE(grid_view(table(), "FR", "", kNow, kNow, kNow + 24h * 3650));
}

TEST(GridView, LettersFollowTheRung) {
  const auto v = fr(kHour, kHour + 1h);
  EXPECT_EQ(letter_metered(v.now), 'A');
  EXPECT_EQ(letter_by_curve(v.now), 'B');
  const auto de = *grid_view(table(), "DE", "", kNow, kHour, kHour + 1h);
  EXPECT_EQ(letter_metered(de.now), 'B');
  EXPECT_EQ(letter_by_curve(de.now), 'C');
}

TEST(GridView, TheTextSaysWhereAValueComesFrom) {
  const std::string text = grid_text(fr(kHour - 1h, kHour + 2h));
  EXPECT_TRUE(text.starts_with("FR  France\n")) << text;
  EXPECT_NE(text.find("now       60.0 g/kWh (90 %: 52.6 to 68.4), lifecycle, as the source says\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("rung      hourly, age now, from electricity_maps\n"), std::string::npos);
  EXPECT_NE(text.find("quality   A with a meter, B by a curve\n"), std::string::npos);
  EXPECT_NE(text.find("beside    400 g/kWh, marginal, age 75 min, from watttime\n"), std::string::npos) << text;
  EXPECT_NE(text.find("persistence x profile"), std::string::npos);
  const std::string summary = grid_summary({fr(kHour, kHour + 1h)});
  EXPECT_NE(summary.find("marginal 400"), std::string::npos) << summary;
}

TEST(GridView, TheJsonHasTheSame) {
  const auto j = Json::parse(grid_json({fr(kHour - 1h, kHour + 2h)}));
  EXPECT_EQ(j.at("at"), "2026-01-15T10:20:00Z");
  const auto& zone = j.at("zones").at(0);
  EXPECT_EQ(zone.at("now").at("granularity"), "hourly");
  EXPECT_EQ(zone.at("now").at("quality_metered"), "A");
  EXPECT_EQ(zone.at("beside").at(0).at("method"), "marginal");
  EXPECT_EQ(zone.at("slots").size(), 3u);
  EXPECT_EQ(zone.at("slots").at(2).at("granularity"), "forecast");
}

TEST(GridPoint, IsATimeOrADurationBeforeOrAfterNow) {
  EXPECT_EQ(parse_grid_point("--from", "6h", kNow).value(), kNow - 6h);
  EXPECT_EQ(parse_grid_point("--to", "+12h", kNow).value(), kNow + 12h);
  EXPECT_EQ(parse_grid_point("--to", "2026-01-15", kNow).value(), *parse_iso8601("2026-01-15"));
  for (const char* bad : {"", "+", "soon", "+2026-01-15", "-6h"})
    EXPECT_FALSE(parse_grid_point("--to", bad, kNow)) << bad;
}

}  // namespace
}  // namespace trine::cli::grid_view_test

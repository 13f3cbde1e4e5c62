#include "grid/series.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace trine::grid::series_test {
namespace {

using namespace std::chrono_literals;

Wall at(const char* text) {
  return *parse_iso8601(text);
}

std::string complaint(std::string_view text) {
  const auto file = read_series_text("f.csv", text);
  return file ? "" : file.error().message;
}

TEST(SeriesFile, ReadsAWideCsvWithAByteOrderMarkAndCrlf) {
  const auto file = read_series_text("f.csv",
                                     "\xEF\xBB\xBFts_utc,FR,DE\r\n"
                                     "2026-01-01T00:00:00Z,43.84,213.79\r\n"
                                     "2026-01-01T01:00:00Z,,200\r\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->holes, 1u);
  ASSERT_EQ(file->zones.at("DE").points().size(), 2u);
  EXPECT_EQ(file->zones.at("FR").points().size(), 1u);
  EXPECT_DOUBLE_EQ(file->zones.at("FR").covering(at("2026-01-01T00:59:59Z"))->value.g_per_kwh, 43.84);
  EXPECT_EQ(file->zones.at("FR").covering(at("2026-01-01T01:00:00Z")), nullptr);
}

TEST(SeriesFile, ReadsOneZoneThatTheFileDoesNotName) {
  const auto file = read_series_text("f.csv", "ts,g_per_kwh\n2026-01-01T02:00:00+02:00,50\n2026-01-01T00:30:00Z,60");
  ASSERT_TRUE(file) << file.error().message;
  const auto& series = file->zones.at("");
  EXPECT_EQ(series.step(), 30min);
  EXPECT_DOUBLE_EQ(series.covering(at("2026-01-01T00:29:00Z"))->value.g_per_kwh, 50);
  EXPECT_DOUBLE_EQ(series.covering(at("2026-01-01T00:30:00Z"))->value.g_per_kwh, 60);
}

TEST(SeriesFile, TakesAZeroForAHole) {
  const auto file = read_series_text("f.csv", "ts,g_per_kwh\n2026-01-01T00:00:00Z,0\n2026-01-01T01:00:00Z,NaN\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->holes, 2u);
  EXPECT_TRUE(file->zones.at("").points().empty());
}

TEST(SeriesFile, ReadsElectricityMapsHistoryAndPlainJson) {
  const auto history = read_series_text("h.json", R"({"zone": "DE", "history": [
    {"zone": "DE", "carbonIntensity": 599, "datetime": "2024-03-05T20:00:00.000Z", "isEstimated": false},
    {"zone": "DE", "carbonIntensity": null, "datetime": "2024-03-05T21:00:00.000Z"}]})");
  ASSERT_TRUE(history) << history.error().message;
  EXPECT_EQ(history->holes, 1u);
  EXPECT_DOUBLE_EQ(history->zones.at("DE").covering(at("2024-03-05T20:30:00Z"))->value.g_per_kwh, 599);
  const auto plain = read_series_text("p.json", R"([{"ts": "2026-01-01", "g_per_kwh": 12.5}])");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_DOUBLE_EQ(plain->zones.at("").points().front().value.g_per_kwh, 12.5);
}

TEST(SeriesFile, RefusesNegativeAndAbsurdValuesWithTheirLine) {
  EXPECT_EQ(complaint("ts,g_per_kwh\n2026-01-01T00:00:00Z,10\n2026-01-01T01:00:00Z,-1\n"),
            "f.csv:3: -1 g/kWh is below zero.");
  EXPECT_EQ(complaint("ts_utc,FR\n\n2026-01-01T00:00:00Z,2001\n"),
            "f.csv:3: 2001 g/kWh is absurd (the limit is 2000); are the units gCO2e/kWh?");
  EXPECT_EQ(complaint("[{\"ts\": \"2026-01-01\", \"g_per_kwh\": 1},\n {\"ts\": \"2026-01-02\", \"g_per_kwh\": -2}]"),
            "f.csv:2: -2 g/kWh is below zero.");
}

TEST(SeriesFile, RefusesTwoValuesForOneTimeAndForgivesTheSameTwice) {
  EXPECT_EQ(complaint("ts,g_per_kwh\n2026-01-01T00:00:00Z,10\n2026-01-01T00:00:00Z,11\n"),
            "f.csv:3: another value than line 2 for the same time, 2026-01-01T00:00:00Z.");
  EXPECT_EQ(complaint("ts,g_per_kwh\n2026-01-01T00:00:00Z,10\n2026-01-01T01:00:00+01:00,10\n"), "");
}

TEST(SeriesFile, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(complaint(" \r\n"), "f.csv: is empty.");
  EXPECT_EQ(complaint("zone,FR\n"), "f.csv:1: the first line must be `ts_utc,<zone>,...` or `ts,g_per_kwh`.");
  EXPECT_EQ(complaint("ts,FR,FR\n"), "f.csv:1: zone FR has two columns.");
  EXPECT_EQ(complaint("ts,FR,\n"), "f.csv:1: column 3 has no name.");
  EXPECT_EQ(complaint("ts,FR,DE\n2026-01-01T00:00:00Z,1\n"), "f.csv:2: has 2 columns, the first line has 3.");
  EXPECT_EQ(complaint("ts,FR\nyesterday,1\n"), "f.csv:2: \"yesterday\" is not a time such as 2026-01-31T09:00:00Z.");
  EXPECT_EQ(complaint("ts,FR\n1726-01-01,1\n"), "f.csv:2: \"1726-01-01\" is not a time such as 2026-01-31T09:00:00Z.");
  EXPECT_EQ(complaint("ts,FR\n2026-01-01T00:00:00Z,low\n"), "f.csv:2: \"low\" is not a number.");
  EXPECT_EQ(complaint("{\"zone\": \"FR\"}"), "f.csv: has no \"history\".");
  EXPECT_EQ(complaint("[\n{\"g_per_kwh\": 3}]"), "f.csv:2: the row has no time (ts or datetime).");
  EXPECT_EQ(complaint("[{\"ts\": \"2026-01-01\",\n\"g_per_kwh\": \"3\"}]"),
            "f.csv:2: the intensity must be a number or null.");
  EXPECT_NE(complaint("[{\"ts\": "), "");
  EXPECT_EQ(read_series_file("/no/such/file.csv").error().code, Code::not_found);
}

Series of(std::vector<std::pair<const char*, double>> values) {
  std::vector<Series::Point> points;
  for (const auto& [start, g] : values) points.push_back({at(start), Intensity{g}});
  return Series(std::move(points));
}

double value_at(const Series& s, const char* t) {
  const auto* p = s.covering(at(t));
  return p ? p->value.g_per_kwh : -1;
}

TEST(ContinuedSeries, ACoarseCorrectionCountsForItsWholeSlot) {
  const auto quarters = of({{"2026-01-01T00:00:00Z", 200},
                            {"2026-01-01T00:15:00Z", 210},
                            {"2026-01-01T00:30:00Z", 220},
                            {"2026-01-01T01:15:00Z", 230}});
  ASSERT_EQ(quarters.step(), 15min);
  const auto s = continued(quarters, of({{"2026-01-01T00:00:00Z", 300}}));
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->step(), 15min);
  for (const char* t : {"2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z", "2026-01-01T00:59:59Z"})
    EXPECT_EQ(value_at(*s, t), 300) << t;
  EXPECT_EQ(value_at(*s, "2026-01-01T01:00:00Z"), -1) << "a hole stays one";
  EXPECT_EQ(value_at(*s, "2026-01-01T01:20:00Z"), 230);
}

TEST(ContinuedSeries, FineValuesLeaveEarlierHoursWhole) {
  const auto hours = of({{"2026-01-01T00:00:00Z", 100}, {"2026-01-01T01:00:00Z", 110}, {"2026-01-01T02:00:00Z", 120}});
  const auto s = continued(hours, of({{"2026-01-01T01:15:00Z", 50}, {"2026-01-01T01:30:00Z", 60}}));
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(value_at(*s, "2026-01-01T00:59:00Z"), 100);
  EXPECT_EQ(value_at(*s, "2026-01-01T01:14:00Z"), 110);
  EXPECT_EQ(value_at(*s, "2026-01-01T01:20:00Z"), 50);
  EXPECT_EQ(value_at(*s, "2026-01-01T01:44:00Z"), 60);
  EXPECT_EQ(value_at(*s, "2026-01-01T01:50:00Z"), 110);
  EXPECT_EQ(value_at(*s, "2026-01-01T02:59:00Z"), 120);
  EXPECT_EQ(value_at(*s, "2026-01-01T03:00:00Z"), -1);
}

TEST(ContinuedSeries, SlotsThatLieAcrossEachOtherAreCutWhereBothEnd) {
  const auto s = continued(of({{"2026-01-01T00:30:00Z", 10}}), of({{"2026-01-01T01:10:00Z", 20}}));
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->step(), 20min);
  EXPECT_EQ(value_at(*s, "2026-01-01T01:09:00Z"), 10);
  EXPECT_EQ(value_at(*s, "2026-01-01T01:10:00Z"), 20);
  EXPECT_EQ(value_at(*s, "2026-01-01T02:09:00Z"), 20);
  EXPECT_EQ(value_at(*s, "2026-01-01T02:10:00Z"), -1);
}

TEST(ContinuedSeries, YearsOfHoursFitAndAreNotCutIntoMillions) {
  std::vector<Series::Point> hours(8760 * 2);
  for (size_t i = 0; i < hours.size(); ++i)
    hours[i] = {at("2023-01-01") + i * 1h, Intensity{static_cast<double>(i % 500 + 1)}};
  const Series two_years(hours);
  const auto quarters = continued(two_years, of({{"2026-01-01T00:00:00Z", 1}, {"2026-01-01T00:15:00Z", 2}}));
  ASSERT_TRUE(quarters) << quarters.error().message;
  EXPECT_EQ(quarters->points().size(), hours.size() * 4 + 2);
  const auto minutes = continued(two_years, of({{"2026-01-01T00:00:00Z", 1}, {"2026-01-01T00:01:00Z", 2}}));
  ASSERT_FALSE(minutes);
  EXPECT_NE(minutes.error().message.find("in slots of 1 min"), std::string::npos) << minutes.error().message;
}

// The recorded series beside the repository, where they are there.
TEST(SeriesFile, ReadsTheRecordedSeries) {
  const std::filesystem::path folder = TRINE_SOURCE_DIR "/../shared/data/grid";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the recorded grid data are not beside the repository";
  const auto file = read_series_file((folder / "hourly/emaps_2022_lifecycle.csv").string());
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->zones.size(), 10u);
  EXPECT_EQ(file->zones.at("FR").points().size(), 6552u);
  EXPECT_EQ(file->zones.at("FR").step(), 1h);
  for (const auto* name : {"electricitymaps_carbon_intensity_history.json", "electricitymaps_history_null.json"}) {
    const auto history = read_series_file((folder / "api-examples" / name).string());
    ASSERT_TRUE(history) << history.error().message;
    EXPECT_EQ(history->zones.size(), 1u);
  }
}

}  // namespace
}  // namespace trine::grid::series_test

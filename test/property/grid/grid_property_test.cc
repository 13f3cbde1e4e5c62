#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "catalog/load.h"
#include "grid/grid.h"

namespace trine::grid::grid_property_test {
namespace {

using namespace std::chrono_literals;

const Wall kBegin = *parse_iso8601("2026-03-01T00:00:00Z");

std::shared_ptr<const catalog::Catalog> shipped() {
  static const auto catalog = *catalog::load();
  return catalog;
}

// Slots of one step over two days, with holes.
std::vector<Series::Point> points() {
  const Nanos step = *rc::gen::element<Nanos>(5min, 15min, 30min, 60min);
  const auto slots = *rc::gen::nonEmpty(rc::gen::container<std::set<int>>(rc::gen::inRange(0, 48)));
  std::vector<Series::Point> out;
  for (const int slot : slots) out.push_back({kBegin + slot * step, Intensity{*rc::gen::inRange(1, 1000) * 1.0}});
  return out;
}

Wall moment() {
  return kBegin + std::chrono::seconds(*rc::gen::inRange(-100'000, 400'000));
}

GridTable table(std::vector<Series::Point> p) {
  std::map<std::string, ZoneInput> zones;
  zones["FR"].series = Series(std::move(p));
  zones["FR"].series_source = "fr.csv";
  return GridTable(shipped(), std::move(zones));
}

bool from_series(const Reading& r) {
  return r.source == "fr.csv";
}

RC_GTEST_PROP(GridTable, NeverGivesZeroAndAlwaysASpread, ()) {
  const auto grid = table(points());
  const auto zone = *rc::gen::oneOf(rc::gen::element<std::string>("FR", "DE", "US-CAL-CISO", "PL-ZZ", "", "-", "x"),
                                    rc::gen::arbitrary<std::string>());
  const auto r = grid.at(zone, from_unix_ns(*rc::gen::inRange<int64_t>(0, 8'000'000'000) * 1'000'000'000));
  RC_ASSERT(r.value.g_per_kwh > 0);
  RC_ASSERT(r.value.g_per_kwh <= kMostIntensity);
  RC_ASSERT(r.sigma_ln >= 0.08);
  RC_ASSERT(r.sigma_ln <= 0.9);
  RC_ASSERT(r.age >= 0ns);
  RC_ASSERT(!r.source.empty());
}

RC_GTEST_PROP(GridTable, DoublingASeriesDoublesItsReadingsAndNoOthers, ()) {
  const auto once = points();
  auto twice = once;
  for (auto& p : twice) p.value.g_per_kwh *= 2;
  const auto t = moment();
  const auto a = table(once).at("FR", t), b = table(twice).at("FR", t);
  RC_ASSERT(a.granularity == b.granularity);
  RC_ASSERT(b.value.g_per_kwh == (from_series(a) ? 2 : 1) * a.value.g_per_kwh);
  RC_ASSERT(table(once).at("DE", t).value == table(twice).at("DE", t).value);
}

RC_GTEST_PROP(GridTable, TheOrderOfRowsDoesNotMatter, ()) {
  auto rows = points();
  const auto t = moment();
  const auto before = table(rows).at("FR", t);
  std::shuffle(rows.begin(), rows.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
  const auto after = table(rows).at("FR", t);
  RC_ASSERT(before.value == after.value);
  RC_ASSERT(before.granularity == after.granularity);
}

RC_GTEST_PROP(GridTable, ValuesAfterTheMomentDoNotMatter, ()) {
  auto all = points();
  // Two early rows, so that the step is known before and after.
  all.push_back({kBegin - 10min, Intensity{500}});
  all.push_back({kBegin - 5min, Intensity{501}});
  const auto t = kBegin + std::chrono::seconds(*rc::gen::inRange(0, 400'000));
  auto past = all;
  std::erase_if(past, [&](const auto& p) { return p.start > t; });
  RC_ASSERT(table(past).at("FR", t).value == table(all).at("FR", t).value);
}

RC_GTEST_PROP(GridTable, ASlotHasOneValueToItsEnd, ()) {
  const auto grid = table(points());
  const auto t = moment();
  const auto end = grid.slot_end("FR", t);
  RC_ASSERT(end > t);
  RC_ASSERT(end - t <= 1h);
  const auto within = t + (end - t) * *rc::gen::inRange(0, 100) / 100;
  RC_ASSERT(grid.at("FR", t).value == grid.at("FR", within).value);
  RC_ASSERT(grid.at("FR", t).value == grid.at("FR", end - 1ns).value);
}

RC_GTEST_PROP(GridTable, LosingAValueNeverGoesUpTheLadder, ()) {
  auto rows = points();
  RC_PRE(rows.size() > 2);
  const auto t = moment();
  const auto before = table(rows).at("FR", t);
  auto fewer = rows;
  fewer.erase(fewer.begin() + *rc::gen::inRange<int>(0, static_cast<int>(fewer.size())));
  RC_PRE(Series(fewer).step() == Series(rows).step());
  RC_ASSERT(table(fewer).at("FR", t).granularity >= before.granularity);
}

RC_GTEST_PROP(SeriesFile, WrittenOutAndReadBackIsTheSame, ()) {
  const Series series(points());
  std::string text = "ts_utc,XX\r\n";
  for (const auto& p : series.points()) text += fmt::format("{},{}\r\n", iso8601(p.start), p.value.g_per_kwh);
  const auto file = read_series_text("f.csv", text);
  RC_ASSERT(file.has_value());
  RC_ASSERT(file->zones.at("XX").points() == series.points());
}

RC_GTEST_PROP(SeriesFile, AnyTextIsReadOrRefusedWithASentence, ()) {
  const auto head =
      *rc::gen::element<std::string>("", "ts,FR\n", "ts_utc,FR,DE\n2026-01-01,1,2\n", "[", "{\"zone\":\"FR\",");
  const auto file = read_series_text("f", head + *rc::gen::arbitrary<std::string>());
  if (!file) RC_ASSERT(file.error().message.starts_with("f:"));
}

}  // namespace
}  // namespace trine::grid::grid_property_test

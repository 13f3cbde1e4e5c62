#include "grid/series.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/text.h"

namespace trine::grid {

using namespace std::chrono_literals;

Series::Series(std::vector<Point> points) : Series(std::move(points), 1h) {
  // Not the smallest distance: with holes, 0:00, 0:25 and 1:40 are slots of five minutes.
  int64_t divisor = Nanos(1h).count();
  for (size_t i = 1; i < points_.size(); ++i)
    divisor = std::gcd(divisor, (points_[i].start - points_[i - 1].start).count());
  step_ = std::max<Nanos>(Nanos(divisor), 1min);
}

Series::Series(std::vector<Point> points, Nanos step) : points_(std::move(points)), step_(step) {
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) { return a.start < b.start; });
}

const Series::Point* Series::newest_until(Wall t) const {
  const auto after =
      std::upper_bound(points_.begin(), points_.end(), t, [](Wall at, const Point& p) { return at < p.start; });
  return after == points_.begin() ? nullptr : &*std::prev(after);
}

const Series::Point* Series::covering(Wall t) const {
  const auto* p = newest_until(t);
  return p && t < p->start + step_ ? p : nullptr;
}

Wall Series::slot_end(Wall t) const {
  const auto next =
      std::upper_bound(points_.begin(), points_.end(), t, [](Wall at, const Point& p) { return at < p.start; });
  // Slots go on in the step's raster from the last point; before the first one, from the epoch.
  const Wall origin = next == points_.begin() ? Wall{} : std::prev(next)->start;
  const Wall end = origin + ((t - origin) / step_ + 1) * step_;
  return next == points_.end() ? end : std::min(end, next->start);
}

Result<Series> continued(const Series& older, const Series& newer) {
  constexpr int64_t kMostSpread = 1'000'000;  // 28 years of hours in slots of 15 minutes
  if (older.points().empty()) return newer;
  if (newer.points().empty()) return older;
  const Nanos apart = newer.points().front().start - older.points().front().start;
  const Nanos step =
      std::max<Nanos>(Nanos(std::gcd(std::gcd(older.step().count(), newer.step().count()), apart.count())), 1min);
  int64_t most = 0;
  for (const Series* s : {&older, &newer}) most += static_cast<int64_t>(s->points().size()) * (s->step() / step);
  if (most > kMostSpread && (older.step() != step || newer.step() != step))
    return fail(Code::out_of_range,
                "in slots of {} min, which fit what was there before ({} min) and this ({} min), the values would be "
                "over {}; import them in slots as before.",
                step / 1min, older.step() / 1min, newer.step() / 1min, kMostSpread);
  std::vector<Series::Point> points;
  points.reserve(static_cast<size_t>(most));
  const auto spread = [&](const Series& s, const Series* unless) {
    for (Series::Point p : s.points())
      for (const Wall end = p.start + s.step(); p.start < end; p.start += step)
        if (!unless || !unless->covering(p.start)) points.push_back(p);
  };
  spread(newer, nullptr);
  spread(older, &newer);
  return Series(std::move(points), step);
}

std::optional<Wall> parse_slot_time(std::string_view text) {
  constexpr Wall kFirst = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
  constexpr Wall kEnd = std::chrono::sys_days(std::chrono::year(2100) / 1 / 1);
  const auto t = parse_iso8601(text);
  return t && *t >= kFirst && *t < kEnd ? t : std::nullopt;
}

Result<SeriesFile> finish_series(const std::string& name, RawSeries&& raw, size_t holes) {
  SeriesFile file{{}, holes};
  for (auto& [zone, rows] : raw) {
    std::stable_sort(rows.begin(), rows.end(), [](const RawPoint& a, const RawPoint& b) { return a.start < b.start; });
    std::vector<Series::Point> points;
    const RawPoint* last = nullptr;
    for (const auto& row : rows) {
      if (row.g_per_kwh < 0)
        return fail(Code::invalid_argument, "{}:{}: {} g/kWh is below zero.", name, row.line, row.g_per_kwh);
      if (row.g_per_kwh > kMostIntensity)
        return fail(Code::invalid_argument, "{}:{}: {} g/kWh is absurd (the limit is {}); are the units gCO2e/kWh?",
                    name, row.line, row.g_per_kwh, kMostIntensity);
      if (row.g_per_kwh == 0) {
        ++file.holes;
        continue;
      }
      if (last && last->start == row.start) {
        if (last->g_per_kwh != row.g_per_kwh)
          return fail(Code::invalid_argument, "{}:{}: another value than line {} for the same time, {}.", name,
                      row.line, last->line, iso8601(row.start));
        continue;
      }
      points.push_back({row.start, Intensity{row.g_per_kwh}});
      last = &row;
    }
    file.zones.emplace(zone, Series(std::move(points)));
  }
  return file;
}

Result<SeriesFile> read_series_text(const std::string& name, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return fail(Code::invalid_argument, "{}: is empty.", name);
  return text[first] == '{' || text[first] == '[' ? read_series_json(name, text) : read_series_csv(name, text);
}

Result<SeriesFile> read_series_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return fail(Code::not_found, "{}: cannot be opened.", path);
  const auto size = in.tellg();
  if (size < 0) return fail(Code::unavailable, "{}: cannot be read.", path);
  if (static_cast<size_t>(size) > kMaxSeriesBytes)
    return fail(Code::out_of_range, "{}: is larger than {} MiB.", path, kMaxSeriesBytes >> 20);
  std::string text(static_cast<size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(text.data(), size)) return fail(Code::unavailable, "{}: cannot be read.", path);
  return read_series_text(path, text);
}

}  // namespace trine::grid

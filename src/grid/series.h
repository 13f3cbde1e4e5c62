// Intensity over time of one zone, and the files that hold it. Immutable; any thread.
//
// Files: CSV with a header, `ts_utc,FR,DE,...` (one column per zone) or `ts,g_per_kwh` (one zone, which the file does
// not name); JSON, an array of {"ts": "...", "g_per_kwh": n} or Electricity Maps' history ({"zone": "FR", "history":
// [{"datetime": "...", "carbonIntensity": n}]}). Times are ISO 8601, UTC unless they say otherwise, and name the start
// of the slot; any step up to an hour; rows in any order. Byte order mark and CRLF are allowed.
// No value (empty, null, NaN, NA) and 0 are holes: a zero is a gap at the source, never a clean grid. Refused with
// file:line: below 0, above 2000, two different values for one time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/units.h"

namespace trine::grid {

inline constexpr double kMostIntensity = 2000;  // g/kWh; no grid is above
inline constexpr size_t kMaxSeriesBytes = size_t{64} << 20;

class Series {
 public:
  struct Point {
    Wall start;
    Intensity value;
    bool estimated = false;  // by the source itself: it will say better later
    bool operator==(const Point&) const = default;
  };

  Series() = default;
  // REQUIRES: values in (0, kMostIntensity], no time twice. Any order. The step is the largest divisor of an hour that
  // all distances are multiples of, at least a minute.
  explicit Series(std::vector<Point> points);
  // Slots of a known length, which a single point would not show. REQUIRES: also step in [1 min, 1 h].
  Series(std::vector<Point> points, Nanos step);

  const std::vector<Point>& points() const { return points_; }  // by time
  Nanos step() const { return step_; }
  const Point* covering(Wall t) const;      // its slot [start, start + step) holds t; null: a hole
  const Point* newest_until(Wall t) const;  // the last whose slot began at or before t; null: none
  Wall slot_end(Wall t) const;              // the next place after t where a slot ends or begins, in holes too

 private:
  std::vector<Point> points_;
  Nanos step_ = std::chrono::hours(1);
};

// Both in one, in slots that fit both: at every instant what `newer` says where a slot of its holds it, else what
// `older` says. Errors: out_of_range where coarse values would become over a million fine slots.
Result<Series> continued(const Series& older, const Series& newer);

struct SeriesFile {
  std::map<std::string, Series> zones;  // "" where the file names no zone
  size_t holes = 0;                     // cells without a value
};

// `name` stands in errors.
Result<SeriesFile> read_series_text(const std::string& name, std::string_view text);
Result<SeriesFile> read_series_file(const std::string& path);

// An ISO 8601 time from 2000 to 2099: no intensity is of another, and between two of these a distance is exact.
std::optional<Wall> parse_slot_time(std::string_view text);

// Points as a file gives them, zone by zone, with their line for complaints. Internal to this module.
struct RawPoint {
  Wall start;
  double g_per_kwh;
  size_t line;
};
using RawSeries = std::map<std::string, std::vector<RawPoint>>;
Result<SeriesFile> finish_series(const std::string& name, RawSeries&& raw, size_t holes);
Result<SeriesFile> read_series_csv(const std::string& name, std::string_view text);
Result<SeriesFile> read_series_json(const std::string& name, std::string_view text);

}  // namespace trine::grid

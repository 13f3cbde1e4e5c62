// How many grams of CO2e a kWh holds, in a zone at a time (docs/accounting.md §3).
//
// Always lifecycle, average, consumption-based where it is the catalog's; a series or a constant of the configuration
// is taken for the same. Where the value of the slot is missing, the ladder is gone down, and the reading says how far.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "base/units.h"
#include "catalog/catalog.h"
#include "grid/series.h"

namespace trine::grid {

// The rungs of the ladder, from the top.
enum class Granularity : uint8_t {
  hourly,       // the value of this very slot (an hour or the source's own step)
  recent,       // the last one, its slot over for less than 2 h
  yesterday,    // the same hour of the day before
  typical_day,  // annual mean x shape of a day
  configured,   // a constant that the operator set
  annual,       // mean of the zone
  country,      // mean of the country
  world,        // 475 g/kWh
};
const char* name(Granularity g);

struct Reading {
  Intensity value;     // always above 0
  std::string method;  // "lifecycle"
  std::string source;  // id in data/sources.yaml, a file, "configuration"
  Granularity granularity = Granularity::world;
  bool estimated = true;  // not a value of this very slot
  Nanos age{0};           // from the end of what the value describes until the time asked for; 0 where that is not over
  double sigma_ln = 0.9;  // spread of ln(true / value)

  // Counts as "hourly" for the quality letter (docs/accounting.md §5).
  bool hourly() const { return granularity <= Granularity::recent; }
};

// What the configuration says about one zone. With both, the constant is taken where the series ends.
struct ZoneInput {
  std::optional<Intensity> constant;  // REQUIRES: in (0, 2000]
  std::optional<Series> series;
  std::string series_source;  // shown in readings: the file's name
};

// A snapshot. Immutable; any thread.
class GridTable {
 public:
  explicit GridTable(std::shared_ptr<const catalog::Catalog> catalog, std::map<std::string, ZoneInput> zones = {});

  // Never fails and never gives 0: an unknown zone has its country's value ("DE-XY" → DE), else the world's.
  Reading at(std::string_view zone, Wall t) const;

  // In the catalog or the configuration. The name is compared without case.
  bool knows(std::string_view zone) const;

  // The end of the slot that holds t: until then at() gives the same value. On the hour, or on the series' own step.
  Wall slot_end(std::string_view zone, Wall t) const;

 private:
  struct ZoneData {
    const catalog::Zone* zone = nullptr;
    const catalog::Profile* profile = nullptr;
    const catalog::Country* country = nullptr;
    ZoneInput input;
  };
  const ZoneData* find(std::string_view zone) const;
  ZoneData describe(std::string_view zone) const;
  static std::optional<Reading> from_series(const ZoneData& z, Wall t);
  static std::optional<Reading> from_means(const ZoneData& z, Wall t);

  std::shared_ptr<const catalog::Catalog> catalog_;
  std::unordered_map<std::string, ZoneData> zones_;  // by lower-case name
};

}  // namespace trine::grid

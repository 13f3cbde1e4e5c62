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
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "catalog/catalog.h"
#include "grid/feed.h"
#include "grid/forecast.h"
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
  std::string source;  // id in data/sources.yaml, a live source, a file, "configuration"
  Granularity granularity = Granularity::world;
  bool estimated = true;  // not a value of this very slot, or one that the source itself calls an estimate
  Nanos age{0};           // from the end of what the value describes until the time asked for; 0 where that is not over
  double sigma_ln = 0.9;  // spread of ln(true / value)

  // Counts as "hourly" for the quality letter (docs/accounting.md §5).
  bool hourly() const { return granularity <= Granularity::recent; }
};

// What the configuration says about one zone. With both, the constant is taken where the series ends.
struct ZoneInput {
  std::optional<Intensity> constant;  // REQUIRES: in (0, 2000]
  std::optional<Series> series;       // lifecycle
  std::string series_source;          // shown in readings: the file's name
  // By the contract with the supplier; 0 is possible here. Shown beside, never booked.
  std::optional<Intensity> market = {};
};

// A snapshot. Immutable; any thread.
class GridTable {
 public:
  explicit GridTable(std::shared_ptr<const catalog::Catalog> catalog, std::map<std::string, ZoneInput> zones = {});

  // The same with these feeds, in the place of those that it was given so before. Of several lifecycle feeds of a zone
  // the one that is highest on the ladder counts, and of equals the operator's file, then the first of `feeds`.
  GridTable with(Feeds feeds) const;
  const Feeds& feeds() const { return feeds_; }

  // Never fails and never gives 0: an unknown zone has its country's value ("DE-XY" → DE), else the world's.
  Reading at(std::string_view zone, Wall t) const;

  // What other methods say of this moment: the value of this slot, else the last one. Method by method and source by
  // source; `granularity` is hourly, or recent for whatever is older: `age` says how old. A constant is `configured`.
  std::vector<Reading> beside(std::string_view zone, Wall t) const;

  // The hours from the one that holds `from`, as far as `hours` says: a source's own forecast where there is one, else
  // forecast.h's. Never fails: without any value it is the typical day or the mean.
  std::vector<ForecastPoint> forecast(std::string_view zone, Wall from, int hours) const;

  // In the catalog or the configuration. The name is compared without case.
  bool knows(std::string_view zone) const;

  // The end of the slot that holds t: until then at() gives the same value. On the hour, or on the series' own step.
  Wall slot_end(std::string_view zone, Wall t) const;

 private:
  struct ZoneData {
    const catalog::Zone* zone = nullptr;
    const catalog::Profile* profile = nullptr;
    const catalog::Country* country = nullptr;
    std::optional<Intensity> constant, market;
    Feeds own;   // of the configuration
    Feeds live;  // in the order of feeds_
  };
  const ZoneData* find(std::string_view zone) const;
  ZoneData describe(std::string_view zone) const;
  static std::optional<Reading> from_feeds(const ZoneData& z, Wall t);
  static std::optional<Reading> from_means(const ZoneData& z, Wall t);
  static Reading reading_of(const ZoneData& z, Wall t);

  std::shared_ptr<const catalog::Catalog> catalog_;
  std::unordered_map<std::string, ZoneData> zones_;  // by lower-case name
  Feeds feeds_;
};

}  // namespace trine::grid

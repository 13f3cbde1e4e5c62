#include "grid/grid.h"

#include <algorithm>
#include <cassert>

namespace trine::grid {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr Nanos kStillRecent = 2h;
// docs/accounting.md §3, from the top of the ladder; the profile's and the annual one may be measured for the zone.
constexpr double kSigmaHourly = 0.08, kSigmaRecent = 0.12, kSigmaYesterday = 0.30, kSigmaAnnual = 0.45,
                 kSigmaCountry = 0.6, kSigmaWorld = 0.9;

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

int year_of(Wall t) {
  return static_cast<int>(year_month_day{floor<days>(t)}.year());
}

// Since the end of a year; 0 while it lasts.
Nanos age_of_year(int y, Wall t) {
  const Wall end = sys_days(year(y + 1) / January / 1);
  return std::max<Nanos>(t - end, 0ns);
}

Reading reading(Intensity value, std::string source, Granularity granularity, Nanos age, double sigma) {
  return {value, "lifecycle", std::move(source), granularity, granularity != Granularity::hourly, age, sigma};
}

}  // namespace

const char* name(Granularity g) {
  constexpr const char* kNames[] = {"hourly",     "recent", "yesterday", "typical_day",
                                    "configured", "annual", "country",   "world"};
  return kNames[static_cast<size_t>(g)];
}

GridTable::GridTable(std::shared_ptr<const catalog::Catalog> catalog, std::map<std::string, ZoneInput> zones)
    : catalog_(std::move(catalog)) {
  for (const auto& zone : catalog_->tables().zones) zones_.emplace(lower(zone.id), describe(zone.id));
  while (!zones.empty()) {
    auto configured = zones.extract(zones.begin());
    const auto& zone = configured.key();
    auto& input = configured.mapped();
    assert(!input.constant || (input.constant->g_per_kwh > 0 && input.constant->g_per_kwh <= kMostIntensity));
    auto& data = zones_.try_emplace(lower(zone), describe(zone)).first->second;
    data.input = std::move(input);
  }
}

GridTable::ZoneData GridTable::describe(std::string_view zone) const {
  ZoneData z;
  z.zone = catalog_->find_zone(zone);
  z.profile = catalog_->find_profile(zone);
  const std::string_view prefix = zone.substr(0, zone.find('-'));
  z.country = catalog_->find_country(z.zone && !z.zone->country.empty() ? std::string_view(z.zone->country) : prefix);
  return z;
}

const GridTable::ZoneData* GridTable::find(std::string_view zone) const {
  const auto it = zones_.find(lower(zone));
  return it == zones_.end() ? nullptr : &it->second;
}

bool GridTable::knows(std::string_view zone) const {
  return find(zone) != nullptr;
}

std::optional<Reading> GridTable::from_series(const ZoneData& z, Wall t) {
  if (!z.input.series) return {};
  const auto& series = *z.input.series;
  const auto* newest = series.newest_until(t);
  if (!newest) return {};
  const Nanos over = t - (newest->start + series.step());
  if (over < 0ns) return reading(newest->value, z.input.series_source, Granularity::hourly, 0ns, kSigmaHourly);
  if (over < kStillRecent)
    return reading(newest->value, z.input.series_source, Granularity::recent, over, kSigmaRecent);
  if (const auto* p = series.covering(t - 24h))
    return reading(p->value, z.input.series_source, Granularity::yesterday, t - (p->start + series.step()),
                   kSigmaYesterday);
  return {};
}

std::optional<Reading> GridTable::from_means(const ZoneData& z, Wall t) {
  if (z.input.constant) return reading(*z.input.constant, "configuration", Granularity::configured, 0ns, kSigmaAnnual);
  if (z.zone) {
    // The newest year that is not after t, else the oldest.
    const auto& years = z.zone->lifecycle;
    auto mean = years.upper_bound(year_of(t));
    if (mean != years.begin()) --mean;
    const Nanos age = age_of_year(mean->first, t);
    if (!z.profile) return reading(mean->second, z.zone->source, Granularity::annual, age, kSigmaAnnual);
    return reading({mean->second.g_per_kwh * z.profile->factor(t)}, z.zone->source + " x " + z.profile->source,
                   Granularity::typical_day, age, z.profile->sigma_ln);
  }
  if (z.country)
    return reading(z.country->lifecycle, z.country->source, Granularity::country, age_of_year(z.country->year, t),
                   kSigmaCountry);
  return {};
}

Reading GridTable::at(std::string_view zone, Wall t) const {
  const auto* known = find(zone);
  const ZoneData described = known ? ZoneData{} : describe(zone);
  const ZoneData& z = known ? *known : described;
  if (auto r = from_series(z, t)) return std::move(*r);
  if (auto r = from_means(z, t)) return std::move(*r);
  return reading(catalog::kWorldIntensity, "docs/accounting.md", Granularity::world, 0ns, kSigmaWorld);
}

Wall GridTable::slot_end(std::string_view zone, Wall t) const {
  const Wall hour_end = Wall(floor<hours>(t)) + 1h;
  const auto* z = find(zone);
  if (!z || !z->input.series || z->input.series->points().empty()) return hour_end;
  const auto& series = *z->input.series;
  return std::min(hour_end, series.slot_end(t));
}

}  // namespace trine::grid

#include "grid/grid.h"

#include <algorithm>
#include <cassert>
#include <cmath>

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
  return {value, name(Method::lifecycle), std::move(source), granularity, granularity != Granularity::hourly, age,
          sigma};
}

// Of ln(value / the same hour a day before) in the two weeks before t, where there are enough pairs; else the general
// one.
double sigma_of_yesterday(const Series& series, Wall t) {
  constexpr int kLeastPairs = 72;
  double squares = 0;
  int pairs = 0;
  for (Wall hour = Wall(floor<hours>(t)) - 24h * 14; hour < t; hour += 1h) {
    const auto *now = series.covering(hour), *before = series.covering(hour - 24h);
    if (!now || !before) continue;
    const double ln = std::log(now->value.g_per_kwh / before->value.g_per_kwh);
    squares += ln * ln;
    ++pairs;
  }
  if (pairs < kLeastPairs) return kSigmaYesterday;
  return std::clamp(std::sqrt(squares / pairs), kSigmaRecent, kSigmaAnnual);
}

// The rungs that a series reaches.
std::optional<Reading> reading_of_feed(const Feed& feed, Wall t) {
  const Series& series = feed.values;
  const auto* newest = series.newest_until(t);
  if (!newest) return {};
  const Nanos over = t - (newest->start + series.step());
  if (over < kStillRecent) {
    const bool now = over < 0ns;
    Reading r = reading(newest->value, feed.source, now ? Granularity::hourly : Granularity::recent,
                        std::max<Nanos>(over, 0ns), now ? kSigmaHourly : kSigmaRecent);
    r.estimated = r.estimated || newest->estimated;
    return r;
  }
  if (const auto* p = series.covering(t - 24h))
    return reading(p->value, feed.source, Granularity::yesterday, t - (p->start + series.step()),
                   sigma_of_yesterday(series, t));
  return {};
}

}  // namespace

const char* name(Granularity g) {
  constexpr const char* kWords[] = {"hourly",     "recent", "yesterday", "typical_day",
                                    "configured", "annual", "country",   "world"};
  return kWords[static_cast<size_t>(g)];
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
    data.constant = input.constant;
    data.market = input.market;
    if (!input.series) continue;
    Feed feed{zone, std::move(input.series_source), Method::lifecycle, std::move(*input.series), {}, {}};
    data.own.push_back(std::make_shared<const Feed>(std::move(feed)));
  }
}

GridTable GridTable::with(Feeds feeds) const {
  GridTable next = *this;
  for (auto& [zone, data] : next.zones_) data.live.clear();
  for (const auto& feed : feeds)
    next.zones_.try_emplace(lower(feed->zone), next.describe(feed->zone)).first->second.live.push_back(feed);
  next.feeds_ = std::move(feeds);
  return next;
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

std::optional<Reading> GridTable::from_feeds(const ZoneData& z, Wall t) {
  std::optional<Reading> best;
  for (const Feeds* feeds : {&z.own, &z.live}) {
    for (const auto& feed : *feeds) {
      if (feed->method != Method::lifecycle) continue;
      auto r = reading_of_feed(*feed, t);
      if (r && (!best || r->granularity < best->granularity)) best = std::move(r);
    }
  }
  return best;
}

std::optional<Reading> GridTable::from_means(const ZoneData& z, Wall t) {
  if (z.constant) return reading(*z.constant, "configuration", Granularity::configured, 0ns, kSigmaAnnual);
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

Reading GridTable::reading_of(const ZoneData& z, Wall t) {
  if (auto r = from_feeds(z, t)) return std::move(*r);
  if (auto r = from_means(z, t)) return std::move(*r);
  return reading(catalog::kWorldIntensity, "docs/accounting.md", Granularity::world, 0ns, kSigmaWorld);
}

Reading GridTable::at(std::string_view zone, Wall t) const {
  const auto* known = find(zone);
  return known ? reading_of(*known, t) : reading_of(describe(zone), t);
}

std::vector<Reading> GridTable::beside(std::string_view zone, Wall t) const {
  std::vector<Reading> out;
  const auto* z = find(zone);
  if (!z) return out;
  for (const auto& feed : z->live) {
    if (feed->method == Method::lifecycle) continue;
    const auto* newest = feed->values.newest_until(t);
    if (!newest) continue;
    const Nanos over = t - (newest->start + feed->values.step());
    const Granularity rung = over < 0ns ? Granularity::hourly : Granularity::recent;
    Reading r = reading(newest->value, feed->source, rung, std::max<Nanos>(over, 0ns),
                        rung == Granularity::hourly ? kSigmaHourly : kSigmaRecent);
    r.method = name(feed->method);
    r.estimated = r.estimated || newest->estimated;
    out.push_back(std::move(r));
  }
  if (z->market) {
    out.push_back(reading(*z->market, "configuration", Granularity::configured, 0ns, kSigmaAnnual));
    out.back().method = name(Method::market);
  }
  return out;
}

std::vector<ForecastPoint> GridTable::forecast(std::string_view zone, Wall from, int hours) const {
  const auto* known = find(zone);
  const ZoneData described = known ? ZoneData{} : describe(zone);
  const ZoneData& z = known ? *known : described;
  ForecastInput input;
  input.typical = [&z](Wall t) {
    const auto r = from_means(z, t);
    return r ? ForecastInput::Typical{r->value, r->sigma_ln}
             : ForecastInput::Typical{catalog::kWorldIntensity, kSigmaWorld};
  };
  for (const Feeds* feeds : {&z.own, &z.live})
    for (const auto& feed : *feeds)
      if (feed->method == Method::lifecycle) input.feeds.push_back(feed.get());
  return grid::forecast(input, from, hours);
}

Wall GridTable::slot_end(std::string_view zone, Wall t) const {
  Wall end = Wall(floor<hours>(t)) + 1h;
  const auto* z = find(zone);
  if (!z) return end;
  for (const Feeds* feeds : {&z->own, &z->live})
    for (const auto& feed : *feeds)
      if (feed->method == Method::lifecycle && !feed->values.points().empty())
        end = std::min(end, feed->values.slot_end(t));
  return end;
}

}  // namespace trine::grid

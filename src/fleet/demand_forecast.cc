#include "fleet/demand_forecast.h"

#include <algorithm>
#include <cmath>

namespace trine::fleet {
namespace {

constexpr size_t kLevelHours = 3;     // whose sum says how this day compares with the typical one
constexpr double kFading = 1.0 / 72;  // of what an error counts, an hour
constexpr double kMostLevel = 4;      // a level outside [1/4, 4] is no level but another pattern

}  // namespace

double DemandForecast::level() const {
  double actual = 0, typical = 0;
  for (size_t i = 0; i < kLevelHours && i < seen_.size(); ++i) {
    const size_t hour = seen_.size() - 1 - i;
    if (days_[hour % kDay] <= 0) continue;
    actual += seen_[hour];
    typical += sum_[hour % kDay] / days_[hour % kDay];
  }
  return typical > 0 ? std::clamp(actual / typical, 1 / kMostLevel, kMostLevel) : 1;
}

double DemandForecast::look(Way way, size_t ahead) const {
  if (seen_.empty()) return 0;
  const size_t hour = (seen_.size() - 1 + ahead) % kDay;
  if (way == persistence || days_[hour] <= 0) return seen_.back();
  const double mean = sum_[hour] / days_[hour];
  return way == profile ? mean : mean * level();
}

DemandForecast::Way DemandForecast::best() const {
  Way best = persistence;
  for (const Way way : {levelled, profile}) {
    const Errors &e = errors_[way], &b = errors_[best];
    if (e.weight <= 0) continue;
    if (b.weight <= 0 || e.absolute / e.weight <= b.absolute / b.weight) best = way;
  }
  return best;
}

void DemandForecast::add(double requests) {
  const size_t hour = seen_.size() % kDay;
  for (const Way way : {profile, levelled, persistence}) {
    if (seen_.empty() || (way != persistence && days_[hour] <= 0)) continue;
    Errors& e = errors_[way];
    const double expected = look(way, 1);
    e.absolute = e.absolute * (1 - kFading) + std::abs(requests - expected);
    e.weight = e.weight * (1 - kFading) + 1;
    if (!(expected > 0)) continue;
    e.made.push_back(requests / expected);
    if (e.made.size() > kMemory) e.made.erase(e.made.begin());
  }
  seen_.push_back(requests);
  sum_[hour] += requests, days_[hour] += 1;
  if (seen_.size() > kMemory) {
    sum_[hour] -= seen_[seen_.size() - 1 - kMemory];
    days_[hour] -= 1;
  }
}

double DemandForecast::expect(size_t ahead) const {
  return std::max(0.0, look(best(), ahead));
}

double DemandForecast::quantile(size_t ahead, double q) const {
  const Way way = best();
  std::vector<double> made = errors_[way].made;
  if (made.empty()) return expect(ahead);
  const auto rank = static_cast<size_t>(std::lround(std::clamp(q, 0.0, 1.0) * static_cast<double>(made.size() - 1)));
  std::nth_element(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(rank), made.end());
  return std::max(0.0, look(way, ahead) * made[rank]);
}

}  // namespace trine::fleet

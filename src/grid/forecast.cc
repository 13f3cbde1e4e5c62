#include "grid/forecast.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace trine::grid {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr double kSigmaOfValue = 0.08;  // docs/accounting.md §3

Wall hour_of(Wall t) {
  return Wall(floor<hours>(t));
}

size_t hour_of_day(Wall t) {
  return static_cast<size_t>(floor<hours>(t - floor<days>(t)).count());
}

// The mean of the slots that begin within the hour, else the one that covers its beginning.
std::optional<double> ln_of_hour(const Series& s, Wall hour) {
  const auto& p = s.points();
  auto it = std::lower_bound(p.begin(), p.end(), hour, [](const Series::Point& a, Wall t) { return a.start < t; });
  double sum = 0;
  int n = 0;
  for (; it != p.end() && it->start < hour + 1h; ++it, ++n) sum += it->value.g_per_kwh;
  if (n > 0) return std::log(sum / n);
  const auto* covering = s.covering(hour);
  return covering ? std::optional(std::log(covering->value.g_per_kwh)) : std::nullopt;
}

// ln of the typical day of one feed before a moment.
class TypicalDay {
 public:
  TypicalDay(const Series& s, Wall until) {
    std::array<int, 24> n{};
    const Wall last = hour_of(until);
    for (Wall hour = last - 24h * kTypicalDays + 1h; hour <= last; hour += 1h) {
      const auto v = ln_of_hour(s, hour);
      if (!v) continue;
      ln_[hour_of_day(hour)] += *v;
      ++n[hour_of_day(hour)];
    }
    known_ = std::all_of(n.begin(), n.end(), [](int k) { return k >= kLeastDays; });
    if (!known_) return;
    for (size_t h = 0; h < 24; ++h) ln_[h] /= n[h];
    double squares = 0;
    int values = 0;
    for (Wall hour = last - 24h * kTypicalDays + 1h; hour <= last; hour += 1h) {
      const auto v = ln_of_hour(s, hour);
      if (!v) continue;
      squares += (*v - ln(hour)) * (*v - ln(hour));
      ++values;
    }
    spread_ = std::max(kLeastSpread, std::sqrt(squares / values));
  }
  bool known() const { return known_; }
  double ln(Wall t) const { return ln_[hour_of_day(t)]; }
  double spread() const { return spread_; }

 private:
  static constexpr double kLeastSpread = 0.03;
  std::array<double, 24> ln_{};
  double spread_ = 0;
  bool known_ = false;
};

// The feed whose last value before `t` is newest; the first of equals.
const Feed* freshest(const ForecastInput& input, Wall t) {
  const Feed* best = nullptr;
  Wall newest{};
  for (const Feed* feed : input.feeds) {
    const auto* p = feed->values.newest_until(t - 1ns);
    if (!p || (best && p->start <= newest)) continue;
    best = feed;
    newest = p->start;
  }
  return best;
}

double spread(double of_shape, double ahead_h) {
  return std::hypot(kSigmaOfValue, of_shape * std::sqrt(1 - std::pow(kFade, 2 * ahead_h)));
}

// What a feed's own source says of the hour.
const Feed* told(const ForecastInput& input, Wall hour) {
  for (const Feed* feed : input.feeds)
    if (feed->forecast.covering(hour)) return feed;
  return nullptr;
}

}  // namespace

std::vector<ForecastPoint> forecast(const ForecastInput& input, Wall from, int hours) {
  std::vector<ForecastPoint> out;
  const Feed* base = freshest(input, from);
  const Wall last = base ? base->values.newest_until(from - 1ns)->start : Wall{};
  const TypicalDay typical(base ? base->values : Series(), last);
  const auto shape = [&](Wall t) {
    return typical.known() ? typical.ln(t) : std::log(input.typical(t).value.g_per_kwh);
  };
  const double distance = base ? ln_of_hour(base->values, hour_of(last)).value() - shape(last) : 0;
  for (int i = 0; i < hours; ++i) {
    const Wall hour = hour_of(from) + i * 1h;
    const double ahead = base ? std::max(0.0, seconds(hour - hour_of(last)) / 3600) : 0;
    const auto mean = input.typical(hour);
    const double of_shape = typical.known() ? typical.spread() : mean.sigma_ln;
    if (const Feed* feed = told(input, hour)) {
      out.push_back(
          {hour, Intensity{std::exp(*ln_of_hour(feed->forecast, hour))}, spread(of_shape, ahead), feed->source});
    } else if (base) {
      const double ln = shape(hour) + std::pow(kFade, ahead) * distance;
      out.push_back(
          {hour, Intensity{std::min(std::exp(ln), kMostIntensity)}, spread(of_shape, ahead), "persistence x profile"});
    } else {
      out.push_back({hour, mean.value, mean.sigma_ln, "profile"});
    }
  }
  return out;
}

}  // namespace trine::grid

// The intensity of hours to come: the source's own forecast where there is one, else persistence x profile.
//
// Persistence x profile, in logarithms: the typical day S (mean of the last 14 days by hour of the day; with less than
// 3 days the catalog's profile) plus the last value's distance from it, which fades by kFade an hour:
//   ln f(t + h) = S(t + h) + kFade^h (ln y(t) - S(t))
// Its error is measured: docs/grid.md, `./dev bench forecast`. Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "grid/feed.h"

namespace trine::grid {

inline constexpr double kFade = 0.97;
inline constexpr int kTypicalDays = 14, kLeastDays = 3;
// Spread of ln(true / forecast) h hours after the last value: hypot(0.08, D sqrt(1 - kFade^(2h))). D is measured in the
// zone: how far the values of those days were from their typical day; the catalog's profile brings its own.

struct ForecastPoint {
  Wall start;       // of an hour
  Intensity value;  // above 0
  double sigma_ln = 0.9;
  std::string source;  // a feed's, "persistence x profile", or "profile" where there is no value to go on from
  bool operator==(const ForecastPoint&) const = default;
};

struct ForecastInput {
  struct Typical {
    Intensity value;
    double sigma_ln;
  };
  std::vector<const Feed*> feeds;        // lifecycle, the first goes before
  std::function<Typical(Wall)> typical;  // without feeds: catalog's profile, mean, or constant
};

// `hours` points from the hour that holds `from`; only values whose slot began before `from` are looked at.
std::vector<ForecastPoint> forecast(const ForecastInput& input, Wall from, int hours);

}  // namespace trine::grid

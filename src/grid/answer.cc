#include "grid/answer.h"

#include <cmath>

namespace trine::grid {

void Answer::take(const Observation& of, std::optional<double> g_per_kwh) {
  if (!g_per_kwh || !std::isfinite(*g_per_kwh) || *g_per_kwh == 0) {
    ++holes;
    return;
  }
  if (*g_per_kwh < 0 || *g_per_kwh > kMostIntensity) {
    ++absurd;
    return;
  }
  points.push_back(of);
  points.back().value = Intensity{*g_per_kwh};
}

void Answer::add(Answer&& other) {
  points.insert(points.end(), other.points.begin(), other.points.end());
  holes += other.holes;
  absurd += other.absurd;
}

}  // namespace trine::grid

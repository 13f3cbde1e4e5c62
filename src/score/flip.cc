#include "score/flip.h"

#include <array>
#include <cmath>

namespace trine::score {
namespace {

// ln of how much better a is than b, per axis in the order of Axis.
std::array<double, 3> log_ratios(const Axes& a, const Axes& b) {
  return {std::log(b.eur_per_mtok / a.eur_per_mtok), std::log(a.control / b.control),
          std::log(b.g_per_mtok / a.g_per_mtok)};
}

}  // namespace

std::optional<double> flip_weight(const Axes& a, const Axes& b, const Weights& w, Axis axis) {
  const auto ratio = log_ratios(a, b);
  const std::array<double, 3> weight = {w.cost, w.control, w.carbon};
  const auto k = static_cast<size_t>(axis);
  double others = 0, mean = 0;
  for (size_t i = 0; i < 3; ++i) {
    if (i == k) continue;
    others += weight[i];
    mean += weight[i] * ratio[i];
  }
  if (!(others > 0)) return std::nullopt;
  mean /= others;
  const double d = ratio[k];
  if (d == mean) return std::nullopt;
  const double flip = -mean / (d - mean);
  if (!(flip >= 0 && flip <= 1)) return std::nullopt;
  return flip;
}

std::optional<double> flip_factor(const Axes& a, const Axes& b, const Weights& w, Axis axis) {
  const auto ratio = log_ratios(a, b);
  const std::array<double, 3> weight = {w.cost, w.control, w.carbon};
  const auto k = static_cast<size_t>(axis);
  if (!(weight[k] > 0)) return std::nullopt;
  double lead = 0;
  for (size_t i = 0; i < 3; ++i) lead += weight[i] * ratio[i];
  // Control is better when higher: it must fall for a leader to lose its lead.
  const double move = lead / weight[k];
  return std::exp(axis == Axis::control ? -move : move);
}

std::optional<double> swap_eur_per_kg(const Axes& a, const Axes& b) {
  const double euros = a.eur_per_mtok - b.eur_per_mtok, kg = (b.g_per_mtok - a.g_per_mtok) / 1000;
  if (!(euros * kg > 0)) return std::nullopt;
  return euros / kg;
}

}  // namespace trine::score

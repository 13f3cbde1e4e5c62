// What would have to change before the answer does (docs/csoa.md §2.4, §3).
#pragma once

#include <optional>

#include "score/option.h"

namespace trine::score {

enum class Axis : uint8_t { cost, control, carbon };

// The weight of one axis at which `a` and `b` score alike, the other two keeping their ratio:
// w' = -R / (d - R), d this axis' log ratio of the pair and R the weighted mean of the other axes' log ratios.
// nullopt when no weight in [0, 1] does it. REQUIRES: check() passes for both.
std::optional<double> flip_weight(const Axes& a, const Axes& b, const Weights& weights, Axis axis);

// The factor by which a's figure on the axis must be multiplied for the two to score alike (2: it may double).
// nullopt when the axis has no weight.
std::optional<double> flip_factor(const Axes& a, const Axes& b, const Weights& weights, Axis axis);

// The carbon price in EUR per kg CO2e at which the cheaper and the cleaner of the two cost the same.
// nullopt when one is both cheaper and cleaner: no price of carbon changes that.
std::optional<double> swap_eur_per_kg(const Axes& a, const Axes& b);

}  // namespace trine::score

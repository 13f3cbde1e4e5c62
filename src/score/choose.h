// The router's choice, per request (docs/csoa.md §2.3, §5): hard constraints, then
//   score = (best_cost / cost)^wc * (control / best_control)^wk * (best_carbon / carbon)^wg
// with the best of those that may serve. Whatever the units and whoever else is listed, two options keep their order.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "score/option.h"

namespace trine::score {

struct Policy {
  Weights weights;
  double hysteresis = 0.05;  // the incumbent stays unless somebody is this much better
  double tie = 1e-6;         // scores this close are a tie: fewer marginal joules win, then the lower id
};

struct Choice {
  size_t index = 0;
  double score = 0;          // of the chosen, in (0, 1]
  bool kept = false;         // the incumbent, though another scores higher
  bool by_marginal = false;  // a tie, decided by marginal joules
  size_t candidates = 0;     // that may serve
};

// nullopt when none may serve. `incumbent`: the id that served this traffic last (empty: none). No allocation.
std::optional<Choice> choose(std::span<const Option> options, const Policy& policy, const Need& need,
                             std::string_view incumbent = {});

// ln of the unnormalised score: comparable between options under the same weights. REQUIRES: figures.usable().
inline double log_score(const Figures& figures, const Weights& weights) {
  const Axes& ln = figures.ln();
  return weights.control * ln.control - weights.cost * ln.eur_per_mtok - weights.carbon * ln.g_per_mtok;
}

}  // namespace trine::score

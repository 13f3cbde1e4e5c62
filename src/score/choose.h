// The router's choice, per request (docs/csoa.md §2.3, §5): hard constraints, then
//   score = (best_cost / cost)^wc * (control / best_control)^wk * (best_carbon / carbon)^wg
// with the best of those that may serve. Whatever the units and whoever else is listed, two options keep their order.
// On top of it, each in the unit of the score: what a cached prompt saves on its bill, and the share of requests that
// would be too late. What is left open by the score, the prompt's prefix, the incumbent or marginal joules decide.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "score/option.h"

namespace trine::score {

struct Policy {
  Weights weights;
  double hysteresis = 0.05;  // the incumbent stays unless somebody is this much better
  double standing = 0.01;    // closer than this is equal standing: the prefix may decide
  double tie = 1e-6;         // scores this close are a tie: fewer marginal joules win, then fewer running, then the id
  bool strict_slo = false;   // rather nobody than one that will miss the SLO
};

inline constexpr size_t kNobody = static_cast<size_t>(-1);

// What speaks for one of them beside its score; indices into the options.
struct Favour {
  size_t pinned = kNobody;     // its session belongs there: taken if it may serve at all
  size_t incumbent = kNobody;  // it served this traffic last
  uint64_t prefix = 0;         // hash of the prompt's beginning; 0: none that is worth a cache
};

enum class Decider : uint8_t {
  score,
  marginal,    // a tie; fewer marginal joules
  affinity,    // the prefix: its cached part on the bill, or its place among equals
  hysteresis,  // the incumbent, though another scores higher
  sticky,      // the session's
  slo,         // another is better, but too likely to be late
  late,        // all will miss the SLO; the one that misses least
};
const char* name(Decider by);

struct Choice {
  size_t index = 0;
  double score = 0;  // of the chosen, in (0, 1]
  Decider by = Decider::score;
  bool cached = false;    // the cached part counted
  size_t candidates = 0;  // that may serve
};

// nullopt when none may serve. No allocation but for the thread's scratch, which grows to the longest list.
std::optional<Choice> choose(std::span<const Option> options, const Policy& policy, const Need& need,
                             const Favour& favour = {});

// ln of the unnormalised score: comparable between options under the same weights. REQUIRES: figures.usable().
inline double log_score(const Figures& figures, const Weights& weights) {
  const Axes& ln = figures.ln();
  return weights.control * ln.control - weights.cost * ln.eur_per_mtok - weights.carbon * ln.g_per_mtok;
}

// ln of the factor on the score of an option that misses its SLO with this probability: one request in twenty may
// (a p95), and of the rest what misses is paid for in vain. <= 0. REQUIRES: miss < 1.
double ln_in_time(double miss);

}  // namespace trine::score

// One hour of a plan on its own: which machines, and who serves. Internal to the planner. Pure.
#pragma once

#include <vector>

namespace trine::fleet {

struct HourOption {
  double capacity = 0;  // of a machine; 0: an API, which takes up to `most`
  double on = 0;        // price of a machine; may be below 0 (a price with multipliers in it)
  double request = 0;   // price of a request
  int lo = 0, hi = 0;   // machines
  int zone = -1;        // index into zone_left
  double most = 0;      // requests of an API
};

struct HourAnswer {
  std::vector<int> machines;
  double value = 0;  // of these machines; infinity: none was found
  double bound = 0;  // no machines have a smaller value
};

// The least sum of on * n + request * x with sum x = demand, x <= capacity * n, n whole; by branch and bound over the
// one fraction that the greedy relaxation leaves, until the two differ by `tolerance` (relative) or for `nodes` nodes.
// The bound does not know of zones.
HourAnswer best_hour(const std::vector<HourOption>& options, double demand, const std::vector<int>& zone_left,
                     double tolerance, int nodes);

}  // namespace trine::fleet

// A plan's problem with every hour and option priced. Internal to the planner. Immutable once made; any thread.
#pragma once

#include <limits>
#include <vector>

#include "fleet/plan.h"

namespace trine::fleet {

inline constexpr double kNoLimit = std::numeric_limits<double>::infinity();

struct Amount2 {
  double eur = 0, kg = 0;
  Amount2& operator+=(Amount2 o) { return eur += o.eur, kg += o.kg, *this; }
};
inline Amount2 operator*(double k, Amount2 a) {
  return {k * a.eur, k * a.kg};
}

// value = eur * of_eur + kg * of_kg
struct Weights {
  double of_eur = 1, of_kg = 0;
  double operator()(Amount2 a) const { return of_eur * a.eur + of_kg * a.kg; }
};

template <class T>
class Grid2 {  // [hour][option]
 public:
  Grid2() = default;
  Grid2(size_t hours, size_t options, T v = T()) : options_(options), cells_(hours * options, v) {}
  T& operator()(size_t h, size_t o) { return cells_[h * options_ + o]; }
  const T& operator()(size_t h, size_t o) const { return cells_[h * options_ + o]; }
  T* row(size_t h) { return &cells_[h * options_]; }
  const T* row(size_t h) const { return &cells_[h * options_]; }

 private:
  size_t options_ = 0;
  std::vector<T> cells_;
};
using Machines = Grid2<int>;

struct PlanModel {
  const PlanProblem* problem = nullptr;
  size_t hours = 0, options = 0;
  std::vector<double> capacity;  // of a machine and hour; 0: an API
  std::vector<int> zone;         // index into zone_cap; -1: no cap
  std::vector<int> zone_cap;
  std::vector<int> running;
  std::vector<bool> dominated;        // never needed, whatever the weights
  Grid2<int> lo, hi;                  // machines; 0 and 0 of an API
  Grid2<Amount2> on, request, start;  // of a machine and hour; of a request; of a start in this hour
  std::vector<double> demand;         // that arrives, older ones in hour 0
  std::vector<double> most_waiting;   // at the end of each hour
  bool defers = false;                // some most_waiting is over 0

  bool api(size_t o) const { return capacity[o] == 0; }
};

// Errors: of a problem that is none, and failed_precondition where no plan can serve it (plan.h).
Result<PlanModel> compile(const PlanProblem& problem);

}  // namespace trine::fleet

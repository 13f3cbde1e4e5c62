// Whole machines by search, and bounds on them. Internal to the planner. Pure but for the clock.
#pragma once

#include <chrono>
#include <functional>

#include "fleet/plan_lp.h"
#include "fleet/plan_model.h"

namespace trine::fleet {

using Deadline = std::chrono::steady_clock::time_point;

struct Draft {
  Machines machines;
  std::vector<double> waiting;  // at the end of each hour
};

// Requests of an hour that are served in it.
double served(const PlanModel& model, const std::vector<double>& waiting, size_t hour);

struct Settled {  // who serves what in a draft, cheapest request first
  Grid2<double> requests;
  Amount2 amount;
  bool possible = false;
};
Settled settle(const PlanModel& model, Weights weights, const Draft& draft);

struct Hours {
  Machines machines;
  double bound = 0;  // their sum with the multipliers; without any: every start for nothing
};
// Each hour on its own (best_hour), with `waiting` as it is; with the multipliers of a linear programme the sum of the
// bounds is the Lagrangian's, which no plan beats, and waiting is free.
Hours hours_alone(const PlanModel& model, Weights weights, const std::vector<double>& waiting);
Hours lagrangian(const PlanModel& model, Weights weights, const LpAnswer& multipliers);

// The Lagrangian's bound with the multipliers of starts moved up its slope, from the linear programme's, until it is
// `enough`, nothing is gained any more, or `until`. `visit` gets the machines of some steps: hours that each are best
// at these prices, where a search may begin.
double ascend(const PlanModel& model, Weights weights, LpAnswer multipliers, double value, double enough,
              Deadline until, const std::function<void(const Machines&)>& visit);

// Moves up to two machines of an option, or from one option to another, over all hours at once (dynamic programming
// over the hours, so that starts are paid as they fall), until no move is better or `until`. REQUIRES: a possible
// draft.
Draft improve(const PlanModel& model, Weights weights, Draft draft, Deadline until);

}  // namespace trine::fleet

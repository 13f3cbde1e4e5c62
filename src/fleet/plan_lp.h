// The linear and mixed-integer programmes of a plan, and their solvers. Internal to the planner; each call on its own
// thread is fine.
#pragma once

#include <optional>
#include <string>

#include "fleet/plan_model.h"

namespace trine::fleet {

struct Budget {
  bool of_eur = false;  // else of kg
  double most = 0;
};

// Columns: x (requests), n (machines), s (starts), w (waiting at the end of an hour). Where a start costs nothing and
// no machine must run, n is x / capacity in every optimum and is left out, unless `all_columns`.
struct PlanLp {
  struct Row {
    double low, high;
    std::string name;
  };
  std::vector<Row> rows;
  std::vector<double> cost, low, high;  // of columns
  std::vector<int> begin, row;          // by column, compressed
  std::vector<double> element;
  Grid2<int> x, n, s;                     // column numbers; -1: none
  std::vector<int> w;                     // of an hour; -1: none
  std::vector<int> demand_row, zone_row;  // zone_row: [hour * zones + zone], -1: none
  Grid2<int> start_row;                   // -1: none
  int budget_row = -1;
  double unit = 1;  // requests in one unit of x and w: keeps the numbers near 1
};

struct LpOptions {
  bool all_columns = false;  // for whole machines, and for people to read
  bool scaled = true;
  const Machines* most = nullptr;  // instead of hi
  bool fixed = false;              // and instead of lo
  std::optional<Budget> budget = std::nullopt;
};
PlanLp build_lp(const PlanModel& model, Weights weights, const LpOptions& options);

struct LpAnswer {
  double value = 0;
  Grid2<double> requests, machines;
  std::vector<double> waiting;
  // Multipliers of the Lagrangian, all >= 0 but `demand`: per request, per start not counted, per machine of a zone.
  std::vector<double> demand, zone;
  Grid2<double> start;
  double budget = 0;
};
// Errors: failed_precondition: infeasible (a budget, after compile()); deadline_exceeded; internal.
Result<LpAnswer> solve_lp(const PlanModel& model, const PlanLp& lp, double seconds);

struct MipAnswer {
  std::optional<Machines> machines;
  double bound = 0;
};
// By branch and cut, from `first`, until `gap` or `seconds`. Errors: internal.
Result<MipAnswer> solve_mip(const PlanModel& model, const PlanLp& lp, const Machines& first, double gap,
                            double seconds);

// REQUIRES: made with all_columns and not scaled.
std::string lp_text(const PlanModel& model, const PlanLp& lp, const std::string& title);

}  // namespace trine::fleet

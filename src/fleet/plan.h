// How many machines of which option to run in each hour, and who serves what (docs/csoa.md §5): whole machines, so that
// eur + lambda * kg is least, or kg within a slack on the least cost, or eur within a carbon budget.
// Pure, but for the clock that bounds the search; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace trine::fleet {

inline constexpr size_t kMostPlanHours = 24 * 366;
inline constexpr size_t kMostPlanCells = 2'000'000;  // hours x options

struct PlanOption {
  std::string name, zone;
  double requests_per_machine_hour = 0;  // that may be used, so less than a full machine's; 0: an API, no machines
  // By hour of the plan; all >= 0. A machine's: while it is on, whether or not it serves.
  std::vector<double> eur_per_machine_hour, kg_per_machine_hour;  // empty of an API
  std::vector<double> eur_per_request, kg_per_request;            // what each request adds
  int min = 0, max = 64;                                          // machines
  int running = 0;                                                // before the first hour: no start to pay
  int ready_hour = 0;        // the first hour in which more than `running` can serve (0: ordered in time)
  double startup_hours = 0;  // before it serves, paid like hours in which it is on
  double eur_per_start = 0, kg_per_start = 0;  // besides
};

struct PlanProblem {
  Wall start{};                  // of the first hour
  std::vector<double> requests;  // that arrive in each hour
  std::vector<PlanOption> options;
  std::map<std::string, int> zone_caps;  // machines in a zone at most
  double deferrable = 0;                 // share of `requests` that may wait,
  int defer_hours = 0;                   // so many hours, but not past the end of the plan
  std::vector<double> waiting;           // older ones, by the hour of the plan until whose end they must be served

  size_t hours() const { return requests.size(); }
};

// What is least.
struct Goal {
  enum class Kind {
    lambda,         // eur + value * kg; value in eur/kg
    cost_slack,     // kg, with eur <= (1 + value) * the least eur
    carbon_budget,  // eur, with kg <= value
    cost_budget,    // kg, with eur <= value
  };
  Kind kind = Kind::lambda;
  double value = 0;
};

struct Plan {
  Wall start{};
  std::vector<std::string> options;           // names, in the problem's order
  std::vector<std::vector<int>> machines;     // [hour][option]; 0 of an API
  std::vector<std::vector<int>> starts;       // [hour][option]
  std::vector<std::vector<double>> requests;  // [hour][option]
  std::vector<double> postponed;              // waiting at the end of each hour
  double eur = 0, kg = 0;                     // starts included
  double lambda = 0;                          // eur/kg that the choice implies; infinity: carbon alone decides
  double value = 0;                           // of what is least: eur + lambda kg, kg, or eur
  double bound = 0;                           // no plan has a smaller value
  double gap = 0;                             // (value - bound) / value
  bool by_mip = false;                        // the mixed-integer solver found it or proved the bound
};

struct PlanLimits {
  double gap = 0.01;    // good enough; the solver for mixed-integer programmes is asked only where it is not reached
  double seconds = 25;  // of the clock, for all of it
  bool mip = true;      // false: what the search finds
  bool certify = true;  // false: `bound` is a weak one, for plans that are made again every hour
  const Plan* previous = nullptr;  // where the search begins; hours are matched by time, options by name
};

// Errors: invalid_argument: a problem that is none (sizes, negative or not finite numbers); failed_precondition: no
// plan, in a sentence that names what binds: an hour's demand, a cap, a budget and the least that is possible.
Result<Plan> plan(const PlanProblem& problem, const Goal& goal, const PlanLimits& limits = {});

// Plans from the cheapest to the cleanest, none worse than another in both; lambda rises.
Result<std::vector<Plan>> pareto_front(const PlanProblem& problem, size_t points, const PlanLimits& limits = {});

// The least that hindsight could reach: machines as real numbers, no start-up. A lower bound of every plan's value.
struct Bound {
  double value = 0, eur = 0, kg = 0, lambda = 0;
  std::vector<std::vector<double>> machines, requests;  // [hour][option]
};
Result<Bound> hindsight_bound(const PlanProblem& problem, const Goal& goal);

// The same linear programme in LP format (minimise; columns n_HOUR_OPTION, x_HOUR_OPTION by index; a budget row for
// goals that have one). Its optimum is hindsight_bound's value. Errors: as hindsight_bound.
Result<std::string> lp_format(const PlanProblem& problem, const Goal& goal);

}  // namespace trine::fleet

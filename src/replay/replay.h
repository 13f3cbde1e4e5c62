// One policy over a trace and a grid, and what it took beside the static fleet and the hindsight bound (docs/csoa.md
// §5). The same inputs and seed give the same bits. Pure; any thread; everything given must outlive the call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "fleet/demand.h"
#include "fleet/plan_options.h"
#include "grid/series.h"
#include "replay/cluster.h"

namespace trine::replay {

enum class Policy : uint8_t { fixed, autoscale, api, cost, carbon, latency, csoa, hindsight };
std::optional<Policy> policy_named(std::string_view name);  // "static", "autoscale", ...
const char* name(Policy policy);

// Requests wait so many times the time that the SLO allows to the first token (kNoSlo_s where it says nothing).
inline constexpr double kPatience = 30, kNoSlo_s = 2;

struct Scenario {
  const fleet::Fleet* fleet = nullptr;
  const fleet::Trace* trace = nullptr;
  const grid::SeriesFile* grid = nullptr;
  std::string grid_name;  // for errors
  std::shared_ptr<const catalog::Catalog> catalog;
  fleet::Shape shape = fleet::Shape::raw;
  Wall start{};
  int hours = 0;
  uint64_t seed = 1;
  std::vector<std::string> zones;  // instead of the fleet's; empty: as the fleet says
};

struct Choice {
  Policy policy = Policy::fixed;
  fleet::Goal goal;                       // of cost, carbon, csoa and hindsight
  std::optional<score::Weights> weights;  // of the router, for csoa; instead of the goal's
};

struct Outcome {
  std::string policy;
  double lambda = 0;  // EUR/kg; of a slack, the mean of the plans'
  double cost_eur = 0, energy_kwh = 0, carbon_kg = 0, joules_per_token = 0;
  double ttft_p50_s = 0, ttft_p95_s = 0, tpot_p95_s = 0;
  double slo_miss_fraction = 0, unserved_fraction = 0, machine_hours = 0;
  double requests = 0, tokens = 0;
  double served = 0, running = 0;    // at the end
  double mean_running = 0;           // requests on machines, over time
  std::vector<std::string> options;  // names
  std::vector<Taken> by_option;      // beside them
  std::vector<fleet::Rejected> refused;
  double plan_s = 0;  // of the clock; the one figure that is not the same twice
};

// Everything that does not depend on the policy.
class Replay {
 public:
  // Errors: the trace's demand; a zone that the grid lacks, with the options that stand there; an hour without a value;
  // no option that may serve.
  static Result<Replay> make(const Scenario& scenario);

  Result<Outcome> run(const Choice& choice) const;
  Result<std::string> lp(const fleet::Goal& goal) const;  // the bound's programme in LP format
  const std::vector<double>& hourly() const { return hourly_; }
  const fleet::Mix& mix() const { return load_.mix; }

 private:
  Result<Outcome> bound(const Choice& choice) const;
  Result<Outcome> simulate(const Choice& choice) const;
  Result<fleet::PlanProblem> whole() const;

  Scenario s_;
  fleet::Fleet fleet_;
  Load load_;
  std::vector<double> hourly_;
  fleet::GridHours grid_;
  fleet::Candidates candidates_;
};

}  // namespace trine::replay

// Who is ordered and stopped when, once a minute. Policies see what an operator sees: what has arrived, what runs, and
// forecasts made of hours that are over. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "fleet/demand_forecast.h"
#include "replay/cluster.h"

namespace trine::replay {

inline constexpr double kTick_s = 60;

struct Tick {
  double t = 0;        // seconds since the start, a multiple of kTick_s
  double minutes = 0;  // into the hour
  size_t hour = 0;
  uint64_t arrived = 0;  // in the minute that is over
};

class Control {
 public:
  virtual ~Control() = default;
  virtual void start(Cluster&) {}
  virtual void hour_over(double /*requests*/) {}
  virtual Result<void> tick(Cluster&, const Tick&) { return {}; }
  virtual double kg_weight() const { return 0; }  // EUR per kg CO2e, for the router
};

// So many machines of one service, for ever.
std::unique_ptr<Control> fixed(uint32_t service, int machines);

// The usual rule: as many machines as the last minute's requests need at `utilisation`, from one to `most`; fewer
// only when five minutes have asked for fewer.
std::unique_ptr<Control> autoscale(uint32_t service, double utilisation, int most);

// Machines by service for the hour `hour`, made in the hour before it or in its first minute.
struct PlanInput {
  size_t hour = 0;
  std::vector<double> requests;  // per hour from `hour` on, with what staffing them takes
  std::vector<int> held;         // by service, now
};
struct PlanOutput {
  std::vector<int> machines;         // by service
  std::optional<double> eur_per_kg;  // what a kg CO2e was weighed at, where the plan found it
};
using PlanFunction = std::function<Result<PlanOutput>(const PlanInput&)>;

// The planner each hour, early enough for its machines to start, and a rule within the hour: what the last minute's
// requests need beyond what is there is ordered once the vendor's bill for it has passed what a start costs (at once
// where there is no vendor), and a machine that nobody needs stops once its idle time has cost as much.
struct PlannedSetup {
  PlanFunction plan;
  size_t horizon = 24;    // hours
  double peak_per_s = 0;  // requests: what a fleet without a vendor begins with, for nothing is known yet
  double eur_weight = 1;  // of the objective, per EUR
  double kg_weight = 0;   // per kg CO2e; after the first plan what that says, where it says so
  // Services whose machines together may not be more.
  struct Cap {
    std::vector<uint32_t> services;
    int machines = 0;
  };
  std::vector<Cap> caps;
};
std::unique_ptr<Control> planned(PlannedSetup setup);

}  // namespace trine::replay

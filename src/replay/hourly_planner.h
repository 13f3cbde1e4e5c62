// The planner as it is asked each hour: forecasts of the grid as they could be made then, the fleet as it stands, and a
// budget that is kept over the whole run where the goal is a slack on cost. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/plan_options.h"
#include "grid/grid.h"
#include "replay/control.h"
#include "replay/service.h"

namespace trine::replay {

class HourlyPlanner {
 public:
  // What is pointed to must outlive it. `services` stand beside candidates->index.
  struct Setup {
    const fleet::Fleet* fleet = nullptr;
    const fleet::Candidates* candidates = nullptr;
    fleet::Mix mix;
    const std::vector<Service>* services = nullptr;
    const grid::SeriesFile* grid = nullptr;
    std::string grid_name;
    std::shared_ptr<const catalog::Catalog> catalog;
    Wall start{};
    fleet::Goal goal;
  };
  explicit HourlyPlanner(Setup setup);

  Result<PlanOutput> plan(const PlanInput& input);
  double lambda() const;                       // EUR/kg, mean of the plans' where the goal is none
  double seconds() const { return seconds_; }  // of the clock, in the planner

 private:
  Result<fleet::Plan> solve(const fleet::PlanProblem& problem, const fleet::Goal& goal,
                            std::optional<fleet::Plan>& previous);
  Result<fleet::Plan> within_slack(const fleet::PlanProblem& problem);
  fleet::GridHours grid_from(Wall now, Wall first, size_t hours) const;

  Setup s_;
  std::vector<std::string> zones_;
  grid::GridTable table_;
  std::optional<fleet::Plan> previous_, cheapest_;
  double allowance_eur_ = 0;  // that the slack allowed in the hours planned so far and that was not spent
  double lambda_sum_ = 0;
  size_t plans_ = 0;
  double seconds_ = 0;
};

}  // namespace trine::replay

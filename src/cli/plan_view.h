// A plan as text, JSON and SVG. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/plan.h"
#include "fleet/plan_options.h"

namespace trine::cli {

struct PlanView {
  fleet::PlanProblem problem;
  fleet::Plan plan;
  fleet::Bound hindsight;
  std::vector<fleet::Plan> front;
  std::vector<fleet::Rejected> rejected;
  fleet::GridHours grid;
  fleet::Goal goal;
  std::string currency;
  std::string demand_source, grid_source;
};

std::string plan_text(const PlanView& view);
std::string plan_json(const PlanView& view);
std::string plan_svg(const PlanView& view);

}  // namespace trine::cli

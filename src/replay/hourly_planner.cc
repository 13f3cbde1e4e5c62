#include "replay/hourly_planner.h"

#include <chrono>
#include <cmath>
#include <set>

namespace trine::replay {
namespace {

using namespace std::chrono_literals;

std::map<std::string, grid::ZoneInput> inputs(const HourlyPlanner::Setup& s) {
  std::map<std::string, grid::ZoneInput> zones;
  for (const size_t i : s.candidates->index) {
    const std::string& zone = s.fleet->options[i].zone;
    auto it = s.grid->zones.find(zone);
    if (it == s.grid->zones.end()) it = s.grid->zones.find("");
    zones[zone] = {.constant = std::nullopt, .series = it->second, .series_source = s.grid_name};
  }
  return zones;
}

std::vector<std::string> zones_of(const HourlyPlanner::Setup& s) {
  std::set<std::string> zones;
  for (const size_t i : s.candidates->index) zones.insert(s.fleet->options[i].zone);
  return {zones.begin(), zones.end()};
}

// What the plan's first hour costs. Without starts: both fleets have them, and which hour they fall into is chance.
double first_hour_eur(const fleet::PlanProblem& p, const fleet::Plan& plan) {
  double eur = 0;
  for (size_t k = 0; k < p.options.size(); ++k) {
    const fleet::PlanOption& o = p.options[k];
    eur += o.eur_per_request[0] * plan.requests[0][k];
    if (!o.eur_per_machine_hour.empty()) eur += o.eur_per_machine_hour[0] * plan.machines[0][k];
  }
  return eur;
}

}  // namespace

HourlyPlanner::HourlyPlanner(Setup setup)
    : s_(std::move(setup)), zones_(zones_of(s_)), table_(s_.catalog, inputs(s_)) {}

fleet::GridHours HourlyPlanner::grid_from(Wall now, Wall first, size_t hours) const {
  fleet::GridHours out;
  const auto skip = static_cast<size_t>((first - std::chrono::floor<std::chrono::hours>(now)) / 1h);
  for (const std::string& zone : zones_) {
    const auto points = table_.forecast(zone, now, static_cast<int>(skip + hours));
    auto& values = out[zone];
    for (size_t h = 0; h < hours; ++h) values.push_back(points[skip + h].value.g_per_kwh);
  }
  return out;
}

Result<fleet::Plan> HourlyPlanner::solve(const fleet::PlanProblem& problem, const fleet::Goal& goal,
                                         std::optional<fleet::Plan>& previous) {
  fleet::PlanLimits limits;
  limits.mip = false;
  limits.certify = false;
  if (previous) limits.previous = &*previous;
  auto plan = fleet::plan(problem, goal, limits);
  if (plan) previous = *plan;
  return plan;
}

// A slack that is asked for anew each hour would be spent in the best hours of the day ahead, and these are always
// ahead. So what the hours behind left of theirs is added to the budget of the hours to come.
Result<fleet::Plan> HourlyPlanner::within_slack(const fleet::PlanProblem& problem) {
  // the cheapest fleet as it would stand by now, not the one that stands: what moving to it takes is no part of the
  // least
  fleet::PlanProblem cheapest = problem;
  for (size_t k = 0; cheapest_ && k < cheapest.options.size(); ++k)
    cheapest.options[k].running = cheapest_->machines.front()[k];
  const auto least = solve(cheapest, {fleet::Goal::Kind::lambda, 0}, cheapest_);
  if (!least) return least;
  const double share = 1 + s_.goal.value;
  const double budget = std::max(least->eur, share * least->eur + allowance_eur_);
  auto plan = solve(problem, {fleet::Goal::Kind::cost_budget, budget}, previous_);
  if (!plan) plan = *least;  // no whole machines within the budget but the cheapest
  allowance_eur_ += share * first_hour_eur(cheapest, *least) - first_hour_eur(problem, *plan);
  return plan;
}

Result<PlanOutput> HourlyPlanner::plan(const PlanInput& input) {
  const auto began = std::chrono::steady_clock::now();
  const Wall first = s_.start + static_cast<int64_t>(input.hour) * 1h;
  const size_t hours = input.requests.size();
  auto problem =
      fleet::plan_problem(*s_.fleet, *s_.candidates, s_.mix, grid_from(first - 1min, first, hours), first, hours);
  if (!problem) return tl::unexpected(problem.error());
  problem->requests = input.requests;
  for (size_t k = 0; k < problem->options.size(); ++k) {
    fleet::PlanOption& o = problem->options[k];
    o.running = input.held[k];
    // what staffing takes is in the requests already
    if ((*s_.services)[k].machine()) o.requests_per_machine_hour = (*s_.services)[k].requests_per_s * 3600;
  }
  auto plan =
      s_.goal.kind == fleet::Goal::Kind::cost_slack ? within_slack(*problem) : solve(*problem, s_.goal, previous_);
  if (!plan) return tl::unexpected(plan.error());
  PlanOutput answer{plan->machines.front(), std::nullopt};
  if (s_.goal.kind != fleet::Goal::Kind::lambda && std::isfinite(plan->lambda)) {
    answer.eur_per_kg = plan->lambda;
    lambda_sum_ += plan->lambda;
    ++plans_;
  }
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return answer;
}

double HourlyPlanner::lambda() const {
  if (s_.goal.kind == fleet::Goal::Kind::lambda) return s_.goal.value;
  return plans_ > 0 ? lambda_sum_ / static_cast<double>(plans_) : 0;
}

}  // namespace trine::replay

// The hindsight bound: the linear programme of docs/csoa.md §5.
#include <cmath>

#include "fleet/plan_lp.h"

namespace trine::fleet {
namespace {

constexpr double kSeconds = 600;

struct Programme {
  PlanModel model;
  Weights weights;
  std::optional<Budget> budget;
  std::string title;
};

Result<Programme> programme(const PlanProblem& problem, const Goal& goal) {
  if (!std::isfinite(goal.value) || goal.value < 0)
    return fail(Code::invalid_argument, "What a plan is to reach must be a number, 0 or more.");
  PlanProblem ready = problem;  // in hindsight every machine was ordered in time
  for (auto& o : ready.options) o.ready_hour = 0, o.startup_hours = 0, o.eur_per_start = 0, o.kg_per_start = 0;
  auto model = compile(ready);
  if (!model) return tl::unexpected(model.error());
  Programme p{std::move(*model), {}, {}, {}};
  p.model.problem = &problem;
  switch (goal.kind) {
    case Goal::Kind::lambda:
      p.weights = {1, goal.value};
      p.title = fmt::format("least cost + {:.17g} per kg", goal.value);
      return p;
    case Goal::Kind::carbon_budget:
      p.weights = {1, 0};
      p.budget = Budget{false, goal.value};
      p.title = fmt::format("least cost with at most {:.17g} kg", goal.value);
      return p;
    case Goal::Kind::cost_budget:
      p.budget = Budget{true, goal.value};
      break;
    case Goal::Kind::cost_slack: {
      const auto least = solve_lp(p.model, build_lp(p.model, {1, 0}, {}), kSeconds);
      if (!least) return tl::unexpected(least.error());
      p.budget = Budget{true, least->value * (1 + goal.value)};
      break;
    }
  }
  p.weights = {0, 1};
  p.title = fmt::format("least kg with a cost of at most {:.17g}", p.budget->most);
  return p;
}

}  // namespace

Result<Bound> hindsight_bound(const PlanProblem& problem, const Goal& goal) {
  const auto p = programme(problem, goal);
  if (!p) return tl::unexpected(p.error());
  const PlanModel& m = p->model;
  const auto lp = solve_lp(m, build_lp(m, p->weights, {.budget = p->budget}), kSeconds);
  if (!lp) {
    if (lp.error().code != Code::failed_precondition || !p->budget) return tl::unexpected(lp.error());
    return fail(Code::failed_precondition, "The budget of {:.6g} {} is under the least possible.", p->budget->most,
                p->budget->of_eur ? "of cost" : "kg");
  }
  Bound b;
  b.value = lp->value;
  b.lambda = goal.value;
  if (p->budget) b.lambda = !p->budget->of_eur ? lp->budget : lp->budget > 0 ? 1 / lp->budget : kNoLimit;
  for (size_t h = 0; h < m.hours; ++h) {
    b.machines.emplace_back(lp->machines.row(h), lp->machines.row(h) + m.options);
    b.requests.emplace_back(lp->requests.row(h), lp->requests.row(h) + m.options);
    Amount2 sum;
    for (size_t o = 0; o < m.options; ++o) {
      sum += lp->machines(h, o) * m.on(h, o);
      sum += lp->requests(h, o) * m.request(h, o);
    }
    b.eur += sum.eur, b.kg += sum.kg;
  }
  return b;
}

Result<std::string> lp_format(const PlanProblem& problem, const Goal& goal) {
  const auto p = programme(problem, goal);
  if (!p) return tl::unexpected(p.error());
  const LpOptions options{.all_columns = true, .scaled = false, .budget = p->budget};
  return lp_text(p->model, build_lp(p->model, p->weights, options), p->title);
}

}  // namespace trine::fleet

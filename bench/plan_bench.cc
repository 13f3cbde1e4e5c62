// links: fleet
// The planner (docs/csoa.md §5): 50 options x 168 h, one re-plan of 48 h, and the hindsight bound of a month.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "fleet/plan.h"

namespace trine::fleet {
namespace {

constexpr double kPi = 3.14159265358979;

// Machines of unlike size, price and power in unlike grids; a day of two peaks with noise.
PlanProblem problem(size_t options, size_t hours, double startup_hours, uint32_t seed = 1) {
  std::mt19937 random(seed);
  const auto between = [&](double low, double high) { return std::uniform_real_distribution<>(low, high)(random); };
  PlanProblem p;
  for (size_t h = 0; h < hours; ++h) {
    const double day = 2 * kPi * static_cast<double>(h % 24) / 24;
    p.requests.push_back(131'000 * (0.55 - 0.35 * std::cos(day) + 0.1 * std::sin(2 * day)) * between(0.85, 1));
  }
  for (size_t o = 0; o < options; ++o) {
    PlanOption po;
    po.name = "option " + std::to_string(o);
    po.zone = "zone " + std::to_string(o % 10);
    const double size = between(0.4, 2.5), mean = between(30, 600), swing = between(0, 0.4), phase = between(0, 6.28);
    po.requests_per_machine_hour = 9000 * size;
    const double eur = 1.6 * size * between(0.8, 1.3), on_kwh = 0.35 * size * between(0.8, 1.2);
    const double request_kwh = 4e-5 * between(0.7, 1.4);
    for (size_t h = 0; h < hours; ++h) {
      const double g =
          mean * (1 + swing * std::sin(2 * kPi * static_cast<double>(h) / 24 + phase)) * between(0.95, 1.05);
      po.eur_per_machine_hour.push_back(eur);
      po.kg_per_machine_hour.push_back((on_kwh * g + 20 * size) / 1000);
      po.eur_per_request.push_back(0);
      po.kg_per_request.push_back(request_kwh * g / 1000);
    }
    po.max = static_cast<int>(between(3, 12));
    po.startup_hours = startup_hours;
    p.options.push_back(std::move(po));
  }
  return p;
}

void report(benchmark::State& state, const Result<Plan>& made) {
  if (!made) return state.SkipWithError(made.error().message.c_str());
  state.counters["gap_percent"] = 100 * made->gap;
  state.counters["mip"] = made->by_mip;
  state.counters["lambda"] = made->lambda;
}

// Arguments: options, hours, minutes of start-up, lambda in cents per kg.
void BM_Plan(benchmark::State& state) {
  const PlanProblem p = problem(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)),
                                static_cast<double>(state.range(2)) / 60);
  Result<Plan> made = fail(Code::internal, "not run");
  for (auto _ : state) made = plan(p, {Goal::Kind::lambda, static_cast<double>(state.range(3)) / 100});
  report(state, made);
}
BENCHMARK(BM_Plan)
    ->Args({50, 168, 5, 0})
    ->Args({50, 168, 5, 50})
    ->Args({50, 168, 30, 50})
    ->Args({10, 168, 5, 50})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

// One of the hourly plans of a replay: from the plan before, without a proof. Arguments: options, hours.
void BM_Replan(benchmark::State& state) {
  const PlanProblem p = problem(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)), 5.0 / 60);
  const PlanLimits quick{.mip = false, .certify = false};
  const auto before = plan(p, {Goal::Kind::lambda, 0.5}, quick);
  PlanLimits again = quick;
  if (before) again.previous = &*before;
  Result<Plan> made = before;
  for (auto _ : state) made = plan(p, {Goal::Kind::lambda, 0.5}, again);
  report(state, made);
}
BENCHMARK(BM_Replan)->Args({10, 48})->Args({50, 48})->Unit(benchmark::kMillisecond);

void BM_ReplanWithSlack(benchmark::State& state) {
  const PlanProblem p = problem(static_cast<size_t>(state.range(0)), 48, 5.0 / 60);
  Result<Plan> made = fail(Code::internal, "not run");
  for (auto _ : state) made = plan(p, {Goal::Kind::cost_slack, 0.05}, {.mip = false, .certify = false});
  report(state, made);
}
BENCHMARK(BM_ReplanWithSlack)->Arg(10)->Unit(benchmark::kMillisecond);

void BM_CarbonWithinCost(benchmark::State& state) {
  const PlanProblem p = problem(static_cast<size_t>(state.range(0)), 168, 5.0 / 60);
  Result<Plan> made = fail(Code::internal, "not run");
  for (auto _ : state) made = plan(p, {Goal::Kind::cost_slack, 0.05});
  report(state, made);
}
BENCHMARK(BM_CarbonWithinCost)->Arg(10)->Arg(50)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_HindsightMonth(benchmark::State& state) {
  const PlanProblem p = problem(static_cast<size_t>(state.range(0)), 744, 0);
  for (auto _ : state) benchmark::DoNotOptimize(hindsight_bound(p, {Goal::Kind::cost_slack, 0.05}));
}
BENCHMARK(BM_HindsightMonth)->Arg(10)->Arg(50)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace trine::fleet

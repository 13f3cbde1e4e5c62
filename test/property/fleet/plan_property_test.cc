// What must hold of plans whatever the problem (docs/csoa.md §5).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "fleet/plan.h"
#include "unit/fleet/plan_fixture.h"

namespace trine::fleet::plan_property_test {
namespace {

using namespace testing;

// Both ends included.
using Pick = std::function<int(int low, int high)>;
int any(int low, int high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));  // small cases are not all alike
}
double some(int low, int high) {
  return any(low, high);
}

PlanOption some_machine(const std::string& name, size_t hours, const Pick& pick) {
  const auto number = [&](int low, int high) { return static_cast<double>(pick(low, high)); };
  PlanOption o = machine(name, pick(0, 1) == 0 ? "DE" : "FR", number(20, 100), 0, 0, hours);
  for (size_t h = 0; h < hours; ++h) {
    o.eur_per_machine_hour[h] = number(1, 40) / 10;
    o.kg_per_machine_hour[h] = number(1, 60) / 100;
    o.eur_per_request[h] = number(0, 20) / 1000;
    o.kg_per_request[h] = number(0, 20) / 1e4;
  }
  o.startup_hours = number(0, 4) / 4;
  o.eur_per_start = number(0, 2);
  o.running = pick(0, 2);
  o.max = 2;
  return o;
}

// Two kinds of machines, now and then an API; always possible with one.
PlanProblem some_problem(size_t hours, bool always_api = false, const Pick& pick = any) {
  PlanProblem p;
  for (size_t h = 0; h < hours; ++h) p.requests.push_back(pick(0, 160));
  p.options = {some_machine("a", hours, pick), some_machine("b", hours, pick)};
  if (always_api || pick(0, 1) == 0) p.options.push_back(api("api", pick(1, 80) / 1000.0, pick(0, 9) / 1e4, hours));
  if (pick(0, 2) == 0) p.zone_caps = {{"DE", pick(0, 3)}};
  if (pick(0, 2) == 0) p.options[0].min = 1;
  return p;
}

double some_lambda() {
  return some(0, 50) / 10;
}

RC_GTEST_PROP(PlanProperty, TheBestOfSmallProblemsIsFound, ()) {
  const PlanProblem p = some_problem(3);
  const double lambda = some_lambda(), best = brute_force(p, lambda);
  const auto made = plan(p, {Goal::Kind::lambda, lambda}, {.gap = 0, .seconds = 5});
  if (!std::isfinite(best)) {
    RC_ASSERT(!made);
    return;
  }
  RC_ASSERT(made);
  RC_ASSERT(std::abs(made->value - best) <= 1e-5 * (1 + best));
  RC_ASSERT(made->bound <= best + 1e-5 * (1 + best));
}

// The search alone, as hourly planning uses it: never better than the best, its bound never over it.
RC_GTEST_PROP(PlanProperty, TheSearchAloneIsAPlanAndItsBoundIsOne, ()) {
  const PlanProblem p = some_problem(3);
  const double lambda = some_lambda(), best = brute_force(p, lambda);
  RC_PRE(std::isfinite(best));
  const auto made = plan(p, {Goal::Kind::lambda, lambda}, {.gap = 0, .mip = false});
  RC_ASSERT(made);
  RC_ASSERT(made->value >= best - 1e-6 * (1 + best));
  RC_ASSERT(made->bound <= best + 1e-6 * (1 + best));
}

// How near it comes is no promise for each problem (that is what the gap is shown for), but one for many: these are
// small and rough, where a whole machine more or less is a third of the bill.
TEST(PlanSearch, AloneIsNearTheBestInTheMean) {
  std::mt19937_64 random(20261128);
  const Pick pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<uint64_t>(high - low + 1));
  };
  double worst = 1, sum = 0;
  int n = 0, exact = 0;
  for (int i = 0; i < 300; ++i) {
    const PlanProblem p = some_problem(3, false, pick);
    const double lambda = pick(0, 50) / 10.0, best = brute_force(p, lambda);
    if (!std::isfinite(best) || best < 1e-9) continue;
    const auto made = plan(p, {Goal::Kind::lambda, lambda}, {.gap = 0, .mip = false});
    ASSERT_TRUE(made) << made.error().message;
    const double ratio = made->value / best;
    worst = std::max(worst, ratio);
    sum += ratio;
    exact += ratio < 1 + 1e-6;
    ++n;
  }
  ASSERT_GT(n, 150);
  EXPECT_LE(sum / n, 1.02) << "worst " << worst << ", exact " << exact << " of " << n;
  EXPECT_GE(exact, n * 8 / 10);
}

RC_GTEST_PROP(PlanProperty, EveryPlanServesAllWithinItsCaps, ()) {
  PlanProblem p = some_problem(8, true);
  p.deferrable = some(0, 2) / 2;
  p.defer_hours = *rc::gen::inRange(0, 4);
  const auto made = plan(p, {Goal::Kind::lambda, some_lambda()}, {.gap = 0.02, .mip = false});
  if (!made) {  // a minimum over a zone's cap
    RC_ASSERT(made.error().message.find("must keep") != std::string::npos);
    return;
  }
  double arrived = 0, done = 0, due = 0;
  for (size_t h = 0; h < p.hours(); ++h) {
    std::map<std::string, int> zones;
    for (size_t o = 0; o < p.options.size(); ++o) {
      const PlanOption& po = p.options[o];
      done += made->requests[h][o];
      RC_ASSERT(made->requests[h][o] >= -1e-9);
      if (po.requests_per_machine_hour == 0) continue;
      RC_ASSERT(made->requests[h][o] <= made->machines[h][o] * po.requests_per_machine_hour + 1e-6);
      RC_ASSERT(made->machines[h][o] >= po.min && made->machines[h][o] <= po.max);
      zones[po.zone] += made->machines[h][o];
    }
    for (const auto& [zone, cap] : p.zone_caps) RC_ASSERT(zones[zone] <= cap);
    arrived += p.requests[h];
    due += (1 - p.deferrable) * p.requests[h];
    const auto wait = static_cast<size_t>(p.defer_hours);
    if (h >= wait) due += p.deferrable * p.requests[h - wait];
    RC_ASSERT(done <= arrived + 1e-6);  // nothing before it arrives
    RC_ASSERT(done >= due - 1e-6);      // nothing after its deadline
    RC_ASSERT(std::abs(made->postponed[h] - (arrived - done)) <= 1e-6);
  }
  RC_ASSERT(std::abs(done - arrived) <= 1e-6);
}

RC_GTEST_PROP(PlanProperty, HindsightIsNeverOverAPlan, ()) {
  PlanProblem p = some_problem(6, true);
  p.zone_caps.clear();
  const Goal goal{Goal::Kind::lambda, some_lambda()};
  const auto made = plan(p, goal, {.mip = false});
  const auto bound = hindsight_bound(p, goal);
  RC_ASSERT(made && bound);
  RC_ASSERT(bound->value <= made->value * (1 + 1e-6) + 1e-9);
  RC_ASSERT(std::abs(bound->value - (bound->eur + goal.value * bound->kg)) <= 1e-6 * (1 + bound->value));
}

RC_GTEST_PROP(PlanProperty, AHigherLambdaCostsNoLessAndEmitsNoMore, ()) {
  PlanProblem p = some_problem(2);
  p.zone_caps.clear(), p.options[0].min = 0;
  for (auto& o : p.options) o.max = 4;
  const double low = some_lambda(), high = low + 0.5 + some_lambda();
  const auto a = plan(p, {Goal::Kind::lambda, low}, {.gap = 0, .seconds = 5});
  const auto b = plan(p, {Goal::Kind::lambda, high}, {.gap = 0, .seconds = 5});
  RC_PRE(a && b);
  RC_ASSERT(a->eur <= b->eur + 1e-5 * (1 + b->eur));
  RC_ASSERT(a->kg >= b->kg - 1e-5 * (1 + a->kg));
}

RC_GTEST_PROP(PlanProperty, ADominatedOptionIsNeverUsed, ()) {
  PlanProblem p = some_problem(5, true);
  p.zone_caps.clear();
  for (auto& o : p.options) o.max = 20, o.running = 0;
  PlanOption worse = p.options[1];
  worse.name = "worse";
  for (double& v : worse.eur_per_machine_hour) v += 0.01;
  for (double& v : worse.kg_per_request) v += 1e-5;
  p.options.insert(p.options.begin(), worse);
  const auto made = plan(p, {Goal::Kind::lambda, some_lambda()}, {.mip = false});
  RC_ASSERT(made);
  for (const auto& hour : made->machines) RC_ASSERT(hour[0] == 0);
}

RC_GTEST_PROP(PlanProperty, BudgetsAreKeptAndNoPlanUnderTheBoundExists, ()) {
  PlanProblem p = some_problem(6, true);
  p.zone_caps.clear();
  const auto front = pareto_front(p, 5);
  RC_ASSERT(front);
  const double most = (front->front().kg + front->back().kg) / 2;
  const auto made = plan(p, {Goal::Kind::carbon_budget, most}, {.mip = false});
  RC_ASSERT(made);
  RC_ASSERT(made->kg <= most * (1 + 1e-6));
  RC_ASSERT(made->bound <= made->value + 1e-9);
  const auto slack = plan(p, {Goal::Kind::cost_slack, 0.05}, {.mip = false});
  RC_ASSERT(slack);
  RC_ASSERT(slack->eur <= 1.05 * front->front().eur * (1 + 1e-5));
  RC_ASSERT(slack->kg <= front->front().kg * (1 + 1e-5));
}

}  // namespace
}  // namespace trine::fleet::plan_property_test

#include "fleet/plan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/fleet/plan_fixture.h"

namespace trine::fleet::plan_test {
namespace {

using namespace testing;

constexpr Goal kCheapest{};

Plan made(const PlanProblem& p, Goal goal = {}, PlanLimits limits = {.gap = 0}) {
  auto made = plan(p, goal, limits);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : Plan{};
}

std::string refused(const PlanProblem& p, Goal goal = {}) {
  const auto made = plan(p, goal);
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

// 3 hours; a machine serves 100 requests an hour.
PlanProblem three_hours(std::vector<double> requests = {150, 250, 50}) {
  PlanProblem p;
  p.requests = std::move(requests);
  p.options = {machine("de", "DE", 100, 2, 0.3, 3), machine("fr", "FR", 100, 3, 0.03, 3)};
  return p;
}

TEST(Plan, RunsWholeMachinesOfTheCheapestOption) {
  const Plan p = made(three_hours());
  EXPECT_EQ(p.machines, (std::vector<std::vector<int>>{{2, 0}, {3, 0}, {1, 0}}));
  EXPECT_DOUBLE_EQ(p.eur, 12);
  EXPECT_NEAR(p.kg, 1.8, 1e-12);
  EXPECT_DOUBLE_EQ(p.requests[1][0], 250);
}

TEST(Plan, ALambdaOverTheSwapPriceChoosesTheCleanOption) {
  // 1 EUR more for 0.27 kg less: the two swap at 3.7 EUR/kg
  EXPECT_EQ(made(three_hours(), {Goal::Kind::lambda, 3.5}).machines[1], (std::vector<int>{3, 0}));
  EXPECT_EQ(made(three_hours(), {Goal::Kind::lambda, 3.9}).machines[1], (std::vector<int>{0, 3}));
}

TEST(Plan, AStartIsPaidAndAShortDipKeepsTheMachine) {
  PlanProblem p = three_hours({100, 0, 100});
  p.options.resize(1);
  p.options[0].eur_per_start = 3;  // over the 2 EUR of an idle hour
  Plan plan = made(p);
  EXPECT_EQ(plan.machines, (std::vector<std::vector<int>>{{1}, {1}, {1}}));
  EXPECT_DOUBLE_EQ(plan.eur, 3 * 2 + 3);
  p.options[0].eur_per_start = 1;
  plan = made(p);
  EXPECT_EQ(plan.machines, (std::vector<std::vector<int>>{{1}, {0}, {1}}));
  EXPECT_EQ(plan.starts, (std::vector<std::vector<int>>{{1}, {0}, {1}}));
  EXPECT_DOUBLE_EQ(plan.eur, 2 * 2 + 2 * 1);
}

TEST(Plan, StartUpTimeIsPaidInTheHoursBefore) {
  PlanProblem p = three_hours({0, 0, 100});
  p.options.resize(1);
  p.options[0].startup_hours = 1.5;
  p.options[0].eur_per_machine_hour = {10, 20, 2};
  EXPECT_DOUBLE_EQ(made(p).eur, 2 + 20 + 0.5 * 10);
}

TEST(Plan, AMachineThatRunsAlreadyCostsNoStart) {
  PlanProblem p = three_hours({100, 100, 100});
  p.options[1].running = 1;
  for (auto& o : p.options) o.eur_per_start = 5;
  EXPECT_EQ(made(p).machines[0], (std::vector<int>{0, 1}));  // 9 against 6 + 5
  EXPECT_DOUBLE_EQ(made(p).eur, 9);
}

TEST(Plan, NothingServesBeforeItIsReady) {
  PlanProblem p = three_hours({100, 100, 100});
  p.options[0].ready_hour = 2;
  const Plan plan = made(p);
  EXPECT_EQ(plan.machines, (std::vector<std::vector<int>>{{0, 1}, {0, 1}, {1, 0}}));
}

TEST(Plan, MinimumReplicasRunWithoutRequests) {
  PlanProblem p = three_hours({0, 0, 0});
  p.options[1].min = 2;
  EXPECT_EQ(made(p).machines, (std::vector<std::vector<int>>{{0, 2}, {0, 2}, {0, 2}}));
}

TEST(Plan, AFullZoneSendsTheRestElsewhere) {
  PlanProblem p = three_hours();
  p.zone_caps = {{"DE", 1}};
  EXPECT_EQ(made(p).machines, (std::vector<std::vector<int>>{{1, 1}, {1, 2}, {1, 0}}));
}

TEST(Plan, AnApiTakesWhatIsTooLittleForAMachine) {
  PlanProblem p = three_hours({110, 190, 100});
  p.options = {machine("de", "DE", 100, 2, 0.3, 3), api("vendor", 0.04, 0.001, 3)};
  const Plan plan = made(p);
  EXPECT_EQ(plan.machines, (std::vector<std::vector<int>>{{1, 0}, {2, 0}, {1, 0}}));
  EXPECT_DOUBLE_EQ(plan.requests[0][1], 10);
  EXPECT_DOUBLE_EQ(plan.eur, 8 + 0.4);
}

TEST(Plan, WorkThatMayWaitGoesToTheCheapHourAndNoLater) {
  PlanProblem p = three_hours({100, 0, 0});
  p.options.resize(1);
  p.options[0].eur_per_machine_hour = {5, 3, 1};
  p.deferrable = 1;
  p.defer_hours = 1;
  Plan plan = made(p);
  EXPECT_EQ(plan.machines, (std::vector<std::vector<int>>{{0}, {1}, {0}}));
  EXPECT_DOUBLE_EQ(plan.postponed[0], 100);
  EXPECT_DOUBLE_EQ(plan.postponed[1], 0);
  p.defer_hours = 2;
  EXPECT_EQ(made(p).machines, (std::vector<std::vector<int>>{{0}, {0}, {1}}));
  p.deferrable = 0;
  EXPECT_EQ(made(p).machines, (std::vector<std::vector<int>>{{1}, {0}, {0}}));
}

TEST(Plan, WhatWaitsFromBeforeKeepsItsDeadline) {
  PlanProblem p = three_hours({0, 0, 0});
  p.options.resize(1);
  p.options[0].eur_per_machine_hour = {5, 3, 1};
  p.waiting = {0, 100};  // until the end of hour 1
  EXPECT_EQ(made(p).machines, (std::vector<std::vector<int>>{{0}, {1}, {0}}));
}

TEST(Plan, ACarbonBudgetIsKeptForTheLeastMoney) {
  // 6 machine hours: each that moves to France costs 1 EUR and saves 0.27 kg
  const Plan p = made(three_hours(), {Goal::Kind::carbon_budget, 1.3});
  EXPECT_LE(p.kg, 1.3);
  EXPECT_DOUBLE_EQ(p.eur, 14);  // two of them
  EXPECT_NEAR(p.lambda, 1 / 0.27, 0.05);
}

TEST(Plan, ASlackOnCostBuysCarbon) {
  const Plan p = made(three_hours(), {Goal::Kind::cost_slack, 0.2});  // 2.40 EUR over 12
  EXPECT_LE(p.eur, 12 * 1.2);
  EXPECT_NEAR(p.kg, 4 * 0.3 + 2 * 0.03, 1e-9);
}

TEST(Plan, ABudgetThatBindsNothingIsTheCheapestPlan) {
  const Plan p = made(three_hours(), {Goal::Kind::carbon_budget, 100});
  EXPECT_DOUBLE_EQ(p.eur, 12);
  EXPECT_NEAR(p.lambda, 0, 1e-6);
}

TEST(Plan, TheFrontGoesFromTheCheapestToTheCleanest) {
  PlanProblem p = three_hours();
  p.options[0].kg_per_machine_hour = {0.3, 0.2, 0.1};
  const auto front = pareto_front(p, 8);
  ASSERT_TRUE(front) << front.error().message;
  ASSERT_GE(front->size(), 3U);
  EXPECT_DOUBLE_EQ(front->front().eur, 12);
  EXPECT_NEAR(front->back().kg, 6 * 0.03, 1e-9);
  for (size_t i = 1; i < front->size(); ++i) {
    EXPECT_GT((*front)[i].eur, (*front)[i - 1].eur);
    EXPECT_LT((*front)[i].kg, (*front)[i - 1].kg);
    EXPECT_GE((*front)[i].lambda, (*front)[i - 1].lambda);
  }
}

TEST(Plan, APlanBeforeIsWhereTheSearchBegins) {
  PlanProblem p = three_hours();
  for (auto& o : p.options) o.eur_per_start = 1;
  const Plan first = made(p);
  const Plan again = made(p, kCheapest, {.gap = 0.5, .certify = false, .previous = &first});
  EXPECT_LE(again.eur, first.eur);
}

TEST(Infeasible, NamesTheHourItsDemandAndTheCaps) {
  PlanProblem p = three_hours();
  p.options[0].max = 1, p.options[1].max = 1;
  const std::string why = refused(p);
  EXPECT_NE(why.find("Hour 1 (1970-01-01T01:00:00Z) has 250 requests"), std::string::npos) << why;
  EXPECT_NE(why.find("50 more than all options together can serve (200: 1 de, 1 fr)"), std::string::npos) << why;
}

TEST(Infeasible, NamesAZoneThatIsFull) {
  PlanProblem p = three_hours();
  p.options.resize(1);
  p.zone_caps = {{"DE", 2}};
  EXPECT_NE(refused(p).find("zone DE has 2 at most"), std::string::npos) << refused(p);
}

TEST(Infeasible, NamesAZoneThatMustKeepMoreThanItMay) {
  PlanProblem p = three_hours();
  p.options[0].min = 3;
  p.zone_caps = {{"DE", 2}};
  EXPECT_NE(refused(p).find("Zone DE may have 2 machines, and its options must keep 3"), std::string::npos);
}

TEST(Infeasible, SaysTheLeastCarbonThatIsPossible) {
  const std::string why = refused(three_hours(), {Goal::Kind::carbon_budget, 0.1});
  EXPECT_NE(why.find("A carbon budget of 0.1 kg is under the least possible, 0.135 kg"), std::string::npos) << why;
  // between what fractions of machines could do and what whole ones can
  const std::string whole = refused(three_hours(), {Goal::Kind::carbon_budget, 0.15});
  EXPECT_NE(whole.find("0.18 kg (with whole machines"), std::string::npos) << whole;
}

TEST(Infeasible, NumbersThatAreNoneAreRefused) {
  PlanProblem p = three_hours();
  p.options[0].eur_per_machine_hour[1] = std::nan("");
  EXPECT_NE(refused(p).find("Option \"de\": the price of an hour of hour 1"), std::string::npos) << refused(p);
  p = three_hours();
  p.options[1].kg_per_request.pop_back();
  EXPECT_NE(refused(p).find("for 2 hours, and the plan has 3"), std::string::npos) << refused(p);
  p = three_hours({});
  EXPECT_FALSE(refused(p).empty());
}

TEST(Hindsight, IsTheLinearProgrammesOptimum) {
  const auto bound = hindsight_bound(three_hours(), {});
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_NEAR(bound->value, 4.5 * 2, 1e-9);  // 450 requests, 100 of a machine's hour
  EXPECT_NEAR(bound->machines[1][0], 2.5, 1e-9);
  const auto slack = hindsight_bound(three_hours(), {Goal::Kind::cost_slack, 0.1});
  ASSERT_TRUE(slack) << slack.error().message;
  EXPECT_NEAR(slack->eur, 9.9, 1e-6);
  EXPECT_NEAR(slack->kg, 3.6 * 0.3 + 0.9 * 0.03, 1e-6);
  EXPECT_NEAR(slack->lambda, 1 / 0.27, 1e-6);
}

TEST(Hindsight, KnowsNoStartUp) {
  PlanProblem p = three_hours();
  for (auto& o : p.options) o.startup_hours = 1, o.eur_per_start = 5, o.ready_hour = 2;
  EXPECT_NEAR(hindsight_bound(p, {})->value, 9, 1e-9);
}

}  // namespace
}  // namespace trine::fleet::plan_test

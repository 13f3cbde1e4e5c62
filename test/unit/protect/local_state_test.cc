#include "protect/local_state.h"

#include <gtest/gtest.h>

namespace trine::protect::local_state_test {
namespace {

using namespace std::chrono_literals;

struct LimitsOfAKeyAndItsTeam : testing::Test {
  Policy policy() {
    Policy p;
    p.levels[p.level_count++] = {&state.subject(Scope::key, "k"), &key, Scope::key};
    p.levels[p.level_count++] = {&state.subject(Scope::team, "t"), &team, Scope::team};
    for (const BudgetUse& b : budgets) p.budgets[p.budget_count++] = &b;
    return p;
  }
  Verdict ask(Tokens in = 0, Tokens out = 0) { return state.reserve(policy(), quantities(in, out), now); }
  static Quantities quantities(Tokens in, Tokens out) {
    Quantities q;
    q.in = in;
    q.out = out;
    q.carbon = Carbon::raw(in + out);
    return q;
  }
  void done(Tokens in, Tokens out, Tokens really_out) {
    state.finish(policy(), quantities(in, out), quantities(in, out), quantities(in, really_out), now);
  }
  void advance(Nanos d) { now = {now.mono + d, now.wall + d}; }

  LocalState state;
  Limits key, team;
  std::vector<BudgetUse> budgets;
  Now now{Mono(1000s), *parse_iso8601("2026-11-28T16:00:00Z")};
};

TEST_F(LimitsOfAKeyAndItsTeam, ABurstPassesAndThenTheRate) {
  key.rpm = 60;
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(ask().ok()) << i;
  const Verdict v = ask();
  EXPECT_EQ(v.refused, Refused::rpm);
  EXPECT_EQ(v.wait, 1s);
  EXPECT_EQ(v.requests.left, 0);
  EXPECT_EQ(v.requests.until_full, 60s);
  advance(1s);
  EXPECT_TRUE(ask().ok());
  EXPECT_FALSE(ask().ok());
}

TEST_F(LimitsOfAKeyAndItsTeam, ASmallerBurstIsPossible) {
  key.rpm = 60;
  key.burst = 2s;
  EXPECT_TRUE(ask().ok());
  EXPECT_TRUE(ask().ok());
  EXPECT_FALSE(ask().ok());
}

TEST_F(LimitsOfAKeyAndItsTeam, TheTightestCounts) {
  key.rpm = 100;
  team.rpm = 2;
  EXPECT_TRUE(ask().ok());
  const Verdict second = ask();
  EXPECT_TRUE(second.ok());
  EXPECT_EQ(second.requests.limit, 2);
  EXPECT_EQ(second.requests.left, 0);
  const Verdict third = ask();
  EXPECT_EQ(third.refused, Refused::rpm);
  EXPECT_EQ(third.which, 1u);
}

TEST_F(LimitsOfAKeyAndItsTeam, WhatOneRefusesTheOtherDoesNotCount) {
  key.rpm = 100;
  team.rpm = 1;
  EXPECT_TRUE(ask().ok());
  for (int i = 0; i < 500; ++i) ASSERT_FALSE(ask().ok());
  team.rpm = 0;
  EXPECT_EQ(ask().requests.left, 98);
}

TEST_F(LimitsOfAKeyAndItsTeam, TokensThatWereNotUsedComeBack) {
  key.tpm = 1000;
  ASSERT_TRUE(ask(100, 800).ok());
  EXPECT_EQ(ask(100, 800).refused, Refused::tpm);
  done(100, 800, 50);
  EXPECT_TRUE(ask(50, 800).ok());
}

TEST_F(LimitsOfAKeyAndItsTeam, TokensBeyondTheReservationAreOwed) {
  key.tpm_out = 600;
  ASSERT_TRUE(ask(0, 10).ok());
  done(0, 10, 1200);
  EXPECT_EQ(ask(0, 1).wait, 60s + 100ms);
}

TEST_F(LimitsOfAKeyAndItsTeam, MoreThanTheBucketNeverPasses) {
  key.tpm_in = 100;
  const Verdict v = ask(101, 0);
  EXPECT_TRUE(v.never);
  EXPECT_EQ(v.asked, 101);
  EXPECT_TRUE(ask(100, 0).ok());
}

TEST_F(LimitsOfAKeyAndItsTeam, PlacesComeBackWhenARequestEnds) {
  key.concurrency = 2;
  EXPECT_TRUE(ask().ok());
  EXPECT_TRUE(ask().ok());
  EXPECT_EQ(ask().refused, Refused::concurrency);
  done(0, 0, 0);
  EXPECT_TRUE(ask().ok());
}

TEST_F(LimitsOfAKeyAndItsTeam, ALimitThatIsChangedKeepsTheShareInUse) {
  key.rpm = 60;
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(ask().ok());
  key.rpm = 600;  // half of the bucket is used, as before
  EXPECT_EQ(ask().requests.left, 299);
}

TEST_F(LimitsOfAKeyAndItsTeam, ABudgetThatRefusesGivesTheRestBack) {
  key.rpm = 10;
  budgets.push_back({.account = &state.budget(Scope::key, "k", Unit::carbon, {}), .rule = {}});
  budgets.push_back({.account = &state.budget(Scope::team, "t", Unit::carbon, {}), .rule = {}});
  for (auto& b : budgets) b.rule.unit = Unit::carbon;
  budgets[0].rule.limit = 1000;
  budgets[1].rule.limit = 100;
  ASSERT_TRUE(ask(0, 60).ok());
  const Verdict v = ask(0, 60);
  EXPECT_EQ(v.refused, Refused::budget);
  EXPECT_EQ(v.which, 1u);
  EXPECT_EQ(v.wait, 0s) << "a request under way may leave enough";
  EXPECT_EQ(budgets[0].account->view(now.wall).reserved, 60);
  EXPECT_EQ(ask(0, 1).requests.left, 8);
}

TEST_F(LimitsOfAKeyAndItsTeam, ABudgetOverItsSoftLimitSaysSo) {
  budgets.push_back({.account = &state.budget(Scope::key, "k", Unit::carbon, {}), .rule = {}});
  budgets[0].rule.unit = Unit::carbon;
  budgets[0].rule.limit = 100;
  EXPECT_EQ(ask(0, 79).soft, nullptr);
  EXPECT_EQ(ask(0, 1).soft, &budgets[0]);
}

TEST(State, IsTheSameForTheSameName) {
  LocalState s;
  EXPECT_EQ(&s.subject(Scope::key, "a"), &s.subject(Scope::key, "a"));
  EXPECT_NE(&s.subject(Scope::key, "a"), &s.subject(Scope::team, "a"));
  const Period day{.kind = Period::Kind::day};
  EXPECT_EQ(&s.budget(Scope::key, "a", Unit::money, day), &s.budget(Scope::key, "a", Unit::money, day));
  EXPECT_NE(&s.budget(Scope::key, "a", Unit::money, day), &s.budget(Scope::key, "a", Unit::energy, day));
}

}  // namespace
}  // namespace trine::protect::local_state_test

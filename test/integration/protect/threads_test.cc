// 64 clients at once against each kind of limit and budget: never more than allowed, never less than 98 % of it, and
// nothing is left over when all have gone.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "protect/local_state.h"

namespace trine::protect::threads_test {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 64;

struct Load {
  LocalState state;
  Limits limits;
  std::vector<BudgetUse> budgets;
  Policy policy;
  const Now now{Mono(1000s), *parse_iso8601("2026-11-28T16:00:00Z")};

  void begin() {
    policy.levels[policy.level_count++] = {&state.subject(Scope::key, "k"), &limits, Scope::key};
    for (const auto& b : budgets) policy.budgets[policy.budget_count++] = &b;
  }
  template <class Client>
  static void run(Client client) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) threads.emplace_back([&client, i] { client(i); });
    for (auto& t : threads) t.join();
  }
};

Quantities of(Tokens in, Tokens out, int64_t amount = 0) {
  Quantities q;
  q.in = in;
  q.out = out;
  q.cost = Money::raw(amount);
  q.energy = Energy::raw(amount);
  q.carbon = Carbon::raw(amount);
  return q;
}

TEST(SixtyFourClients, GetExactlyTheRequestsOfAMinute) {
  Load load;
  load.limits.rpm = 5000;
  load.begin();
  std::atomic<int> passed{0};
  Load::run([&](int) {
    for (int i = 0; i < 200; ++i)
      if (load.state.reserve(load.policy, of(0, 0), load.now).ok()) ++passed;
  });
  EXPECT_EQ(passed, 5000);
}

TEST(SixtyFourClients, GetExactlyTheTokensOfAMinuteWhateverWasReserved) {
  for (auto Limits::*which : {&Limits::tpm, &Limits::tpm_out}) {
    Load load;
    load.limits.*which = 100'000;
    load.begin();
    std::atomic<int64_t> used{0};
    Load::run([&](int) {
      for (int i = 0; i < 400; ++i) {
        if (!load.state.reserve(load.policy, of(0, 100), load.now).ok()) continue;
        load.state.finish(load.policy, of(0, 100), {}, of(0, 10), load.now);
        used += 10;
      }
    });
    EXPECT_LE(used, 100'000);
    // The last request needs 100 free, of which it uses 10.
    EXPECT_GE(used, 98'000);
  }
}

TEST(SixtyFourClients, NeverHoldMorePlacesThanThereAre) {
  Load load;
  load.limits.concurrency = 10;
  load.begin();
  std::atomic<int> inside{0}, most{0}, passed{0};
  Load::run([&](int) {
    for (int i = 0; i < 500; ++i) {
      if (!load.state.reserve(load.policy, of(0, 0), load.now).ok()) continue;
      const int n = ++inside;
      for (int m = most; n > m && !most.compare_exchange_weak(m, n);) {
      }
      ++passed;
      std::this_thread::yield();
      --inside;
      load.state.finish(load.policy, of(0, 0), {}, of(0, 0), load.now);
    }
  });
  EXPECT_LE(most, 10);
  EXPECT_GE(passed, 500);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(load.state.reserve(load.policy, of(0, 0), load.now).ok());
  EXPECT_FALSE(load.state.reserve(load.policy, of(0, 0), load.now).ok());
}

TEST(SixtyFourClients, SpendABudgetToItsEndAndNoFurtherInEachUnit) {
  for (const Unit unit : {Unit::money, Unit::energy, Unit::carbon}) {
    Load load;
    load.budgets.push_back({.account = &load.state.budget(Scope::team, "t", unit, {}), .rule = {}});
    load.budgets[0].rule.unit = unit;
    load.budgets[0].rule.limit = 1'000'000;
    load.begin();
    std::atomic<int64_t> spent{0};
    Load::run([&](int client) {
      for (int i = 0; i < 1000; ++i) {
        // Reserved 1000; took less, or now and then a tenth more.
        const int64_t actual = (client + i) % 10 == 0 ? 1100 : 300 + (client * 7 + i) % 500;
        if (!load.state.reserve(load.policy, of(1, 1, 1000), load.now).ok()) continue;
        load.state.book(load.policy, of(0, 0, std::min<int64_t>(actual, 1000)), of(0, 0, actual), load.now.wall,
                        load.now.wall);
        load.state.finish(load.policy, of(1, 1, 1000), of(0, 0, std::max<int64_t>(0, 1000 - actual)), of(1, 1),
                          load.now);
        spent += actual;
      }
    });
    const BudgetView v = load.budgets[0].account->view(load.now.wall);
    EXPECT_EQ(v.spent, spent);
    EXPECT_EQ(v.reserved, 0);
    EXPECT_LE(v.spent, 1'000'000 + kClients * 100) << "no more than the errors of what was under way";
    EXPECT_GE(v.spent, 980'000);
  }
}

}  // namespace
}  // namespace trine::protect::threads_test

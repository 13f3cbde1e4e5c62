#include "gateway/call/retry_budget.h"

#include <gtest/gtest.h>

namespace trine::gateway::retry_budget_test {
namespace {

using namespace std::chrono_literals;

struct RetryBudgetTest : testing::Test {
  int take_all() {
    int n = 0;
    for (; budget.any(now); ++n) budget.take();
    return n;
  }
  RetryBudget budget;
  Mono now{1h};
};

TEST_F(RetryBudgetTest, BeginsWithAFew) {
  EXPECT_EQ(take_all(), 10);
  EXPECT_FALSE(budget.any(now));
}

TEST_F(RetryBudgetTest, TenRequestsAddOne) {
  take_all();
  for (int i = 0; i < 9; ++i) budget.request();
  EXPECT_FALSE(budget.any(now));
  budget.request();
  EXPECT_EQ(take_all(), 1);
}

TEST_F(RetryBudgetTest, AddsAtMostATenthToTheLoad) {
  take_all();
  int retries = 0;
  for (int i = 0; i < 100'000; ++i) {
    budget.request();
    if (!budget.any(now)) continue;  // every request fails, and would like to be tried again
    budget.take();
    ++retries;
  }
  EXPECT_EQ(retries, 10'000);
}

TEST_F(RetryBudgetTest, QuietTrafficSavesABoundedNumber) {
  for (int i = 0; i < 100'000; ++i) budget.request();
  EXPECT_EQ(take_all(), 100);
}

TEST_F(RetryBudgetTest, ComesBackWithTimeWhereThereIsLittleTraffic) {
  take_all();
  now += 4s;
  EXPECT_EQ(take_all(), 2);
  now += 1h;
  EXPECT_EQ(take_all(), 10) << "and no more than it began with";
}

TEST_F(RetryBudgetTest, AsksCostNothing) {
  take_all();
  for (int i = 0; i < 1000; ++i) {
    now += 1ms;
    budget.any(now);
  }
  EXPECT_FALSE(budget.any(now)) << "half a retry a second";
  now += 1s;
  EXPECT_EQ(take_all(), 1);
}

}  // namespace
}  // namespace trine::gateway::retry_budget_test

#include "gateway/health.h"

#include <gtest/gtest.h>

namespace trine::gateway::health_test {
namespace {

using namespace std::chrono_literals;

Mono at(Nanos t) {
  return Mono(1h + t);
}

struct Resting : testing::Test {
  Resting() {
    for (int i = 0; i < Health::kTolerated; ++i) h.failure(at(0s), at(0s), Health::Why::unreachable);
  }
  Health h;
};

TEST(Health, ToleratesTwoFailuresAndRestsAfterTheThird) {
  Health h;
  h.failure(at(0s), at(0s));
  h.failure(at(0s), at(0s));
  EXPECT_TRUE(h.available(at(0s)));
  h.failure(at(0s), at(0s));
  EXPECT_FALSE(h.available(at(0s)));
  EXPECT_FALSE(h.available(at(2s) - Nanos(1)));
  EXPECT_TRUE(h.available(at(2s)));
}

TEST(Health, EachFurtherFailureDoublesTheRestUpToTheLongest) {
  Health h;
  for (int i = 0; i < 2; ++i) h.failure(at(0s), at(0s));
  Mono now = at(0s);
  for (const Nanos rest : {Nanos(2s), Nanos(4s), Nanos(8s), Nanos(16s), Nanos(32s), Nanos(60s), Nanos(60s)}) {
    h.failure(now, now);
    EXPECT_FALSE(h.available(now + rest - Nanos(1))) << seconds(rest);
    EXPECT_TRUE(h.available(now + rest)) << seconds(rest);
    now += rest;
  }
}

TEST(Health, HalfOpenOneCallAtATimeMayTry) {
  Health h;
  for (int i = 0; i < Health::kTolerated; ++i) h.failure(at(0s), at(0s));
  ASSERT_TRUE(h.available(at(2s)));
  h.claim(at(2s));
  EXPECT_FALSE(h.available(at(2s))) << "the try is taken";
  EXPECT_TRUE(h.available(at(4s))) << "a try that came to nothing does not close it for good";
}

TEST(Health, OneSuccessClosesTheBreaker) {
  Health h;
  for (int i = 0; i < 9; ++i) h.failure(at(0s), at(0s));
  h.success();
  EXPECT_EQ(h.failures(), 0);
  EXPECT_TRUE(h.available(at(0s)));
  h.claim(at(0s));
  EXPECT_TRUE(h.available(at(0s))) << "a healthy deployment takes any number of calls";
}

TEST_F(Resting, CallsThatWereSentBeforeTheRestBeganDoNotProlongIt) {
  for (int i = 0; i < 100; ++i) h.failure(at(1s), at(-3s));
  EXPECT_TRUE(h.available(at(2s))) << "a hundred streams died with the engine: one failure";
  EXPECT_EQ(h.failures(), Health::kTolerated);
}

TEST_F(Resting, ATryThatBeginsToAnswerLetsTheOthersIn) {
  h.claim(at(2s));
  ASSERT_FALSE(h.available(at(3s)));
  h.progress();
  EXPECT_TRUE(h.available(at(3s)));
  h.claim(at(3s));
  EXPECT_TRUE(h.available(at(3s))) << "it is not one at a time any more";
}

TEST_F(Resting, OneFailureAfterABeginningIsARestAgain) {
  h.claim(at(2s));
  h.progress();
  h.failure(at(3s), at(2s));
  EXPECT_FALSE(h.available(at(3s)));
  EXPECT_TRUE(h.available(at(5s)));
}

TEST(Health, BeginningsAloneCloseNoBreaker) {
  Health h;
  for (int i = 0; i < Health::kTolerated; ++i) {
    h.progress();
    h.failure(at(i * 1ms), at(i * 1ms));
  }
  EXPECT_FALSE(h.available(at(1s))) << "it answers each call, and breaks each answer";
}

// ---- patience ----

TEST(Patience, IsNoFailureAndEndsByItself) {
  Health h;
  h.patience(at(0s), 7s);
  EXPECT_EQ(h.failures(), 0);
  EXPECT_FALSE(h.available(at(7s) - Nanos(1)));
  EXPECT_EQ(h.patience_left(at(3s)), 4s);
  EXPECT_TRUE(h.available(at(7s)));
  EXPECT_EQ(h.patience_left(at(8s)), 0s);
}

TEST(Patience, IsNotEndedByAnswersToEarlierCalls) {
  Health h;
  h.patience(at(0s), 7s);
  h.progress();
  h.success();
  EXPECT_FALSE(h.available(at(1s)));
}

TEST(Patience, IsAtLeastATenthOfASecondAndAtMostAMinute) {
  Health h;
  h.patience(at(0s), 0s);
  EXPECT_FALSE(h.available(at(99ms)));
  EXPECT_TRUE(h.available(at(100ms)));
  h.patience(at(0s), 24h);
  EXPECT_TRUE(h.available(at(60s)));
}

TEST_F(Resting, WhoRestsForFailuresIsNotWorthWaitingFor) {
  h.patience(at(0s), 1s);
  EXPECT_EQ(h.patience_left(at(0s)), 0s);
}

// ---- checks ----

TEST(Checks, TwoInARowMustFail) {
  Health h;
  h.checked(false);
  h.checked(true);
  h.checked(false);
  EXPECT_TRUE(h.available(at(0s)));
  h.checked(false);
  EXPECT_FALSE(h.available(at(24h))) << "until one succeeds";
  h.checked(true);
  EXPECT_TRUE(h.available(at(0s)));
}

TEST_F(Resting, ACheckEndsARestOfOneThatDidNotAnswer) {
  h.checked(true);
  EXPECT_TRUE(h.available(at(0s)));
  h.claim(at(0s));
  EXPECT_FALSE(h.available(at(0s))) << "but one call at a time tries it";
}

TEST(Checks, DoNotEndTheRestOfOneThatAnswersWithErrors) {
  Health h;
  for (int i = 0; i < Health::kTolerated; ++i) h.failure(at(0s), at(0s));
  h.checked(true);
  EXPECT_FALSE(h.available(at(1s)));
}

TEST(Checks, ThatNobodyMakesAnyMoreAreForgotten) {
  Health h;
  h.checked(false);
  h.checked(false);
  h.forget_checks();
  EXPECT_TRUE(h.available(at(0s)));
}

TEST_F(Resting, ForgettingChecksEndsNoRest) {
  h.forget_checks();
  EXPECT_FALSE(h.available(at(1s)));
}

}  // namespace
}  // namespace trine::gateway::health_test

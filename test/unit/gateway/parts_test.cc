// The small parts that keep state: health, the batch meter, the idempotency store, the executor, the probe, the feed.
#include <gtest/gtest.h>

#include <future>

#include "gateway/batch.h"
#include "gateway/call_feed.h"
#include "gateway/executor.h"
#include "gateway/health.h"
#include "gateway/idempotency.h"
#include "gateway/probe.h"
#include "integration/gateway/wire.h"
#include "net/task.h"

namespace trine::gateway::test::parts_test {
namespace {

Mono at(Nanos d) {
  return Mono(d);
}

// ---- batch ----

TEST(BatchMeter, IsAtLeastOneAndOverNoTimeWhatRuns) {
  BatchMeter b(2);
  EXPECT_EQ(b.running(), 0);
  EXPECT_DOUBLE_EQ(b.mean(0, at(1s), at(1s)), 1);
  b.begin(0, at(0s));
  b.begin(1, at(0s));
  EXPECT_EQ(b.running(), 2);
  EXPECT_DOUBLE_EQ(b.mean(b.integral(at(1s)), at(1s), at(1s)), 2);
  EXPECT_DOUBLE_EQ(b.mean(b.integral(at(1s)), at(1s), at(3s)), 2);
  b.end(1, at(0s), at(2s));
  EXPECT_EQ(b.integral(at(4s)), 6'000'000'000);
}

// ---- idempotency ----

std::shared_ptr<const StoredAnswer> answer(size_t bytes) {
  return std::make_shared<const StoredAnswer>(StoredAnswer{200, "", string(bytes, 'x')});
}
using Verdict = Idempotency::Verdict;

struct IdempotencyTest : testing::Test {
  Idempotency store;
  const KeyHash body = hash_key("body"), other = hash_key("other");
  Verdict claim(const string& who, const string& key, const KeyHash& f, Nanos t = Nanos(0)) {
    return store.claim(who, key, f, at(t)).verdict;
  }
};

TEST_F(IdempotencyTest, OneAtATimeThenTheAnswerAgain) {
  EXPECT_EQ(claim("a", "k", body), Verdict::fresh);
  EXPECT_EQ(claim("a", "k", body), Verdict::running);
  EXPECT_EQ(claim("a", "k", other), Verdict::other_request);
  EXPECT_EQ(claim("b", "k", body), Verdict::fresh);
  EXPECT_EQ(claim("ak", "", body), Verdict::fresh) << "client and key do not run into each other";
  const auto kept = answer(3);
  store.finish("a", "k", kept);
  const auto again = store.claim("a", "k", body, at(0s));
  EXPECT_EQ(again.verdict, Verdict::replay);
  EXPECT_EQ(again.answer, kept);
  EXPECT_EQ(claim("a", "k", other), Verdict::other_request);
}

TEST_F(IdempotencyTest, WithoutAnAnswerItSaysThatThereWasOne) {
  claim("a", "k", body);
  store.finish("a", "k", nullptr);
  EXPECT_EQ(claim("a", "k", body), Verdict::not_kept);
}

TEST_F(IdempotencyTest, WhatIsReleasedMayBeTriedAgainWithAnyBody) {
  claim("a", "k", body);
  store.release("a", "k");
  EXPECT_EQ(claim("a", "k", other), Verdict::fresh);
  store.release("a", "nobody");
  store.finish("a", "nobody", answer(1));
  EXPECT_EQ(claim("a", "nobody", body), Verdict::fresh);
}

TEST_F(IdempotencyTest, AClaimIsReleasedUnlessItIsFinished) {
  {
    IdempotencyClaim c;
    EXPECT_FALSE(c);
    claim("a", "k", body);
    c.hold(store, "a", "k");
    EXPECT_TRUE(c);
  }
  EXPECT_EQ(claim("a", "k", body), Verdict::fresh);
  {
    IdempotencyClaim c;
    c.hold(store, "a", "k");
    c.finish(answer(1));
  }
  EXPECT_EQ(claim("a", "k", body), Verdict::replay);
}

TEST_F(IdempotencyTest, AnswersAreForgottenAfterADay) {
  claim("a", "k", body);
  store.finish("a", "k", answer(1));
  EXPECT_EQ(claim("a", "k", body, Idempotency::kKept - 1s), Verdict::replay);
  EXPECT_EQ(claim("a", "k", body, Idempotency::kKept), Verdict::fresh);
}

TEST_F(IdempotencyTest, AnAnswerIsForgottenAfterADayAlsoBehindOneThatStillRuns) {
  claim("a", "runs", body);
  claim("a", "k", body);
  store.finish("a", "k", answer(1));
  EXPECT_EQ(claim("a", "k", other, Idempotency::kKept), Verdict::fresh);
  EXPECT_EQ(claim("a", "runs", body, 2 * Idempotency::kKept), Verdict::running) << "what runs is never forgotten";
}

TEST_F(IdempotencyTest, MemoryIsBoundedTheOldestGoFirst) {
  const size_t each = Idempotency::kMaxAnswer;
  const size_t fit = Idempotency::kMaxBytes / each;
  claim("a", "runs", body);
  for (size_t i = 0; i < fit + 5; ++i) {
    const string key = std::to_string(i);
    ASSERT_EQ(claim("a", key, body), Verdict::fresh);
    store.finish("a", key, answer(each));
    ASSERT_LE(store.bytes(), Idempotency::kMaxBytes);
  }
  EXPECT_EQ(claim("a", std::to_string(fit + 4), body), Verdict::replay);
  EXPECT_EQ(claim("a", "0", body), Verdict::fresh);
  EXPECT_EQ(claim("a", "runs", body), Verdict::running);
}

// ---- executor ----

TEST(Executor, RunsWorkInOrderOnAThreadOfItsOwnAndResumesOnTheLoop) {
  net::Loop loop;
  Executor executor;
  const auto here = std::this_thread::get_id();
  std::vector<int> order;
  std::vector<std::thread::id> resumed;
  const auto one = [&](int n) -> net::Task<void> {
    auto work = [n, here] {
      EXPECT_NE(std::this_thread::get_id(), here);
      return n;
    };
    const auto got = co_await executor.run(loop, std::move(work));
    order.push_back(got.value_or(-1));
    resumed.push_back(std::this_thread::get_id());
    if (order.size() == 3) loop.stop();
  };
  for (int i = 0; i < 3; ++i) net::spawn(one(i));
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(resumed, std::vector<std::thread::id>(3, here));
}

TEST(Executor, TakesOnlySoMuch) {
  net::Loop loop;
  std::promise<void> go, taken;
  bool refused = false;
  {
    Executor executor;
    ASSERT_TRUE(executor.post([&] {
      taken.set_value();
      go.get_future().wait();
    }));
    taken.get_future().wait();
    for (size_t i = 0; i < Executor::kMaxWaiting; ++i) ASSERT_TRUE(executor.post([] {}));
    EXPECT_FALSE(executor.post([] {}));
    const auto run = [&]() -> net::Task<void> {
      auto work = [] { return 1; };
      const auto got = co_await executor.run(loop, std::move(work));
      refused = !got.has_value();
    };
    net::spawn(run());
    EXPECT_TRUE(refused) << "at once, without waiting";
    go.set_value();
  }
}

TEST(Executor, FinishesWhatItTookBeforeItEnds) {
  int done = 0;
  {
    Executor executor;
    for (int i = 0; i < 10; ++i) executor.post([&] { ++done; });
  }
  EXPECT_EQ(done, 10);
}

// ---- probe and feed ----

TEST(DurationHistogram, PutsEachIntoItsBucket) {
  DurationHistogram h;
  h.observe(10ms);
  h.observe(10ms + 1ns);
  h.observe(100s);
  EXPECT_EQ(h.bucket(0), 1) << "bounds are inclusive";
  EXPECT_EQ(h.bucket(1), 1);
  EXPECT_EQ(h.bucket(DurationHistogram::kBounds.size()), 1);
  EXPECT_NEAR(h.sum(), 100.02, 1e-6);
}

TEST(CallFeed, HandsOverInBatchesAndOnDemand) {
  std::vector<size_t> batches;
  CallFeed feed([&](const std::vector<CallNote>& notes) { batches.push_back(notes.size()); });
  feed.flush();
  EXPECT_TRUE(batches.empty()) << "nothing is not handed over";
  for (int i = 0; i < 513; ++i) feed.add({});
  EXPECT_EQ(batches, (std::vector<size_t>{512}));
  feed.flush();
  EXPECT_EQ(batches, (std::vector<size_t>{512, 1}));
}

}  // namespace
}  // namespace trine::gateway::test::parts_test

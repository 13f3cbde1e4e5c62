#include "sim/engine.h"

#include <gtest/gtest.h>

#include "sim/tokenizer.h"
#include "unit/sim/sim_fixture.h"

namespace trine::sim::engine_test {
namespace {

using namespace std::chrono_literals;

const Mono start{Nanos(1'000)};

TEST(Engine, OneRequestCostsPrefillPlusTokensTimesAPlusB) {
  Engine e(small_spec(), 1, start);
  Log log;
  e.submit(ask(1000, 10));
  run_out(e, log);
  // alone: every step is a batch of one
  EXPECT_EQ(e.active_energy(), joules(1000 * 0.029 + 10 * (0.0665 + 3.163)));
  EXPECT_EQ(log.finished.at(1).active, e.active_energy());
  // 1000 tokens at 20,000/s, ten steps of 8.1 ms
  EXPECT_EQ(e.now() - start, 50ms + 10 * 8100us);
  EXPECT_EQ(e.idle_energy(), joules(70 * 0.131));
}

TEST(Engine, ReportsEveryTokenInOrderAndWhyItEnded) {
  Engine e(small_spec(), 1, start);
  Log log;
  e.submit(Request{5, {}, 3, 100});
  run_out(e, log);
  ASSERT_EQ(log.events.size(), 3u);
  for (Tokens i = 0; i < 3; ++i) EXPECT_EQ(log.events[static_cast<size_t>(i)].produced, i + 1);
  EXPECT_EQ(log.events[1].finish, Finish::none);
  EXPECT_EQ(log.events[2].finish, Finish::stop);

  e.submit(Request{5, {}, 100, 3});
  run_out(e, log);
  EXPECT_EQ(log.finished.at(2).finish, Finish::length);
  EXPECT_EQ(log.finished.at(2).produced, 3);
}

TEST(Engine, AnEmbeddingIsPrefillOnly) {
  Engine e(small_spec(), 1, start);
  Log log;
  e.submit(Request{400, {}, 0, 0});
  run_out(e, log);
  EXPECT_EQ(e.active_energy(), joules(400 * 0.029));
  EXPECT_EQ(log.finished.at(1).produced, 0);
  EXPECT_EQ(e.stats().emitting_steps, 0u);
}

TEST(Engine, ABatchIsFasterAndCheaperPerTokenThanOneAfterTheOther) {
  constexpr int n = 16;
  Engine together(small_spec(), 1, start);
  Log log;
  for (int i = 0; i < n; ++i) together.submit(ask(20, 50));
  run_out(together, log);

  Engine serial(small_spec(), 1, start);
  for (int i = 0; i < n; ++i) {
    serial.submit(ask(20, 50));
    run_out(serial, log);
  }
  ASSERT_EQ(together.stats().generation_tokens, serial.stats().generation_tokens);
  EXPECT_LT((together.now() - start) * 8, serial.now() - start);
  EXPECT_LT(together.active_energy().raw() * 5, serial.active_energy().raw());
}

TEST(Engine, SequencesBeyondTheLimitWait) {
  EngineSpec s = small_spec();
  s.max_num_seqs = 2;
  Engine e(s, 1, start);
  Log log;
  for (int i = 0; i < 5; ++i) e.submit(ask(10, 4));
  e.advance_to(start + 15ms, log.sink);
  EXPECT_EQ(e.running(), 2);
  EXPECT_EQ(e.waiting(), 3);
  run_out(e, log);
  EXPECT_EQ(log.finished.size(), 5u);
  EXPECT_EQ(e.stats().time_to_first_token.count(), 5u);
  EXPECT_GT(e.stats().queue.sum(), 0.0);
}

TEST(Engine, RequestsWaitForKvSpaceFirstComeFirstServed) {
  EngineSpec s = small_spec();
  s.context_length = s.kv_tokens = 1024;
  Engine e(s, 1, start);
  Log log;
  e.submit(ask(900, 10));
  e.submit(ask(900, 10));
  e.submit(ask(10, 10));
  e.advance_to(start + 60ms, log.sink);
  EXPECT_EQ(e.running(), 1);
  EXPECT_EQ(e.waiting(), 2);
  EXPECT_LE(e.kv_usage(), 1.0);
  EXPECT_GT(e.kv_usage(), 0.85);
  run_out(e, log);
  EXPECT_EQ(log.finished.size(), 3u);
  EXPECT_EQ(e.kv_usage(), 0.0);
}

TEST(Engine, ALongPromptIsPrefilledInChunksBesideTheDecodesOfOthers) {
  EngineSpec s = small_spec();
  s.max_batched_tokens = 512;
  Engine e(s, 1, start);
  Log log;
  e.submit(ask(1, 200));
  e.submit(ask(5000, 1));
  run_out(e, log);
  int before = 0;  // tokens of the first while the second was in prefill
  for (const TokenEvent& ev : log.events) before += ev.id == 1 && ev.at < log.finished.at(2).at;
  EXPECT_GE(before, 5000 / 512);
}

TEST(Engine, CancelStopsTokensAtOnceAndEnergyAtTheEndOfTheStep) {
  Engine e(small_spec(), 1, start);
  Log log;
  const auto id = e.submit(ask(20, 1000));
  e.advance_to(start + 100ms, log.sink);
  const auto tokens = log.events.size();
  ASSERT_GT(tokens, 5u);
  e.cancel(id);
  const Mono step_end = *e.next_event_time();
  e.advance_to(step_end, log.sink);
  ASSERT_EQ(log.events.size(), tokens + 1);
  EXPECT_EQ(log.events.back().finish, Finish::cancelled);
  const Energy then = e.active_energy();
  EXPECT_EQ(log.events.back().active, then) << "it bears what it used";

  e.advance_to(step_end + 10s, log.sink);
  EXPECT_EQ(e.active_energy(), then);
  EXPECT_EQ(e.total_energy() - e.idle_energy(), then);
  EXPECT_EQ(e.running(), 0);
  EXPECT_EQ(e.next_event_time(), std::nullopt);
}

TEST(Engine, CancellingAWaitingRequestCostsNothing) {
  EngineSpec s = small_spec();
  s.max_num_seqs = 1;
  Engine e(s, 1, start);
  Log log;
  e.submit(ask(10, 3));
  const auto waiting = e.submit(ask(10, 3));
  e.cancel(waiting);
  e.cancel(waiting);
  e.cancel(77);
  run_out(e, log);
  EXPECT_EQ(log.finished.at(waiting).finish, Finish::cancelled);
  EXPECT_EQ(log.finished.at(waiting).active, Energy());
  EXPECT_EQ(e.stats().finished_cancelled, 1u);
  EXPECT_EQ(e.stats().finished_stop, 1u);
}

TEST(Engine, PowerIsIdleAtRestAndMoreUnderLoad) {
  Engine e(small_spec(), 1, start);
  Log log;
  e.advance_to(start + 5s, log.sink);
  EXPECT_DOUBLE_EQ(e.power().w, 70);
  EXPECT_DOUBLE_EQ(e.utilisation(), 0);
  e.submit(ask(10, 1000));
  e.advance_to(start + 8s, log.sink);
  EXPECT_NEAR(e.power().w, 70 + 3.2295 / 0.0081, 5);
  EXPECT_NEAR(e.utilisation(), 1, 1e-9);
  run_out(e, log);
  e.advance_to(e.now() + 2s, log.sink);
  EXPECT_DOUBLE_EQ(e.power().w, 70);
}

TEST(PrefixCache, ASecondPromptWithTheSameBeginningIsServedFromTheCache) {
  const std::string shared(4000, 'x');
  const auto prompt = [&](const char* tail) {
    const std::string text = shared + tail;
    const auto p = pieces(text);
    return Request{static_cast<Tokens>(p.size()), block_hashes(p), 2, 2};
  };
  Engine e(small_spec(), 1, start);
  Log log;
  const Request first = prompt(" first question");
  e.submit(first);
  run_out(e, log);
  const Energy cold = e.active_energy();
  EXPECT_EQ(log.finished.at(1).cached, 0);

  e.submit(prompt(" second question"));
  run_out(e, log);
  EXPECT_GE(log.finished.at(2).cached, first.prompt_tokens / block_tokens * block_tokens - 2 * block_tokens);
  EXPECT_LT(e.active_energy() - cold, cold);
  EXPECT_EQ(e.stats().cache_hits, log.finished.at(2).cached);
  EXPECT_EQ(e.stats().prefill_computed + e.stats().prefill_cached, e.stats().prompt_tokens);
}

TEST(PrefixCache, TheLastPromptTokenIsAlwaysComputed) {
  std::vector<uint64_t> blocks{1, 2};
  Engine e(small_spec(), 1, start);
  Log log;
  for (int i = 0; i < 2; ++i) {
    e.submit(Request{32, blocks, 1, 1});
    run_out(e, log);
  }
  EXPECT_EQ(log.finished.at(2).cached, 16);
}

TEST(PrefixCache, TheLeastRecentlyUsedBlocksGoFirst) {
  PrefixCache c(4);
  const std::vector<uint64_t> a{1, 2}, b{3, 4}, d{5, 6};
  c.insert(a);
  c.insert(b);
  EXPECT_EQ(c.match(a), 2u);  // now a is the more recent
  c.insert(d);
  EXPECT_EQ(c.match(a), 2u);
  EXPECT_EQ(c.match(b), 0u);
  EXPECT_EQ(c.size(), 4u);
  // a block without those before it is of no use, so the tail of a chain goes first
  c.insert(std::vector<uint64_t>{7});
  EXPECT_EQ(c.match(d), 1u);
}

TEST(Spec, RefusesWhatNoEngineHas) {
  EXPECT_TRUE(validated(small_spec()));
  const auto refused = [](auto change) {
    EngineSpec s = small_spec();
    change(s);
    return !validated(s);
  };
  EXPECT_TRUE(refused([](EngineSpec& s) { s.model.clear(); }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.curve.b = joules(-1); }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.idle.w = -1; }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.idle.w = NAN; }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.prefill_tokens_per_s = 0; }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.step_base = s.step_per_sequence = Nanos(0); }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.max_num_seqs = 0; }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.kv_tokens = s.context_length - 1; }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.jitter = 1; }));
  EXPECT_TRUE(refused([](EngineSpec& s) { s.max_batched_tokens = 0; }));
}

TEST(Spec, ACurveThatContainsIdleGivesTheSameTotalWithIdleCountedApart) {
  EngineSpec s = small_spec();
  const Curve whole = s.curve;
  s.curve = above_idle(whole, s);
  Engine e(s, 1, start);
  Log log;
  e.submit(ask(1000, 200));
  run_out(e, log);
  const double expected = 1000 * 0.029 + 200 * (0.0665 + 3.163);
  EXPECT_NEAR(to_joules(e.total_energy()), expected, expected * 1e-4);
}

}  // namespace
}  // namespace trine::sim::engine_test

// What is to be done about a plan (the rules in reconcile.h).
#include "fleet/reconcile.h"

#include "unit/fleet/fleet_fixture.h"

namespace trine::fleet::reconcile_test {
namespace {

using namespace testing;
using enum InstanceEvent::Kind;

struct ReconcileTest : ::testing::Test {
  Steps steps(std::vector<Wanted> wanted) {
    return reconcile(
        fleet, {wanted, "cloud", story.now}, rules,
        [&](const Instance& i) -> std::optional<int64_t> {
          const auto it = running.find(i.id);
          return it == running.end() ? std::nullopt : std::optional(it->second);
        },
        [&](const std::string&) { return id_number(next_id++); });
  }
  // "request h100-se", "drain <n of the id>", ...
  std::vector<std::string> does(std::vector<Wanted> wanted) {
    std::vector<std::string> all;
    for (const auto& e : steps(std::move(wanted)).events) {
      std::string who = e.option;
      for (uint64_t n = 1; n < 100; ++n) {
        if (e.instance == id_number(n)) who = std::to_string(n);
      }
      all.push_back(fmt::format("{} {}", name(e.kind), who));
      EXPECT_TRUE(e.kind != request || e.sequence == 1);
    }
    return all;
  }
  using Does = std::vector<std::string>;

  Instances fleet;
  Story story{fleet};
  Rules rules;
  std::map<std::string, int64_t> running;
  uint64_t next_id = 1000;
};

TEST_F(ReconcileTest, RequestsWhatIsMissing) {
  story.ready(id_number(1));
  EXPECT_EQ(does({want("h100-se", 3), want("4090-fr", 1)}),
            (Does{"request 4090-fr", "request h100-se", "request h100-se"}));
  EXPECT_EQ(does({want("h100-se", 1)}), Does{});
}

TEST_F(ReconcileTest, HandsTheSpecOver) {
  const auto events = steps({{"h100-se", 1, {}, R"({"gpus":1})"}}).events;
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].spec, R"({"gpus":1})");
  EXPECT_EQ(events[0].actuator, "cloud");
}

TEST_F(ReconcileTest, NeverHasMoreThanMaxOfAnOptionNotEvenWhileOthersGo) {
  rules.max = 3;
  story.ready(id_number(1)).ready(id_number(2));
  story.then(id_number(2), drain);
  const auto done = steps({want("h100-se", 9)});
  EXPECT_EQ(done.events.size(), 1u) << "one ready, one draining: one more";
  ASSERT_EQ(done.notes.size(), 1u);
  EXPECT_EQ(done.notes[0], "h100-se: 9 wanted, but at most 3 may exist and 2 do (with those that are not stopped yet)");
}

TEST_F(ReconcileTest, WhatIsNotReadyInTimeFailsAndIsStopped) {
  story.then(id_number(1), request).then(id_number(1), accepted);
  story.now += rules.start_timeout - s(1);
  EXPECT_EQ(does({want("h100-se", 1)}), Does{});
  story.now += s(1);
  const auto done = steps({want("h100-se", 1)});
  ASSERT_EQ(done.events.size(), 2u);
  EXPECT_EQ(done.events[0].kind, timeout);
  EXPECT_EQ(done.events[0].reason, "not ready after 15 min");
  EXPECT_EQ(done.events[1].kind, stop) << "something of it may exist";
  ASSERT_EQ(done.notes.size(), 1u) << "no other one at once";
}

TEST_F(ReconcileTest, StartsAgainAfterABackOffThatDoubles) {
  EXPECT_EQ(backoff(rules, 1), s(30));
  EXPECT_EQ(backoff(rules, 2), s(60));
  EXPECT_EQ(backoff(rules, 4), s(240));
  EXPECT_EQ(backoff(rules, 5), hours(1)) << "given up for an hour";
  EXPECT_EQ(backoff(rules, 500), hours(1));
  rules.attempts = 100;
  EXPECT_EQ(backoff(rules, 50), rules.backoff_limit);
}

TEST_F(ReconcileTest, AfterAFailureOneMachineIsOnTrial) {
  story.then(id_number(1), request).then(id_number(1), failed).then(id_number(1), stop).then(id_number(1), stopped);
  story.now += s(29);
  const auto early = steps({want("h100-se", 3)});
  EXPECT_TRUE(early.events.empty());
  ASSERT_EQ(early.notes.size(), 1u);
  EXPECT_EQ(early.notes[0],
            "h100-se: 1 failed in a row, the last because: no capacity; next try at 2025-11-24T16:00:30Z");
  story.now += s(1);
  EXPECT_EQ(does({want("h100-se", 3)}), Does{"request h100-se"});
  story.then(id_number(2), request);
  EXPECT_EQ(does({want("h100-se", 3)}), Does{}) << "it is not ready yet";
  story.then(id_number(2), accepted).then(id_number(2), became_ready);
  story.now += kSteady;
  EXPECT_EQ(does({want("h100-se", 3)}), (Does{"request h100-se", "request h100-se"}));
}

TEST_F(ReconcileTest, DrainsTheCostliestThenTheYoungest) {
  story.ready(id_number(1));
  story.now += minutes(1);
  story.ready(id_number(2));
  story.option = "4090-fr";
  story.ready(id_number(3)).ready(id_number(4));
  story.now += hours(1);
  EXPECT_EQ(does({want("h100-se", 1, 2.5), want("4090-fr", 1, 0.4)}), (Does{"drain 2", "drain 4"}));
  EXPECT_EQ(does({want("h100-se", 1, 0.1), want("4090-fr", 0, 0.4)}), (Does{"drain 4", "drain 3", "drain 2"}));
  EXPECT_EQ(does({}), (Does{"drain 4", "drain 3", "drain 2", "drain 1"})) << "without prices: the youngest";
}

TEST_F(ReconcileTest, KeepsAMachineForItsMinimumUptime) {
  story.ready(id_number(1));
  story.now += rules.min_uptime - s(1);
  const auto early = steps({want("h100-se", 0)});
  EXPECT_TRUE(early.events.empty());
  EXPECT_EQ(early.notes.size(), 1u);
  story.now += s(1);
  EXPECT_EQ(does({want("h100-se", 0)}), Does{"drain 1"});
}

TEST_F(ReconcileTest, KeepsTheOldUntilTheNewAreReady) {
  story.ready(id_number(1)).ready(id_number(2));
  story.now += hours(1);
  const std::vector<Wanted> plan = {want("4090-fr", 2)};
  EXPECT_EQ(does(plan), (Does{"request 4090-fr", "request 4090-fr"}));
  story.option = "4090-fr";
  story.ready(id_number(3)).then(id_number(4), request);
  EXPECT_EQ(does(plan), Does{"drain 2"}) << "one for one";
  story.then(id_number(2), drain).then(id_number(4), accepted).then(id_number(4), became_ready);
  EXPECT_EQ(does(plan), Does{"drain 1"});
}

TEST_F(ReconcileTest, StopsWhatIsNotReadyYetAndNotWantedAnyMoreTheYoungestFirst) {
  story.ready(id_number(1)).then(id_number(2), request).then(id_number(3), request).then(id_number(3), accepted);
  EXPECT_EQ(does({want("h100-se", 2)}), Does{"stop 3"});
  EXPECT_EQ(does({want("h100-se", 1)}), (Does{"stop 3", "stop 2"})) << "before any that serves";
}

TEST_F(ReconcileTest, WaitsForRequestsInFlight) {
  story.ready(id_number(1)).then(id_number(1), drain);
  running[id_number(1)] = 2;
  story.now += rules.drain_deadline - s(1);
  EXPECT_EQ(does({}), Does{});
  running[id_number(1)] = 0;
  EXPECT_EQ(does({}), (Does{"drained 1", "stop 1"}));
}

TEST_F(ReconcileTest, StopsAtTheDeadlineAndSaysWhatItCut) {
  story.ready(id_number(1)).then(id_number(1), drain);
  EXPECT_EQ(does({}), Does{}) << "how many run is not known";
  story.now += rules.drain_deadline;
  auto done = steps({});
  ASSERT_EQ(done.events.size(), 2u);
  EXPECT_EQ(done.events[0].reason, "drained for 10 min; how many requests are in flight is not known");
  running[id_number(1)] = 2;
  done = steps({});
  EXPECT_EQ(done.events[0].kind, timeout);
  EXPECT_EQ(done.events[0].reason, "2 requests still in flight after 10 min");
  EXPECT_EQ(done.events[1].kind, stop);
}

TEST_F(ReconcileTest, ForgetsWhatWasStoppedLongAgo) {
  story.then(id_number(1), request).then(id_number(1), stop).then(id_number(1), stopped);
  story.now += rules.keep_stopped - s(1);
  EXPECT_EQ(does({}), Does{});
  story.now += s(1);
  EXPECT_EQ(does({}), Does{"forget 1"});
}

}  // namespace
}  // namespace trine::fleet::reconcile_test

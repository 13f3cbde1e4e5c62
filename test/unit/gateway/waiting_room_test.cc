#include "gateway/call/waiting_room.h"

#include <gtest/gtest.h>

#include <string>

#include "net/task.h"

namespace trine::gateway::waiting_room_test {
namespace {

using namespace std::chrono_literals;

// Who waits is a letter, its tenant is another; `order` has who went, in order, or how else it ended.
struct WaitingRoomTest : testing::Test {
  net::Task<void> wait(char who, char tenant, Nanos patience, std::function<bool()> may_go) {
    Waiter w;
    w.tenant = static_cast<uint64_t>(tenant);
    w.until = clock.mono() + patience;
    w.may_go = std::move(may_go);
    leave[static_cast<size_t>(who)] = [this, &w] { room.leave(w); };
    for (bool again = false;; again = true) {
      const auto end = co_await room.wait(w, again);
      if (end == Waiter::End::timed_out) order += '-';
      if (end == Waiter::End::gone) order += '!';
      if (end == Waiter::End::turn && places == 0) {
        order += '?';
        continue;
      }
      order += who;
      if (end == Waiter::End::turn) {
        --places;
        room.served();
        room.next();
      }
      co_return;
    }
  }
  void enter(char who, char tenant, Nanos patience = 1h) {
    net::spawn(wait(who, tenant, patience, [this] { return places > 0; }));
  }
  void free(int n = 1) {
    places += n;
    room.next();
    loop.run_virtual(clock, Nanos(0));
  }
  void advance(Nanos d) {
    const Mono target = clock.mono() + d;
    loop.run_virtual(clock, d);
    if (clock.mono() < target) clock.advance(target - clock.mono());
    loop.run_virtual(clock, Nanos(0));
  }
  ~WaitingRoomTest() override {
    places = 1000;
    advance(2h);
    EXPECT_TRUE(room.empty());
  }

  VirtualClock clock;
  net::Loop loop{clock};
  WaitingRoom room{loop};
  int places = 0;
  std::string order;
  std::array<std::function<void()>, 128> leave;
};

TEST_F(WaitingRoomTest, GoesByArrivalWithinATenant) {
  for (char who : {'a', 'b', 'c'}) enter(who, 'x');
  EXPECT_EQ(room.size(), 3u);
  free();
  EXPECT_EQ(order, "a");
  free(2);
  EXPECT_EQ(order, "abc");
}

TEST_F(WaitingRoomTest, GoesRoundAmongTenants) {
  for (char who : {'a', 'b', 'c', 'd'}) enter(who, 'x');
  enter('1', 'y');
  enter('2', 'y');
  enter('7', 'z');
  free(7);
  EXPECT_EQ(order, "a17b2cd") << "a burst does not make the others wait behind it";
}

TEST_F(WaitingRoomTest, ATenantThatComesBackStandsBehindTheOthers) {
  enter('a', 'x');
  enter('1', 'y');
  free();
  enter('b', 'x');
  free(2);
  EXPECT_EQ(order, "a1b");
}

TEST_F(WaitingRoomTest, WhoCannotGoYetIsPassedOverAndKeepsItsPlace) {
  bool other_place = false;
  net::spawn(wait('a', 'x', 1h, [&] { return other_place; }));
  enter('b', 'x');
  enter('c', 'x');
  free();
  EXPECT_EQ(order, "b");
  other_place = true;
  free();
  EXPECT_EQ(order, "ba");
}

TEST_F(WaitingRoomTest, WhoComesForAPlaceThatTheOthersCannotUseNeedNotWait) {
  net::spawn(wait('a', 'x', 30ms, [] { return false; }));
  places = 1;
  enter('b', 'y');
  loop.run_virtual(clock, Nanos(0));
  EXPECT_EQ(order, "b");
}

TEST_F(WaitingRoomTest, LooksByItselfForPlacesThatOthersFreed) {
  enter('a', 'x');
  places = 1;
  advance(WaitingRoom::kLook);
  EXPECT_EQ(order, "a");
}

TEST_F(WaitingRoomTest, ATurnInVainKeepsItsPlaceAndIsNotAllThereIs) {
  int seen = 0;  // a place that is gone whenever somebody comes for it
  net::spawn(wait('a', 'x', 1h, [&] { return ++seen, true; }));
  loop.run_virtual(clock, Nanos(0));
  EXPECT_EQ(order, "?");
  enter('1', 'y');
  free();
  EXPECT_EQ(order, "?1") << "its next turn is a look later";
  advance(10 * WaitingRoom::kLook);
  EXPECT_LE(seen, 12);
  order.clear();
  enter('2', 'y');
  places = 2;
  advance(WaitingRoom::kLook);
  EXPECT_EQ(order, "a2");
}

TEST_F(WaitingRoomTest, TellsWhenTheTimeIsOver) {
  enter('a', 'x', 100ms);
  enter('b', 'y', 200ms);
  advance(99ms);
  EXPECT_EQ(order, "");
  advance(1ms + WaitingRoom::kLook);
  EXPECT_EQ(order, "-a");
  advance(100ms);
  EXPECT_EQ(order, "-a-b");
}

TEST_F(WaitingRoomTest, WhoLeavesIsGoneAtOnceAndOnlyOnce) {
  enter('a', 'x');
  enter('b', 'x');
  leave['a']();
  leave['a']();
  loop.run_virtual(clock, Nanos(0));
  EXPECT_EQ(order, "!a");
  free();
  EXPECT_EQ(order, "!ab");
}

TEST_F(WaitingRoomTest, WhoseTurnItIsCountsUntilItHasCome) {
  enter('a', 'x');
  places = 1;
  room.next();
  EXPECT_EQ(room.size(), 0u);
  EXPECT_FALSE(room.empty()) << "who comes now must not take its place";
  loop.run_virtual(clock, Nanos(0));
  EXPECT_TRUE(room.empty());
}

TEST_F(WaitingRoomTest, AnEmptyRoomExpectsNothing) {
  EXPECT_EQ(room.expected(), 0s);
}

TEST_F(WaitingRoomTest, ExpectsByTheLatestPace) {
  for (char who : {'a', 'b', 'c', 'd', 'e'}) enter(who, 'x');
  for (int i = 0; i < 3; ++i) {
    advance(1s);
    free();
  }
  EXPECT_NEAR(seconds(room.expected()), 3 * 1.0, 0.1) << "two wait: who comes is the third";
}

TEST_F(WaitingRoomTest, WhileNobodyIsServedThePaceGetsSlower) {
  enter('a', 'x');
  advance(4s);
  EXPECT_NEAR(seconds(room.expected()), 8, 0.1);
}

TEST_F(WaitingRoomTest, ASlowPaceOfLongAgoTurnsNobodyAway) {
  enter('a', 'x');
  advance(10min);
  free();
  EXPECT_EQ(room.expected(), 0s);
}

TEST_F(WaitingRoomTest, ManyBlockedOnesOfOneTenantDoNotHideTheOthers) {
  for (int i = 0; i < 1000; ++i) net::spawn(wait('a', 'x', 1min, [] { return false; }));
  enter('1', 'y');
  free();
  EXPECT_EQ(order, "1");
}

}  // namespace
}  // namespace trine::gateway::waiting_room_test

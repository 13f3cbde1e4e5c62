#include "net/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "net_fixture.h"

namespace trine::net::loop_test {
namespace {

struct Bell final : Timer {
  Bell(Loop& loop, std::function<void()> f) : Timer(loop), ring(std::move(f)) {}
  void expired() override { ring(); }
  std::function<void()> ring;
};

TEST(Timers, FireAtTheirTimeInTheOrderOfTime) {
  VirtualNet net;
  std::vector<std::pair<char, Nanos>> rung;
  Bell b(net.loop, [&] { rung.emplace_back('b', net.elapsed()); });
  Bell a(net.loop, [&] { rung.emplace_back('a', net.elapsed()); });
  b.arm(20ms);
  a.arm(10ms);
  EXPECT_TRUE(a.armed());
  net.advance(9ms);
  EXPECT_TRUE(rung.empty());
  net.advance(1h);
  EXPECT_EQ(rung, (std::vector<std::pair<char, Nanos>>{{'a', 10ms}, {'b', 20ms}}));
  EXPECT_FALSE(a.armed());
}

TEST(Timers, FireOncePerArming) {
  VirtualNet net;
  int rung = 0;
  Bell bell(net.loop, [&] { ++rung; });
  bell.arm(1ms);
  net.advance(1s);
  EXPECT_EQ(rung, 1);
  bell.arm(1ms);
  net.advance(1s);
  EXPECT_EQ(rung, 2);
}

TEST(Timers, MayBeMovedLaterAndEarlier) {
  VirtualNet net;
  std::vector<Nanos> rung;
  Bell bell(net.loop, [&] { rung.push_back(net.elapsed()); });
  bell.arm(10ms);
  bell.arm(30ms);
  net.advance(20ms);
  EXPECT_TRUE(rung.empty());
  net.advance(20ms);
  EXPECT_EQ(rung, std::vector<Nanos>{30ms});
  bell.arm(100ms);
  bell.arm(5ms);
  net.advance(1s);
  EXPECT_EQ(rung, (std::vector<Nanos>{30ms, 45ms}));
}

TEST(Timers, DisarmedOrDestroyedTheyAreSilent) {
  VirtualNet net;
  int rung = 0;
  Bell bell(net.loop, [&] { ++rung; });
  bell.arm(1ms);
  bell.disarm();
  EXPECT_FALSE(bell.armed());
  {
    Bell gone(net.loop, [&] { ++rung; });
    gone.arm(1ms);
  }
  net.advance(1s);
  EXPECT_EQ(rung, 0);
}

TEST(Timers, MayArmDisarmAndDestroyEachOtherWhenTheyFire) {
  VirtualNet net;
  std::vector<char> rung;
  auto second = std::make_unique<Bell>(net.loop, [&] { rung.push_back('2'); });
  Bell third(net.loop, [&] { rung.push_back('3'); });
  Bell first(net.loop, [&] {
    rung.push_back('1');
    second.reset();
    third.disarm();
    if (rung.size() < 3) first.arm(1ms);
  });
  first.arm(5ms);
  second->arm(5ms);
  third.arm(5ms);
  net.advance(1s);
  EXPECT_EQ(rung, (std::vector<char>{'1', '1', '1'}));
}

TEST(VirtualTime, StepsToEachTimerAndNoFurtherThanTheLimit) {
  VirtualNet net;
  int rung = 0;
  Bell bell(net.loop, [&] { ++rung; });
  bell.arm(10s);
  net.loop.run_virtual(net.clock, 9s);
  EXPECT_EQ(rung, 0);
  EXPECT_EQ(net.elapsed(), 0s) << "nothing to step to";
  net.loop.run_virtual(net.clock, 10s);
  EXPECT_EQ(rung, 1);
  EXPECT_EQ(net.elapsed(), 10s);
}

TEST(VirtualTime, DoesNotMoveForATimerThatIsNoLongerArmed) {
  VirtualNet net;
  Bell bell(net.loop, [] {});
  bell.arm(75s);
  bell.disarm();
  net.loop.run_virtual(net.clock, 1h);
  EXPECT_EQ(net.elapsed(), 0s);
  bell.arm(10s);
  bell.arm(30s);
  net.loop.run_virtual(net.clock, 20s);
  EXPECT_EQ(net.elapsed(), 0s);
  net.loop.run_virtual(net.clock, 1h);
  EXPECT_EQ(net.elapsed(), 30s);
}

TEST(Coroutines, SleepAndYield) {
  VirtualNet net;
  std::vector<std::pair<char, Nanos>> steps;
  const auto sleeper = [&]() -> Task<void> {
    steps.emplace_back('a', net.elapsed());
    co_await net.loop.sleep(5ms);
    steps.emplace_back('b', net.elapsed());
    co_await net.loop.yield();
    steps.emplace_back('c', net.elapsed());
  };
  spawn(sleeper());
  EXPECT_EQ(steps.size(), 1u) << "runs at once, up to its first wait";
  net.loop.run_virtual(net.clock, 1s);
  EXPECT_EQ(steps, (std::vector<std::pair<char, Nanos>>{{'a', 0ms}, {'b', 5ms}, {'c', 5ms}}));
}

TEST(Coroutines, YieldLetsWhatIsReadyGoFirst) {
  VirtualNet net;
  std::string order;
  const auto polite = [&]() -> Task<void> {
    net.loop.post([&] { order += 'x'; });
    co_await net.loop.yield();
    order += 'y';
  };
  spawn(polite());
  net.settle();
  EXPECT_EQ(order, "xy");
}

TEST(Coroutines, ATaskRunsOnlyWhenAwaitedAndGivesItsValue) {
  VirtualNet net;
  bool ran = false;
  const auto inner = [&](int n) -> Task<std::string> {
    ran = true;
    co_await net.loop.sleep(1ms);
    co_return std::string(static_cast<size_t>(n), 'x');
  };
  std::string got;
  const auto outer = [&]() -> Task<void> {
    auto task = inner(3);
    EXPECT_FALSE(ran);
    got = co_await std::move(task);
  };
  spawn(outer());
  net.advance(1s);
  EXPECT_EQ(got, "xxx");
}

TEST(Coroutines, ATaskThatNobodyAwaitsLeavesNothingBehind) {
  VirtualNet net;
  const auto holder = std::make_shared<int>(1);
  const auto inner = [](std::shared_ptr<int> held) -> Task<int> { co_return *held; };
  {
    const auto task = inner(holder);
    EXPECT_EQ(holder.use_count(), 2);
  }
  EXPECT_EQ(holder.use_count(), 1);
}

TEST(Coroutines, ExceptionsReachTheAwaiter) {
  VirtualNet net;
  const auto thrower = [&]() -> Task<int> {
    co_await net.loop.sleep(1ms);
    throw std::runtime_error("broken");
  };
  std::string caught;
  const auto outer = [&]() -> Task<void> {
    try {
      co_await thrower();
    } catch (const std::exception& e) {
      caught = e.what();
    }
  };
  spawn(outer());
  net.advance(1s);
  EXPECT_EQ(caught, "broken");
}

TEST(Coroutines, AnExceptionThatNobodyCatchesEndsItsTaskOnly) {
  VirtualNet net;
  log::set_level(log::Level::off);
  const auto thrower = [&]() -> Task<void> {
    co_await net.loop.sleep(1ms);
    throw std::runtime_error("broken");
  };
  bool other = false;
  const auto bystander = [&]() -> Task<void> {
    co_await net.loop.sleep(2ms);
    other = true;
  };
  spawn(thrower());
  spawn(bystander());
  net.advance(1s);
  log::set_level(log::Level::info);
  EXPECT_TRUE(other);
}

[[gnu::noinline]] uintptr_t depth(int calls) {
  return calls == 0 ? reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) : depth(calls - 1);
}

TEST(Coroutines, ALongChainOfAwaitsTakesNoStack) {
  if (depth(0) != depth(100)) GTEST_SKIP() << "this build makes no jump of a call in the last place";
  VirtualNet net;
  uintptr_t lowest = UINTPTR_MAX;
  uintptr_t highest = 0;
  const auto one = [&]() -> Task<int> {
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    lowest = std::min(lowest, here);
    highest = std::max(highest, here);
    co_return 1;
  };
  int sum = 0;
  const auto many = [&]() -> Task<void> {
    for (int i = 0; i < 1000; ++i) sum += co_await one();
  };
  spawn(many());
  EXPECT_EQ(sum, 1000);
  EXPECT_LT(highest - lowest, 1000u);
}

TEST(Deadlines, EndWhatIsPendingAndSayWhy) {
  VirtualNet net;
  auto pair = memory_pair(net.loop);
  Stream& near = *pair.first;
  std::array<char, 8> buffer{};
  Deadline deadline(net.loop, near);
  IoResult first, second;
  Nanos at{};
  const auto reader = [&]() -> Task<void> {
    deadline.arm(5s);
    first = co_await read_some(near, buffer);
    at = net.elapsed();
    EXPECT_TRUE(deadline.fired());
    deadline.arm(5s);
    EXPECT_FALSE(deadline.fired()) << "armed anew it has not fired";
    second = co_await read_some(near, buffer);
    deadline.disarm();
  };
  spawn(reader());
  net.advance(6s);
  EXPECT_EQ(first.status, Status::cancelled);
  EXPECT_EQ(at, 5s);
  Peer peer(std::move(pair.second));
  peer.send("late");
  net.advance(10s);
  EXPECT_EQ(second.status, Status::ok) << "the stream stays usable";
  EXPECT_EQ(second.n, 4u);
  EXPECT_FALSE(deadline.fired());
}

}  // namespace
}  // namespace trine::net::loop_test

// One event loop: one thread runs it, everything made on it lives on that thread.
#pragma once

#include <compare>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>

#include "base/time.h"

namespace trine::net {

class Loop;

// A deadline that is cheap to move. Told at most once per arming. The owner outlives neither loop nor callback target.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_(loop) {}
  virtual ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Moving a deadline later costs nothing: the queue entry stays where it is and is moved when it comes up.
  void arm(Nanos from_now);
  void disarm() { deadline_ = Mono::max(); }
  bool armed() const { return deadline_ != Mono::max(); }

 protected:
  virtual void expired() = 0;

 private:
  friend class Loop;
  Loop& loop_;
  Mono deadline_ = Mono::max();
  Mono queued_ = Mono::max();  // the time of our entry in the loop's queue; max = no entry
  uint64_t order_ = 0;         // and its number: of timers due at one time the first armed fires first
};

class Loop {
 public:
  // With a VirtualClock the loop's timers follow that clock: see run_virtual().
  explicit Loop(const Clock& clock = system_clock());
  ~Loop();

  const Clock& clock() const { return clock_; }

  // Runs until stop(). Ends also when nothing is left to do, unless `forever`.
  void run(bool forever = true);
  // Runs what is ready and then steps `clock` to the next timer, again and again, until no event is ready and no timer
  // is due within `limit` of virtual time. For tests.
  void run_virtual(VirtualClock& clock, Nanos limit);
  void stop();                            // any thread
  void post(std::function<void()> work);  // any thread

  // co_await loop.sleep(5ms)
  auto sleep(Nanos d);
  // co_await loop.yield(): after everything that is ready now.
  auto yield();

  struct Impl;  // net/detail/loop_impl.h
  Impl& impl() { return *impl_; }

 private:
  friend class Timer;
  struct Entry {
    Mono at;
    uint64_t order;
    Timer* timer;
    auto operator<=>(const Entry&) const = default;
  };

  void insert(Timer& t);
  void enqueue(Timer& t);
  void dequeue(Timer& t);
  // Drops and moves entries up to `until` whose timers were disarmed or moved later, as far as they are at the front.
  void tidy(Mono until);
  void fire_due();

  const Clock& clock_;
  std::unique_ptr<Impl> impl_;
  std::set<Entry> timers_;
  uint64_t order_ = 0;
};

namespace detail {

struct Sleep final : Timer {
  Sleep(Loop& loop, Nanos d) : Timer(loop), duration(d) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    arm(duration);
  }
  void await_resume() const noexcept {}
  void expired() override { waiting.resume(); }
  Nanos duration;
  std::coroutine_handle<> waiting;
};

struct Yield {
  Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    loop.post([h] { h.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

inline auto Loop::sleep(Nanos d) {
  return detail::Sleep(*this, d);
}
inline auto Loop::yield() {
  return detail::Yield{*this};
}

}  // namespace trine::net

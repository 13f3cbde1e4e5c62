// Where requests wait while every deployment that could serve them is at its max_concurrency: for a bounded time, in a
// bounded number, and so that no tenant's burst makes the others wait behind it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "net/loop.h"

namespace trine::gateway {

// Who waits; it lives in the coroutine that waits.
struct Waiter {
  uint64_t tenant = 0;
  Mono until{};
  std::coroutine_handle<> handle;
  enum class End : uint8_t { turn, timed_out, gone } end = End::turn;
  bool waiting = false;
};

// One per worker and route. Turns go round among tenants, and by arrival within one. One thread: the loop's.
//
// A turn is given when a call of this worker ends (next()), and every kLook besides, since calls of other workers end
// too; who then finds everything busy again goes to the front of its tenant's line.
class WaitingRoom final : net::Timer {
 public:
  static constexpr Nanos kLook = std::chrono::milliseconds(20);

  explicit WaitingRoom(net::Loop& loop) : net::Timer(loop), loop_(loop) {}

  size_t size() const { return size_; }
  // From how fast turns came lately: how long who comes last would wait. Zero while nothing is known.
  Nanos expected() const;

  // co_await room.wait(waiter, first): until its turn, its time or leave(). `first`: it had its turn in vain.
  auto wait(Waiter& w, bool first) {
    struct Awaiter {
      WaitingRoom& room;
      Waiter& w;
      bool first;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> h) {
        w.handle = h;
        room.enter(w, first);
      }
      Waiter::End await_resume() const noexcept { return w.end; }
    };
    return Awaiter{*this, w, first};
  }
  // A place may be free: whose turn it is goes on, after what is ready now.
  void next();
  // Its client has left. Nothing if it does not wait.
  void leave(Waiter& w) { resume(w, Waiter::End::gone); }
  // It was its turn and it found a place.
  void served(Mono now);

 private:
  void enter(Waiter& w, bool first);
  void resume(Waiter& w, Waiter::End end);
  void remove(Waiter& w);
  void expired() override;

  net::Loop& loop_;
  std::unordered_map<uint64_t, std::deque<Waiter*>> lines_;
  std::deque<uint64_t> round_;  // tenants with a line, whose turn is first
  size_t size_ = 0;
  double turn_s_ = 0;  // between two that were served, smoothed
  Mono last_served_{};
};

}  // namespace trine::gateway

// Where requests wait while every deployment that could serve them is busy: for a bounded time, in a bounded number,
// and so that no tenant's burst makes the others wait behind it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>

#include "net/loop.h"

namespace trine::gateway {

// Who waits; it lives in the coroutine that waits.
struct Waiter {
  uint64_t tenant = 0;
  Mono until{};
  std::function<bool()> may_go;  // is there a place for it now?
  enum class End : uint8_t { turn, timed_out, gone } end = End::turn;

 private:
  friend class WaitingRoom;
  std::coroutine_handle<> handle_;
  std::list<Waiter*>::iterator place_;
  bool waits_ = false;
  Mono not_before_{};  // it had its turn in vain
};

// One per worker and route. Turns go round among tenants, and by arrival within one. Who could not go yet, because what
// it needs is still busy, is passed over and keeps its place; so does who had its turn in vain, since another worker or
// route was faster. One thread: the loop's.
//
// A turn is given when a call of this worker and route ends (next()), and every kLook besides, since other calls on the
// same deployments end too; who has waited long enough is told then.
class WaitingRoom final : net::Timer {
 public:
  static constexpr Nanos kLook = std::chrono::milliseconds(20);

  explicit WaitingRoom(net::Loop& loop) : net::Timer(loop), loop_(loop) {}

  // Nobody waits, and nobody whose turn it is is on its way.
  bool empty() const { return size_ + called_ == 0; }
  size_t size() const { return size_; }
  // How long who comes last would wait, by the pace at which turns came lately; zero where nobody waits.
  Nanos expected() const;

  // co_await room.wait(waiter, again): until its turn, its time or leave(). `again`: it had its turn in vain.
  auto wait(Waiter& w, bool again) {
    struct Awaiter {
      WaitingRoom& room;
      Waiter& w;
      bool again;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> h) { room.enter(w, again, h); }
      Waiter::End await_resume() const noexcept {
        --room.called_;
        return w.end;
      }
    };
    return Awaiter{*this, w, again};
  }
  // A place may be free: the first in turn that may go does, after what is ready now.
  void next();
  // Its client has left. Nothing if it does not wait.
  void leave(Waiter& w) { call(w, Waiter::End::gone); }
  // It was its turn and it found a place.
  void served();

 private:
  struct Line {
    std::list<Waiter*> waiters;
    std::list<uint64_t>::iterator turn;
  };

  void enter(Waiter& w, bool again, std::coroutine_handle<> h);
  void call(Waiter& w, Waiter::End end);
  void expired() override;

  net::Loop& loop_;
  std::unordered_map<uint64_t, Line> lines_;  // by tenant; none is empty
  std::list<uint64_t> round_;                 // tenants with a line, whose turn is first
  size_t size_ = 0, called_ = 0;
  double pace_s_ = 0;  // between two that were served, smoothed
  Mono since_{};       // the last was served, or somebody came into the empty room
};

}  // namespace trine::gateway

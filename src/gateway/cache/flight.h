// Requests that ask the same at the same time: the first one calls, the others follow what it is answered.
//
// Of one worker. Across workers each may make a call of its own: one worker serves far more than any engine answers,
// and followers on other threads would need a copy of each piece and a message for it.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cache/answer.h"
#include "net/loop.h"

namespace trine::gateway {

class Follower;

// One call and what came of it so far. One thread.
class Flight {
 public:
  enum class State { running, done, failed };
  static constexpr size_t kMostFollowers = 1000;

  State state = State::running;
  std::string content_type;
  const std::string* content = nullptr;         // events so far, while it runs and where it began as a stream
  std::shared_ptr<const cache::Answer> answer;  // once done
  std::function<void()> abandon;                // the last one who waited has left

  bool followed() const { return !followers_.empty(); }
  bool takes_more() const { return state == State::running && followers_.size() < kMostFollowers; }
  // Something came, or it has ended.
  void wake();

 private:
  friend class Follower;
  std::unordered_set<Follower*> followers_;
};

// One who waits. Lives in its coroutine's frame.
class Follower final : net::Timer {
 public:
  Follower(net::Loop& loop, std::shared_ptr<Flight> flight);
  ~Follower() override;
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  Flight& flight() { return *flight_; }
  // co_await follower.wait(d): until the flight has more, wake() was called, or `d` is over.
  auto wait(Nanos d) { return Wait{*this, d}; }
  void wake();

 private:
  struct Wait {
    Follower& f;
    Nanos d;
    bool await_ready() const noexcept { return std::exchange(f.woken_, false); }
    void await_suspend(std::coroutine_handle<> h) {
      f.waiting_ = h;
      f.arm(d);
    }
    void await_resume() const noexcept {
      f.disarm();
      f.woken_ = false;
    }
  };
  void expired() override;

  net::Loop& loop_;
  std::shared_ptr<Flight> flight_;
  std::coroutine_handle<> waiting_;
  bool woken_ = false;  // while it was busy
};

// Those under way, by what they ask.
class Flights {
 public:
  std::shared_ptr<Flight> find(const cache::Key& key) const;  // null: none that takes more
  std::shared_ptr<Flight> begin(const cache::Key& key);
  void end(const cache::Key& key, const Flight* flight);
  size_t size() const { return all_.size(); }

 private:
  struct Hash {
    size_t operator()(const cache::Key& k) const;
  };
  std::unordered_map<cache::Key, std::shared_ptr<Flight>, Hash> all_;
};

}  // namespace trine::gateway

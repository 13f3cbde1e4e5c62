// The unread bytes of a stream, and reading ahead: a server connection reads on while a call is under way, because
// that is how it learns at once that its client has left.
#pragma once

#include <coroutine>
#include <memory>

#include "net/stream.h"

namespace trine::net {

// One thread. At most one coroutine waits in more().
class Reader final : Stream::Done {
 public:
  // Told when a read in the background ends with anything but bytes.
  struct Watcher {
    virtual void peer_gone() = 0;

   protected:
    ~Watcher() = default;
  };

  // The buffer starts at `initial` bytes and grows up to `max`.
  Reader(Stream& stream, size_t initial, size_t max) : stream_(stream), initial_(initial), max_(max) {}

  std::string_view unread() const { return {data_.get() + begin_, end_ - begin_}; }
  void consume(size_t n) { begin_ += n; }
  bool full() const { return end_ - begin_ >= max_; }
  // A read is under way: who reads the stream past this Reader would take its bytes away.
  bool pending() const { return state_ == State::pending; }
  // No bytes will come any more.
  bool ended() const { return state_ == State::ended; }

  // Waits for more bytes behind the unread ones. REQUIRES: !full(). Earlier views of unread() end here.
  auto more() { return More{*this, {}}; }

  // Gives back what a burst made the buffer grow by, if nothing is unread.
  void shrink();

  // Reads on in the background, as long as there is room, and tells the watcher if the peer goes away.
  void watch(Watcher& watcher);
  // The same, for a watcher that is set and whose reading someone's more() has ended.
  void watch_on() {
    if (watcher_) watch(*watcher_);
  }
  void unwatch() { watcher_ = nullptr; }

 private:
  enum class State { idle, pending, ready, ended };

  struct More {
    Reader& r;
    std::coroutine_handle<> waiting;
    bool await_ready() {
      if (r.state_ == State::idle) r.start();
      return r.state_ != State::pending;
    }
    void await_suspend(std::coroutine_handle<> h) { r.waiting_ = h; }
    IoResult await_resume() {
      if (r.state_ == State::ready) r.state_ = State::idle;
      return r.last_;
    }
  };

  static constexpr size_t kBurst = 32 << 10;
  static constexpr size_t kKept = 4 << 10;

  void start();
  void take(IoResult result);
  void done(IoResult result) override;

  Stream& stream_;
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t room_ = 0;      // of the last read
  bool filled_ = false;  // by it
  size_t initial_;
  size_t max_;
  State state_ = State::idle;
  IoResult last_;
  Watcher* watcher_ = nullptr;
  std::coroutine_handle<> waiting_;
};

}  // namespace trine::net

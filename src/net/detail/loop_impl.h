// What Loop hides: one epoll instance. Included by .cc files of net only.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "net/loop.h"

namespace trine::net {

// Something that a loop watches: a descriptor, or what it put off to the loop's next turn.
struct Watched {
  static constexpr uint32_t kDeferred = 0;
  virtual void ready(uint32_t events) = 0;  // epoll's events, or kDeferred

 protected:
  ~Watched() = default;
};

// Work from other threads. May outlive the loop: what is posted then is dropped.
class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  void post(std::function<void()> work);  // any thread
  void stop();                            // any thread
  bool take_stop() { return stop_.exchange(false); }
  bool empty() const { return !filled_.load(std::memory_order_acquire); }
  // The loop's thread; `into` is emptied first.
  void take(std::vector<std::function<void()>>& into);
  void rung();  // the bell was heard
  void close();
  int bell() const { return bell_; }

 private:
  void ring();
  int bell_;
  std::mutex mutex_;
  std::vector<std::function<void()>> work_;
  std::atomic<bool> filled_{false};
  std::atomic<bool> stop_{false};
  bool closed_ = false;
};

struct Loop::Impl {
  Impl();
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // False for want of kernel memory, or past fs.epoll.max_user_watches.
  [[nodiscard]] bool watch(int fd, Watched& w, uint32_t events);
  void change(int fd, Watched& w, uint32_t events);
  // `w` is not told anything any more, not even of events that are being handed out. The descriptor is closed, or
  // dropped from epoll, by the caller.
  void forget(const Watched& w);
  void drop(int fd);
  // w.ready(kDeferred) in the next turn.
  void defer(Watched& w) { deferred_.push_back(&w); }

  // Hands out what is ready; waits up to `timeout_ms` (-1: no limit) if nothing is. Returns how much there was.
  size_t turn(int timeout_ms);
  bool idle() const { return operations == 0 && deferred_.empty() && mailbox->empty(); }

  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  size_t operations = 0;  // that somebody waits for: accepts, connects, reads, writes

 private:
  size_t run_posted();
  size_t run_deferred();

  int epoll_;
  std::array<epoll_event, 256> batch_{};
  size_t batch_size_ = 0;
  std::vector<Watched*> deferred_, turning_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace trine::net

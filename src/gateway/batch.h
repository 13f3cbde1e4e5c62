// How many requests run on a deployment, and how many ran on average over a stretch of time.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace trine::gateway {

// One counter per worker, each written by its worker alone (a sequence lock), read by all. No lock, no shared line.
//
// The integral of "running" up to t is finished + running*t - starts, with the sums over calls that have ended and
// calls that run: three numbers, exact, whatever the order of events.
class BatchMeter {
 public:
  explicit BatchMeter(size_t workers) : slots_(workers) {}

  void begin(size_t worker, Mono start) {
    slots_[worker].write([&](Values& v) { v.running += 1, v.starts += ns(start); });
  }
  void end(size_t worker, Mono start, Mono now) {
    slots_[worker].write([&](Values& v) { v.running -= 1, v.starts -= ns(start), v.finished += ns(now) - ns(start); });
  }

  int64_t running() const {
    int64_t n = 0;
    for (const Slot& s : slots_) n += s.read().running;
    return n;
  }

  // Request-seconds up to `now`, in nanoseconds.
  int64_t integral(Mono now) const {
    int64_t sum = 0;
    for (const Slot& s : slots_) {
      const Values v = s.read();
      sum += v.finished + v.running * ns(now) - v.starts;
    }
    return sum;
  }

  // The mean of running() between a point whose integral was `then` and `now`; at least 1, since the caller ran.
  double mean(int64_t then, Mono start, Mono now) const {
    const int64_t d = ns(now) - ns(start);
    if (d <= 0) return static_cast<double>(std::max<int64_t>(1, running()));
    return std::max(1.0, static_cast<double>(integral(now) - then) / static_cast<double>(d));
  }

 private:
  struct Values {
    int64_t running = 0, starts = 0, finished = 0;
  };
  struct alignas(64) Slot {
    std::atomic<uint32_t> sequence{0};
    std::atomic<int64_t> running{0}, starts{0}, finished{0};

    // A reader that sees a value of this write also sees the odd sequence before it: released, acquired. No fences,
    // which ThreadSanitizer does not understand.
    template <class F>
    void write(F change) {
      Values v{running.load(std::memory_order_relaxed), starts.load(std::memory_order_relaxed),
               finished.load(std::memory_order_relaxed)};
      change(v);
      const uint32_t s = sequence.load(std::memory_order_relaxed);
      sequence.store(s + 1, std::memory_order_relaxed);
      running.store(v.running, std::memory_order_release);
      starts.store(v.starts, std::memory_order_release);
      finished.store(v.finished, std::memory_order_release);
      sequence.store(s + 2, std::memory_order_release);
    }
    Values read() const {
      for (;;) {
        const uint32_t before = sequence.load(std::memory_order_acquire);
        const Values v{running.load(std::memory_order_acquire), starts.load(std::memory_order_acquire),
                       finished.load(std::memory_order_acquire)};
        if ((before & 1) == 0 && sequence.load(std::memory_order_relaxed) == before) return v;
      }
    }
  };
  static int64_t ns(Mono t) { return t.time_since_epoch().count(); }

  std::vector<Slot> slots_;
};

}  // namespace trine::gateway

// Whether a deployment is worth trying: what its last calls said. Any thread; relaxed atomics, one line.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace trine::gateway {

// After kTolerated failures in a row the deployment rests; then one call at a time may try it (half open), and each
// further failure doubles the rest up to kLongest. One success closes it.
class Health {
 public:
  static constexpr int kTolerated = 3;
  static constexpr Nanos kFirstRest = std::chrono::seconds(2);
  static constexpr Nanos kLongest = std::chrono::seconds(60);

  void success() {
    failures_.store(0, std::memory_order_relaxed);
    rests_until_.store(0, std::memory_order_relaxed);
  }

  void failure(Mono now) {
    const int n = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (n < kTolerated) return;
    Nanos rest = kFirstRest;
    for (int i = kTolerated; i < n && rest < kLongest; ++i) rest *= 2;
    if (rest > kLongest) rest = kLongest;
    rests_until_.store((now + rest).time_since_epoch().count(), std::memory_order_relaxed);
  }

  // May a call be sent now? At the end of a rest the first caller who asks takes the one try.
  bool available(Mono now) const {
    return rests_until_.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
  }
  // Called for the deployment that was chosen: claims the try of a half-open one.
  void claim(Mono now) {
    if (failures_.load(std::memory_order_relaxed) >= kTolerated)
      rests_until_.store((now + kFirstRest).time_since_epoch().count(), std::memory_order_relaxed);
  }

  int failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int> failures_{0};
  std::atomic<int64_t> rests_until_{0};
};

}  // namespace trine::gateway

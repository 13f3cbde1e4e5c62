// Whether a deployment is worth trying: what its last calls said (passive), and what it says when asked (active,
// health_checks.h). Any thread; relaxed atomics, one line.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace trine::gateway {

// After kTolerated failures in a row the deployment rests; then one call at a time may try it (half open), and each
// further failure doubles the rest up to kLongest. One success closes it. A check that fails opens it as well; one that
// succeeds ends a rest that began because nobody answered, but not one of a server that answers with errors: it would
// answer the check.
class Health {
 public:
  static constexpr int kTolerated = 3;
  static constexpr Nanos kFirstRest = std::chrono::seconds(2);
  static constexpr Nanos kLongest = std::chrono::seconds(60);
  enum class Why : uint8_t { answered_badly, unreachable };

  void success() {
    failures_.store(0, std::memory_order_relaxed);
    rests_until_.store(0, std::memory_order_relaxed);
  }

  void failure(Mono now, Why why = Why::answered_badly) {
    unreachable_.store(why == Why::unreachable, std::memory_order_relaxed);
    const int n = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (n < kTolerated) return;
    Nanos rest = kFirstRest;
    for (int i = kTolerated; i < n && rest < kLongest; ++i) rest *= 2;
    rest_until(now + std::min(rest, kLongest));
  }

  // It asks for patience (429): no failure, and no calls for so long.
  void patience(Mono now, Nanos d) { rest_until(now + std::clamp<Nanos>(d, std::chrono::milliseconds(100), kLongest)); }

  // What a check said. Two in a row must fail.
  void checked(bool answers) {
    if (answers) {
      checks_failed_.store(0, std::memory_order_relaxed);
      if (unreachable_.exchange(false, std::memory_order_relaxed)) rests_until_.store(0, std::memory_order_relaxed);
    } else {
      checks_failed_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  bool fails_checks() const { return checks_failed_.load(std::memory_order_relaxed) >= 2; }

  // May a call be sent now? At the end of a rest the first caller who asks takes the one try.
  bool available(Mono now) const {
    return !fails_checks() && rests_until_.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
  }
  // Called for the deployment that was chosen: claims the try of a half-open one.
  void claim(Mono now) {
    if (failures_.load(std::memory_order_relaxed) >= kTolerated) rest_until(now + kFirstRest);
  }

  int failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  void rest_until(Mono t) { rests_until_.store(t.time_since_epoch().count(), std::memory_order_relaxed); }

  std::atomic<int> failures_{0}, checks_failed_{0};
  std::atomic<bool> unreachable_{false};
  std::atomic<int64_t> rests_until_{0};
};

}  // namespace trine::gateway

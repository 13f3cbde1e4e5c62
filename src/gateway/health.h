// Whether a deployment is worth trying: what its last calls said (passive), and what it says when asked (active,
// health_checks.h). Any thread; relaxed atomics, one line.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace trine::gateway {

// Whether a call that an engine answered so may succeed elsewhere or later.
constexpr bool worth_another(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// After kTolerated failures in a row the deployment rests; then one call at a time may try it (half open), and each
// try that fails doubles the rest up to kLongest. One success closes it. A check that fails opens it as well; one that
// succeeds ends a rest that began because nobody answered, but not one of a server that answers with errors: it would
// answer the check.
class Health {
 public:
  static constexpr int kTolerated = 3;
  static constexpr Nanos kFirstRest = std::chrono::seconds(2);
  static constexpr Nanos kLongest = std::chrono::seconds(60);
  enum class Why : uint8_t { answered_badly, unreachable };

  // A whole answer came.
  void success() {
    failures_.store(0, std::memory_order_relaxed);
    rests_until_.store(0, std::memory_order_relaxed);
  }

  // An answer begins to come. Its end may be minutes away: a rest ends now, but until there is a whole answer one
  // failure begins another.
  void progress() {
    if (failures_.load(std::memory_order_relaxed) < kTolerated) return;
    failures_.store(kTolerated - 1, std::memory_order_relaxed);
    rests_until_.store(0, std::memory_order_relaxed);
  }

  // `begun`: when the call was. The hundred calls that an engine takes down with it are one failure, not a hundred
  // that each double its rest: what was sent before a rest began says nothing new.
  void failure(Mono now, Mono begun, Why why = Why::answered_badly) {
    if (ticks(begun) < opened_.load(std::memory_order_relaxed)) return;
    unreachable_.store(why == Why::unreachable, std::memory_order_relaxed);
    const int n = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (n < kTolerated) return;
    opened_.store(ticks(now), std::memory_order_relaxed);
    Nanos rest = kFirstRest;
    for (int i = kTolerated; i < n && rest < kLongest; ++i) rest *= 2;
    rests_until_.store(ticks(now + std::min(rest, kLongest)), std::memory_order_relaxed);
  }

  // It asks to be left alone (429): no failure, and no calls for so long, whatever calls from before come to.
  void patience(Mono now, Nanos d) {
    left_alone_until_.store(ticks(now + std::clamp<Nanos>(d, std::chrono::milliseconds(100), kLongest)),
                            std::memory_order_relaxed);
  }
  // How long it will not be called for no other reason than that. Zero: it may be, or must not for worse reasons.
  Nanos patience_left(Mono now) const {
    return rests(now) ? Nanos(0)
                      : std::max(Nanos(0), Nanos(left_alone_until_.load(std::memory_order_relaxed) - ticks(now)));
  }

  // What a check said. Two in a row must fail.
  void checked(bool answers) {
    if (answers) {
      checks_failed_.store(0, std::memory_order_relaxed);
      if (unreachable_.exchange(false, std::memory_order_relaxed)) rests_until_.store(0, std::memory_order_relaxed);
    } else {
      checks_failed_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  // Nobody asks any more, or another page.
  void forget_checks() { checks_failed_.store(0, std::memory_order_relaxed); }
  bool fails_checks() const { return checks_failed_.load(std::memory_order_relaxed) >= 2; }

  // May a call be sent now? At the end of a rest the first caller who asks takes the one try.
  bool available(Mono now) const {
    return !rests(now) && left_alone_until_.load(std::memory_order_relaxed) <= ticks(now);
  }
  // Called for the deployment that was chosen: claims the try of a half-open one.
  void claim(Mono now) {
    if (failures_.load(std::memory_order_relaxed) >= kTolerated)
      rests_until_.store(ticks(now + kFirstRest), std::memory_order_relaxed);
  }

  int failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  static int64_t ticks(Mono t) { return t.time_since_epoch().count(); }
  bool rests(Mono now) const { return fails_checks() || rests_until_.load(std::memory_order_relaxed) > ticks(now); }

  std::atomic<int> failures_{0}, checks_failed_{0};
  std::atomic<bool> unreachable_{false};
  std::atomic<int64_t> rests_until_{0}, left_alone_until_{0};
  std::atomic<int64_t> opened_{0};  // when the last rest began
};

}  // namespace trine::gateway

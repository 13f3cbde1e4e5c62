// How many calls a worker may repeat elsewhere: without a bound, retries double the load on engines just when it is the
// load that makes them fail.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace trine::gateway {

// A retry counts where the call before it reached an engine: one that could not be connected to has cost nobody
// anything. Each request adds a tenth of a retry, up to kMost; what it begins with, and half a retry a second while it
// is under that, is for a gateway with little to do. Since its making, over a time t with n requests: at most
// kFree + 0.1 n + 0.5/s t; after a long quiet time, kMost at once. One thread.
class RetryBudget {
 public:
  static constexpr double kShare = 0.1, kFree = 10, kMost = 100, kPerSecond = 0.5;

  void request() { left_ = std::min(left_ + kShare, kMost); }
  // Is one left? Asked before a place for it is looked for, which may take time; then take() it.
  bool any(Mono now) {
    if (left_ < kFree && since_ != Mono{}) left_ = std::min(kFree, left_ + kPerSecond * seconds(now - since_));
    since_ = now;
    return left_ >= kOne;
  }
  void take() { left_ = std::max(0.0, left_ - 1); }

 private:
  static constexpr double kOne = 1 - 1e-9;  // ten tenths
  double left_ = kFree;
  Mono since_{};
};

}  // namespace trine::gateway

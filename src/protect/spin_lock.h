// A lock of one byte for sections of a few additions, so that each account can have its own. A waiter spins briefly and
// then gives its turn away: the holder may have been put aside by the scheduler.
#pragma once

#include <atomic>
#include <thread>

namespace trine::protect {

class SpinLock {
 public:
  void lock() noexcept {
    for (int spins = 0; held_.exchange(true, std::memory_order_acquire); ++spins) {
      while (held_.load(std::memory_order_relaxed)) {
        if (++spins > kSpins) {
          std::this_thread::yield();
          spins = 0;
        }
      }
    }
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpins = 100;
  std::atomic<bool> held_{false};
};

}  // namespace trine::protect

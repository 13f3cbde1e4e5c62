// Another machine's clocks against ours, from exchanges with it (the idea of NTP: the quickest exchange errs least).
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/time.h"

namespace trine::meter {

// Its monotonic clock is what dates are translated by: it never steps, whatever NTP does to either wall clock.
// One thread.
class AgentClock {
 public:
  // One exchange: it said `theirs` (its monotonic clock) somewhere within `took`, whose middle was `middle` on ours.
  void exchange(Nanos middle, Nanos took, Nanos theirs);
  // Another machine, or the same after a boot: its monotonic clock is another.
  void forget() { *this = AgentClock(); }

  // REQUIRES (both): an exchange.
  Nanos to_ours(Nanos theirs) const { return theirs + best().ahead; }  // on our monotonic clock
  Nanos uncertainty() const { return best().took / 2; }

 private:
  struct Exchange {
    Nanos took = Nanos::max();
    Nanos ahead{};  // ours less theirs
  };
  static constexpr size_t kKept = 32;  // at one a second: clocks that drift by 50 ppm part by 2 ms in that time
  const Exchange& best() const;

  std::array<Exchange, kKept> kept_{};
  size_t next_ = 0;
};

}  // namespace trine::meter

// A rate with a burst as the generic cell rate algorithm (virtual scheduling, ITU-T I.371): a token bucket whose whole
// state is one moment, the theoretical arrival time (TAT). Pure. docs/limits.md has the formula and the bound.
//
//   I(n) = n · 60 s / per_minute            time that n units take at the rate, rounded up to 1 ns
//   B    = burst                            a bucket that is full holds per_minute · burst / 60 s units
//   n units pass at t  ⇔  max(TAT, t) + I(n) − t ≤ B;  then TAT = max(TAT, t) + I(n)
//
// In any time W at most per_minute · (B + W) / 60 s units pass. The state is a time, so a changed rate keeps the share
// of the bucket that is in use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace trine::protect {

inline constexpr int64_t kMostPerMinute = 100'000'000;  // so that I(n) fits an int64 at every step

struct Rate {
  int64_t per_minute = 0;  // [1, kMostPerMinute]
  Nanos burst = std::chrono::minutes(1);
};

class Gcra {
 public:
  using Tat = int64_t;  // nanoseconds of Mono; 0: full

  // REQUIRES: units >= 0.
  static int64_t interval(int64_t units, int64_t per_minute) {
    constexpr int64_t kMinute = 60'000'000'000;
    const int64_t whole = units / per_minute;
    if (whole > 10'000'000) return std::numeric_limits<int64_t>::max() / 4;  // nineteen years: never
    const int64_t rest = (units % per_minute) * kMinute;
    return whole * kMinute + (rest + per_minute - 1) / per_minute;
  }
  // The most that can ever pass at once.
  static int64_t most(const Rate& r) {
    return static_cast<int64_t>(static_cast<double>(r.per_minute) * seconds(r.burst) / 60 + 1e-9);
  }
  static bool passes(Tat tat, int64_t units, const Rate& r, Mono now) { return wait(tat, units, r, now) <= Nanos(0); }
  // How long until `units` would pass if nothing else came; not positive: now.
  static Nanos wait(Tat tat, int64_t units, const Rate& r, Mono now) {
    return Nanos(std::max(tat, ns(now)) + interval(units, r.per_minute) - ns(now)) - r.burst;
  }
  static Tat take(Tat tat, int64_t units, const Rate& r, Mono now) {
    return std::max(tat, ns(now)) + interval(units, r.per_minute);
  }
  // What was taken turns out to be `actual`: the difference goes back, or is owed.
  static Tat correct(Tat tat, int64_t taken, int64_t actual, const Rate& r, Mono now) {
    const int64_t was = interval(taken, r.per_minute), is = interval(actual, r.per_minute);
    return is > was ? std::max(tat, ns(now)) + (is - was) : tat - (was - is);
  }
  // Units that would pass now.
  static int64_t left(Tat tat, const Rate& r, Mono now) {
    const int64_t used = std::max<int64_t>(0, tat - ns(now));
    const double free_s = seconds(r.burst) - static_cast<double>(used) * 1e-9;
    return std::max<int64_t>(0, static_cast<int64_t>(static_cast<double>(r.per_minute) * free_s / 60 + 1e-9));
  }
  // Until the bucket is full again.
  static Nanos until_full(Tat tat, Mono now) { return Nanos(std::max<int64_t>(0, tat - ns(now))); }

 private:
  static int64_t ns(Mono t) { return t.time_since_epoch().count(); }
};

}  // namespace trine::protect

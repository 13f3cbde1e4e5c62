// Durations in bounded memory: how many there are, and the one that a share of them stays below.
//
// The buckets are those of an HDR histogram: up to 256 us each microsecond has its own, from there on each power of two
// is cut into 128. What a quantile gives is the middle of its bucket: at most 1/256 (0.4 %) off, and 0.5 us. Smallest,
// largest and sum are exact. 34 KiB, whatever is put in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace trine::load {

// One thread.
class Latencies {
 public:
  static constexpr double kError = 1.0 / 256;

  Latencies();
  void add(Nanos d);  // below 0 counts as 0; beyond 12 days in the last bucket

  uint64_t count() const { return count_; }
  Nanos max() const { return max_; }
  double mean_s() const;
  // The smallest one that at least `q` of all (0 to 1) do not exceed; 0 where there are none.
  Nanos quantile(double q) const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  double sum_s_ = 0;
  Nanos min_ = Nanos::max();
  Nanos max_{0};
};

}  // namespace trine::load

// Percentiles of seconds in fixed memory: 128 buckets an octave, so that a percentile is read within 0.8 %, and equal
// runs give equal bits. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace trine::replay {

class Histogram {
 public:
  // Under 0.06 ms and over 4.5 h all values are alike.
  void add(double seconds) {
    const auto bits = std::bit_cast<uint64_t>(seconds > kLow ? seconds : kLow);
    const uint64_t at = (bits >> kShift) - kFirst;
    ++counts_[at < kBuckets ? at : kBuckets - 1];
    ++n_;
  }
  uint64_t count() const { return n_; }
  // The middle of the bucket that holds it; 0 where nothing was added. REQUIRES: p in (0, 1].
  double percentile(double p) const {
    const double rank = p * static_cast<double>(n_);
    uint64_t below = 0;
    for (uint64_t i = 0; i < kBuckets && n_ > 0; ++i) {
      below += counts_[i];
      if (static_cast<double>(below) >= rank) return (edge(i) + edge(i + 1)) / 2;
    }
    return 0;
  }

 private:
  static constexpr int kShift = 52 - 7;
  static constexpr double kLow = 0x1p-14;
  static constexpr uint64_t kFirst = std::bit_cast<uint64_t>(kLow) >> kShift;
  static constexpr uint64_t kBuckets = 28 * 128;
  static double edge(uint64_t i) { return std::bit_cast<double>((i + kFirst) << kShift); }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t n_ = 0;
};

}  // namespace trine::replay

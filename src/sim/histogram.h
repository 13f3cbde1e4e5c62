// A Prometheus histogram: fixed upper bounds, counts per bucket, sum.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace trine::sim {

class Histogram {
 public:
  // `bounds` ascending, with static storage.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void add(double v) {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), v) - bounds_.begin();
    ++counts_[static_cast<size_t>(at)];
    ++count_;
    sum_ += v;
  }

  std::span<const double> bounds() const { return bounds_; }
  uint64_t in_bucket(size_t i) const { return counts_[i]; }  // not cumulated; the last is +Inf
  uint64_t count() const { return count_; }
  double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace trine::sim

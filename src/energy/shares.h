// Exact division of an integer amount by weights: largest remainder, ties by call id (docs/accounting.md, "Units").
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/id.h"

namespace trine::energy {

// Divides several amounts by one set of weights. Weights are fixed to integers first, so that neither their sum nor any
// share depends on the order of the parties. Reuses its buffers: no allocation once warm. One thread.
class Splitter {
 public:
  // A weight that is negative or not finite counts as 0. Weights under 1e-12 of the largest count as 0.
  // REQUIRES: keys.size() == weights.size(); keys are distinct and outlive the calls of split().
  void weigh(std::span<const double> weights, std::span<const CallId> keys);

  // True when no weight is positive: there is nobody to share among.
  bool empty() const { return sum_ == 0; }
  double fraction(size_t i) const { return static_cast<double>(fixed_[i]) / static_cast<double>(sum_); }

  // Σ out == total; each share is its exact value rounded down or up (towards zero or away from it for a negative
  // total). Doubling the total moves twice each share by at most 1.
  // REQUIRES: !empty(), out.size() == number of weights.
  void split(int64_t total, std::span<int64_t> out);

 private:
  std::vector<uint64_t> fixed_;
  std::vector<uint64_t> rest_;
  std::vector<uint32_t> order_;
  std::span<const CallId> keys_;
  uint64_t sum_ = 0;
};

// Turns a series of exact values into integers whose sum is the sum of the values: the fraction is carried on.
// A non-negative value never gives a negative integer.
class Carry {
 public:
  int64_t take(double exact) {
    exact += rest_;
    const double whole = std::floor(exact);
    rest_ = exact - whole;
    return static_cast<int64_t>(whole);
  }

 private:
  double rest_ = 0;  // [0, 1)
};

}  // namespace trine::energy

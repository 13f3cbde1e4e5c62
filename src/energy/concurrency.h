// How many calls run at a time within one window. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace trine::energy {

// A window is longer than a call, or than the gaps between calls, so its mean says little of the batch that a token was
// made in: this keeps the count on a grid of kCell (coarser where the window is longer than kMostCells of them).
// Counts in integers: the order of add() does not matter. Reuses its buffers.
class Concurrency {
 public:
  static constexpr Nanos kCell = std::chrono::milliseconds(50);
  static constexpr int64_t kMostCells = 2048;

  void begin(Wall begin, Wall end);  // of the window; forgets what was added. REQUIRES: begin < end
  void add(Wall begin, Wall end);    // one call runs; what lies outside the window is ignored
  double mean() const;               // calls running, over the window
  // No more add(). Counts are multiplied by `factor`, for an engine's gauge that sees more than our calls.
  void finish(double factor);
  // Mean of 1 / calls running (at least 1) over the part of [begin, end] that lies in the window; over the whole
  // window's mean where no part does. REQUIRES: finish() was called.
  double per_batch(Wall begin, Wall end) const;

 private:
  double inverse_until(int64_t ns) const;  // integral of 1 / running from the window's begin, in nanoseconds

  Wall begin_{}, end_{};
  int64_t cell_ = 1, cells_ = 0;
  int64_t total_ns_ = 0;
  double window_per_batch_ = 1;
  std::vector<int64_t> part_ns_;    // of calls that cover a cell in part
  std::vector<int64_t> steps_;      // changes in the number of calls that cover a cell whole
  std::vector<double> inverse_;     // 1 / running, by cell
  std::vector<double> integrated_;  // of inverse_, at each cell's begin
};

}  // namespace trine::energy

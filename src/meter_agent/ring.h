// The last samples, in memory that is bounded by time and devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trine::meter_agent {

// One reading of one device. Below zero: the meter does not tell.
struct Sample {
  int64_t wall_us = 0, mono_us = 0;  // this host's clocks
  int64_t counter_uj = -1;
  int32_t power_mw = -1;
  uint16_t device = 0;       // its number in the Store
  int16_t utilisation = -1;  // of 10,000
  int16_t sm_activity = -1;  // of 10,000
};
static_assert(sizeof(Sample) <= 40);

// Samples are numbered 1, 2, 3, … as they come; the oldest make room. One thread.
class Ring {
 public:
  // Takes the memory for that many samples; never fewer than before.
  void reserve(size_t capacity);
  // REQUIRES: reserve() with more than 0.
  void push(const Sample& sample);

  uint64_t last() const { return last_; }                              // 0: none came yet
  uint64_t first() const { return last_ - size_ + 1; }                 // the oldest that is kept; last() + 1: none
  const Sample& operator[](uint64_t n) const { return at_[slot(n)]; }  // REQUIRES: first() <= n <= last()
  size_t size() const { return size_; }
  size_t capacity() const { return at_.size(); }

  struct Slice {
    uint64_t begin = 1, end = 1;  // numbers, `end` is past the last
    uint64_t lost = 0;            // after `seen`, but kept no longer
  };
  // What came after number `seen`, oldest first, at most so many. REQUIRES: seen <= last().
  Slice after(uint64_t seen, size_t most) const;

 private:
  size_t slot(uint64_t n) const { return static_cast<size_t>((n - 1) % at_.size()); }

  std::vector<Sample> at_;
  uint64_t last_ = 0;
  size_t size_ = 0;
};

}  // namespace trine::meter_agent

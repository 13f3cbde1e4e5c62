#include "meter_agent/ring.h"

#include <algorithm>

namespace trine::meter_agent {

void Ring::reserve(size_t capacity) {
  if (capacity <= at_.size()) return;
  std::vector<Sample> larger(capacity);
  for (uint64_t n = first(); n <= last_; ++n) larger[static_cast<size_t>((n - 1) % capacity)] = (*this)[n];
  at_ = std::move(larger);
}

void Ring::push(const Sample& sample) {
  ++last_;
  at_[slot(last_)] = sample;
  size_ = std::min(size_ + 1, at_.size());
}

Ring::Slice Ring::after(uint64_t seen, size_t most) const {
  const uint64_t begin = std::max(seen + 1, first());
  return {begin, std::min(last_ + 1, begin + most), begin - seen - 1};
}

}  // namespace trine::meter_agent

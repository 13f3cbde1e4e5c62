#include "sim/prefix_cache.h"

#include <algorithm>

namespace trine::sim {

size_t PrefixCache::match(std::span<const uint64_t> blocks) {
  size_t n = 0;
  while (n < blocks.size() && at_.contains(blocks[n])) ++n;
  for (size_t i = n; i-- > 0;) order_.splice(order_.begin(), order_, at_.at(blocks[i]));
  return n;
}

void PrefixCache::insert(std::span<const uint64_t> blocks) {
  for (size_t i = std::min(blocks.size(), capacity_); i-- > 0;) {
    const uint64_t b = blocks[i];
    const auto found = at_.find(b);
    if (found != at_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      continue;
    }
    order_.push_front(b);
    at_.emplace(b, order_.begin());
  }
  while (order_.size() > capacity_) {
    at_.erase(order_.back());
    order_.pop_back();
  }
}

}  // namespace trine::sim

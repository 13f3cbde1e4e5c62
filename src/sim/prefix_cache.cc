#include "sim/prefix_cache.h"

#include <ranges>

namespace trine::sim {

size_t PrefixCache::match(std::span<const uint64_t> blocks) {
  size_t n = 0;
  while (n < blocks.size() && at_.contains(blocks[n])) ++n;
  for (const uint64_t b : blocks.first(n) | std::views::reverse) order_.splice(order_.begin(), order_, at_.at(b));
  return n;
}

void PrefixCache::insert(std::span<const uint64_t> blocks) {
  for (const uint64_t b : blocks.first(std::min(blocks.size(), capacity_)) | std::views::reverse) {
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

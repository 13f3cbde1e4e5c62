// Which prompt blocks an engine still holds: least recently used blocks go first. Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>

#include "base/units.h"

namespace trine::sim {

class PrefixCache {
 public:
  explicit PrefixCache(size_t capacity_blocks) : capacity_(capacity_blocks) {}

  // Leading blocks that are held; they become the most recent. Chained hashes (tokenizer.h).
  size_t match(std::span<const uint64_t> blocks);
  // Holds all of them, the first ones longest: a block is of no use without those before it.
  void insert(std::span<const uint64_t> blocks);
  size_t size() const { return order_.size(); }

 private:
  size_t capacity_;
  std::list<uint64_t> order_;  // most recent first
  std::unordered_map<uint64_t, std::list<uint64_t>::iterator> at_;
};

}  // namespace trine::sim

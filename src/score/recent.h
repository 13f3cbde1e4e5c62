// What was seen lately, by key: bounded, and forgotten after a time. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "base/time.h"

namespace trine::score {

// 64 bits by 64 bits. Keys are hashes already; of two keys that are the same hash one is forgotten. Memory is taken at
// the first put(): 24 bytes an entry. Where a set of four is full, the one that was not used the longest goes.
class RecentTable {
 public:
  // REQUIRES: entries >= 4; rounded down to a power of two.
  explicit RecentTable(size_t entries) : sets_(std::bit_floor(entries / kWays)) {}

  std::optional<uint64_t> find(uint64_t key, Mono now, Nanos ttl) const {
    if (table_.empty()) return {};
    for (const Entry& e : table_[mix64(key) & (sets_ - 1)])
      if (e.key == key && e.used != Mono{} && now - e.used < ttl) return e.value;
    return {};
  }
  void put(uint64_t key, uint64_t value, Mono now) {
    if (table_.empty()) table_.resize(sets_);
    auto& set = table_[mix64(key) & (sets_ - 1)];
    Entry* to = &set[0];
    for (Entry& e : set) {
      if (e.key == key) {
        to = &e;
        break;
      }
      if (e.used < to->used) to = &e;
    }
    *to = {key, value, now};
  }

 private:
  static constexpr size_t kWays = 4;
  struct Entry {
    uint64_t key = 0, value = 0;
    Mono used{};  // zero: free
  };
  size_t sets_;
  std::vector<std::array<Entry, kWays>> table_;
};

}  // namespace trine::score

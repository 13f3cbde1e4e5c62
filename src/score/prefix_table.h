// Which deployments have lately been sent a prompt that begins like this one: so much of it may lie in their caches.
// Bounded, forgotten after a time. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace trine::score {

// The longest beginning that one place has seen.
struct Held {
  uint64_t place = 0;
  size_t cuts = 0;  // how many of the prompt's cuts; the last of them is its length
};

class PrefixTable {
 public:
  static constexpr size_t kHolders = 3;                    // of one beginning
  static constexpr size_t kMost = 4;                       // that find() returns
  static constexpr Nanos kTtl = std::chrono::minutes(10);  // engines evict by need; ten minutes is what vendors name

  // 64 bytes an entry, taken at the first put(). One entry is one beginning at one length. REQUIRES: entries >= 2;
  // rounded down to a power of two.
  explicit PrefixTable(size_t entries) : sets_(std::bit_floor(entries / kWays)) {}

  struct Found {
    std::array<Held, kMost> held;
    size_t n = 0;
  };
  // `cuts`: hashes of the prompt's beginnings, each longer than the one before. Of each place the longest; those with
  // more first.
  Found find(std::span<const uint64_t> cuts, Mono now) const;
  // `place` is sent this prompt.
  void put(std::span<const uint64_t> cuts, uint64_t place, Mono now);

 private:
  static constexpr size_t kWays = 2;
  struct Holder {
    uint64_t place = 0;
    Mono seen{};  // zero: free
  };
  struct alignas(64) Entry {
    uint64_t key = 0;
    std::array<Holder, kHolders> holders;
    Mono used() const;
  };
  size_t sets_;
  std::vector<std::array<Entry, kWays>> table_;
};

}  // namespace trine::score

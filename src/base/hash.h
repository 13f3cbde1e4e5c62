// Fast 64-bit hashes for tables and for placing: not for secrets, not for what must last beyond a release.
#pragma once

#include <cstdint>
#include <string_view>

namespace trine {

// XXH3. A chain is made by giving the hash so far as `seed`.
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);

// Spreads a number over all 64 bits (the finaliser of SplitMix64). A bijection; 0 stays 0.
constexpr uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace trine

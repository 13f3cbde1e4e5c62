// Where a prompt's prefix belongs among deployments that would do equally well: consistent hashing with bounded load.
// All pure.
//
// Each prefix ranks all places by a hash of the pair (rendezvous hashing) and goes to the first that has room. Workers,
// gateways and restarts agree without telling each other; a place that joins or leaves moves only the prefixes that it
// gets or had, 1/n of them on average. The bound (Mirrokni, Thorup, Zadimoghaddam 2018): nobody is sent more than
// kLoadBound times the mean, so that one hot prefix cannot fill one machine while its twins idle.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/hash.h"

namespace trine::score {

// 1.25 times the mean running requests: the paper's trade-off. With 1 there is no affinity left, with 2 a hot machine
// runs at twice the batch of its twins.
inline constexpr double kLoadBound = 1.25;

// How strongly a prefix is drawn to a place: the highest gets it.
constexpr uint64_t affinity(uint64_t prefix, uint64_t place) {
  return mix64(prefix ^ mix64(place + 0x9e3779b97f4a7c15));
}

// Nobody is crowded with so few: no engine is slow at a batch of four, and to wake its twin for the second request
// costs more than it saves.
inline constexpr uint32_t kNeverCrowded = 4;

// How many requests each of `places` may run, so that one more fits somewhere: ceil(kLoadBound·(running + 1)/places),
// at least kNeverCrowded.
inline uint32_t load_bound(uint64_t running, size_t places) {
  if (places == 0) return kNeverCrowded;
  const double share = static_cast<double>(running + 1) / static_cast<double>(places);
  return std::max(kNeverCrowded, static_cast<uint32_t>(std::ceil(kLoadBound * share)));
}

}  // namespace trine::score

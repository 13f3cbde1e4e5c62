// Small summaries: of a text (MinHash, to find nearly equal ones) and of how many different things were seen lately.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace trine::protect {

// MinHash over the text's shingles of five letters, lower case, blanks and digits folded: texts that share a part p of
// their shingles agree in about p of the 64 places (standard error 1/16 at p = 0.5). Broder 1997.
struct Sketch {
  static constexpr size_t kPlaces = 64;
  static constexpr size_t kMostBytes = 16 << 10;  // of a text that are looked at
  std::array<uint32_t, kPlaces> least{};

  static Sketch of(std::string_view text);
  // Share of shingles in common, estimated.
  double like(const Sketch& other) const;
};

// How many different values came within the last hour, up to a few dozen exactly enough: linear counting over 256
// bits in two half-hours (Whang 1990).
class Distinct {
 public:
  static constexpr Nanos kHalf = std::chrono::minutes(30);
  void add(uint64_t hash, Wall at);
  int count(Wall now) const;

 private:
  using Bits = std::array<uint64_t, 4>;
  Bits now_{}, before_{};
  int64_t half_ = 0;
};

}  // namespace trine::protect

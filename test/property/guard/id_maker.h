// Valid identifiers from a random source: a candidate of the right form, its last characters tried until the checks
// hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guard/pii/pii_type.h"

namespace trine::guard::made {

// A small generator with a seed of its own: rapidcheck gives the seed and prints it.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t n);
  char digit() { return static_cast<char>('0' + below(10)); }
  char letter() { return static_cast<char>('A' + below(26)); }
  std::string_view one_of(const std::vector<std::string_view>& choices) { return choices[below(choices.size())]; }

 private:
  uint64_t state_;
};

struct Kind {
  PiiType type;
  bool (*is_valid)(std::string_view);
  std::string_view pattern;    // see candidate() in id_maker.cc
  std::string_view label;      // one that people write before it
  std::vector<size_t> groups;  // a usual spelling: lengths of the groups
  bool check_is_last = true;   // every change of the last character must be seen
};

const std::vector<Kind>& kinds();
std::string make(const Kind& kind, Random& random);

// The spellings of a number: compact, in groups with some separator, small letters, full width.
std::string spell(const Kind& kind, std::string_view id, Random& random);

}  // namespace trine::guard::made

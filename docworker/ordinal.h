// Numbers of list items as documents show them.
#pragma once

#include <cstdint>
#include <string>

namespace trine::docworker {

enum class Ordinal : uint8_t { decimal, letter, roman };

// Small letters: 3 is "3", "c", "iii". After "z" comes "aa", then "bb", as office programs count. What would be long,
// or is below 1, is decimal.
std::string ordinal(int64_t number, Ordinal form, bool capital);

}  // namespace trine::docworker

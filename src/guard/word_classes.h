// Words that do the same in an attack ("reveal", "print" and "repeat" all ask for a text), so that one wording teaches
// the classifier about the others. A word is in one class, the one it most often stands for in a request to a model.
#pragma once

#include <cstdint>

namespace trine::guard {

// The hash of a word, character by character: feed each, begin with kWordHash.
inline constexpr uint64_t kWordHash = 0xcbf29ce484222325;
constexpr uint64_t word_hash(uint64_t hash, char32_t c) {
  hash = (hash ^ c) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

// 0: of no class.
uint8_t word_class(uint64_t hash);

}  // namespace trine::guard

// What the classifier sees of a text: hashed word and letter n-grams, sentence by sentence. Pure; the same bytes on
// every machine. `text` is a folded view of tier 0; ill-formed UTF-8 is taken byte by byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trine::guard {

inline constexpr int kFeatureBits = 18;
inline constexpr uint32_t kFeatureRows = 1U << kFeatureBits;
// A feature is a row and a mark of 8 bits. Training gives each row to one of the features that fall on it; the others
// are known by their marks and count for nothing, so that what nobody has seen is not taken for what somebody has.
inline constexpr int kMarkBits = 8;
constexpr uint32_t row_of(uint32_t feature) {
  return feature >> kMarkBits;
}
constexpr uint8_t mark_of(uint32_t feature) {
  return static_cast<uint8_t>(feature);
}

// A sentence, a line, or 400 bytes of what has neither.
struct Sentence {
  uint32_t begin = 0, end = 0;     // bytes of the text
  uint32_t first = 0, behind = 0;  // its features
  uint32_t digits = 0, signs = 0;  // characters in this and all sentences before

  uint32_t count() const { return behind - first; }
};

struct Features {
  std::vector<uint32_t> values;     // row_of() is below kFeatureRows
  std::vector<Sentence> sentences;  // in order, without gaps in their features
};

// Appends nothing for an empty text. Linear in the text: at most 6 features per byte and a sentence per 2 bytes.
// REQUIRES: below 4 GiB.
void extract_features(std::string_view text, Features& out);

// Shape of a span of sentences, one bin each: how long, how much of it is digits, how much punctuation, and how long
// the whole text is.
inline constexpr uint32_t kShapeBins = 8;
inline constexpr uint32_t kShapes = 4;
std::array<uint8_t, kShapes> shape(const Features& text, size_t first, size_t behind);

}  // namespace trine::guard

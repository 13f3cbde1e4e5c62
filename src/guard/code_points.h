// What folding needs to know of a code point, in one look-up.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace trine::guard {

enum class PointKind : uint8_t {
  other,
  letter,  // and digits: what words are made of, after compatibility folding
  mark,
  emoji,
  zero_width,     // shown as nothing
  joiner,         // ZWNJ, ZWJ
  bidi_mark,      // LRM, RLM, ALM, embeddings and isolates
  bidi_override,  // turns the order of letters around
  selector,
  tag,
  soft_hyphen,
  private_use,
  control,
};

enum class WritingSystem : uint8_t {
  none,
  latin,
  greek,
  cyrillic,       // and what else has letters that look Latin: Armenian, Cherokee, Coptic, Lisu, ...
  right_to_left,  // Hebrew, Arabic and kin
  joining,        // Indic and Mongolian: joiners are spelling
  unspaced,       // Thai, Lao, Khmer, Myanmar: zero-width spaces part words
  cjk,
};

struct PointTraits {
  char32_t folded = 0;  // its NFKC_Casefold, where that is one code point that does not compose with others; 0: ask ICU
  PointKind kind = PointKind::other;
  WritingSystem system = WritingSystem::none;
  char latin = 0;      // the letter it is taken for
  char base = 0;       // the ASCII letter under its accents
  bool starts = true;  // never composes with what stands before it
  bool keeps = true;   // NFKC leaves it alone
};

class CodePoints {
 public:
  static const CodePoints& instance();  // made at the first call, then immutable

  PointTraits of(char32_t c) const {
    if (c < kCached) return cached_[c];
    return c >= 0x4E00 && c < 0xA000 ? ideograph(c) : compute(c);
  }

 private:
  static constexpr char32_t kCached = 0x3400;
  CodePoints();
  static PointTraits ideograph(char32_t c);
  static PointTraits compute(char32_t c);
  std::unique_ptr<std::array<PointTraits, kCached>> owner_;
  const PointTraits* cached_;
};

}  // namespace trine::guard

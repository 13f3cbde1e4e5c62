// What may be one identifier: letters and digits with single separators between, taken out of the text together with
// where each of them stands.
#pragma once

#include <array>
#include <string_view>

#include "guard/pii/glyph.h"

namespace trine::guard {

struct Field {
  static constexpr size_t kLongest = 40;     // characters; an IBAN has at most 34
  static constexpr size_t kMostTokens = 11;  // nine groups of four, and prefixes

  std::array<char, kLongest> chars{};
  std::array<size_t, kLongest> begin{}, end{};  // of each character, in bytes of the text
  std::array<GlyphKind, kLongest> joined{};     // the separator before it; `end` where there is none
  size_t size = 0;
  std::array<size_t, kMostTokens + 1> token{};  // index of each token's first character, then `size`
  size_t tokens = 0;

  std::string_view view(size_t from, size_t to) const { return {chars.data() + from, to - from}; }
  bool is_letters(size_t t) const;  // token t
};

// A token is a run of ASCII letters and digits. Where the one around `pos` (a digit) begins; npos: what is there is
// longer than a token may be, or hangs on a letter of another alphabet or a `_`.
size_t token_begin(const TextWindow& window, size_t pos, size_t floor);

// Where the field of the token at `begin` begins: at most two short tokens of letters may stand before it ("DE 89...",
// "RSS MRA 85...").
size_t field_begin(const TextWindow& window, size_t begin, size_t floor);

Field read_field(TextWindow& window, size_t begin);

}  // namespace trine::guard

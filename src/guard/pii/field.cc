#include "guard/pii/field.h"

#include <algorithm>

namespace trine::guard {
namespace {

constexpr size_t kLongestToken = 64;  // bytes looked at; an identifier of full-width characters is rarely one token
constexpr size_t kLongestPrefix = 3;  // letters of a token before the digits
constexpr size_t kMostPrefixes = 2;
constexpr size_t kLongestSuffix = 4;  // letters of a token after the digits: "T", "CW", "MWST"
constexpr size_t kMostSuffixes = 2;

bool is_token_glyph(const Glyph& g) {
  return g.kind == GlyphKind::alnum || g.kind == GlyphKind::nothing;
}

bool hangs_on(const TextWindow& window, size_t begin) {
  return window.before(begin).kind == GlyphKind::letter || (begin > 0 && window.text()[begin - 1] == '_');
}

}  // namespace

bool Field::is_letters(size_t t) const {
  return std::ranges::all_of(view(token[t], token[t + 1]), [](char c) { return c >= 'A'; });
}

size_t token_begin(const TextWindow& window, size_t pos, size_t floor) {
  size_t begin = pos;
  while (begin > floor) {
    const Glyph g = window.before(begin);
    if (!is_token_glyph(g)) break;
    begin -= g.length;
    if (pos - begin > kLongestToken) return std::string_view::npos;
  }
  while (window.text().substr(begin, 2) == "\xC2\xAD") begin += 2;  // a token begins with what can be seen
  while (begin < pos && glyph_at(window.text(), begin).kind == GlyphKind::nothing) {
    begin += glyph_at(window.text(), begin).length;
  }
  return hangs_on(window, begin) ? std::string_view::npos : begin;
}

size_t field_begin(const TextWindow& window, size_t begin, size_t floor) {
  for (size_t n = 0; n < kMostPrefixes; ++n) {
    const Glyph separator = window.before(begin);
    if (!separator.is_separator() || begin < floor + separator.length + 1) return begin;
    size_t at = begin - separator.length;
    size_t letters = 0;
    while (at > floor) {
      const Glyph g = window.before(at);
      if (!g.is_ascii_letter()) break;
      at -= g.length;
      if (++letters > kLongestPrefix) return begin;
    }
    const Glyph outside = at > floor ? window.before(at) : Glyph{};
    if (letters == 0 || outside.kind == GlyphKind::alnum || hangs_on(window, at)) return begin;
    begin = at;
  }
  return begin;
}

Field read_field(TextWindow& window, size_t begin) {
  Field f;
  size_t pos = begin;
  size_t words = 0;  // tokens of letters only after the first digit
  bool digits = false;
  GlyphKind join = GlyphKind::end;
  while (f.tokens < Field::kMostTokens) {
    const size_t first = f.size;
    bool has_digit = false;
    Glyph g = window.at(pos);
    for (; is_token_glyph(g); pos += g.length, g = window.at(pos)) {
      if (g.kind == GlyphKind::nothing) continue;
      if (f.size == Field::kLongest) break;
      // Words end the field; they need not be read to their end.
      if (digits && !has_digit && g.c >= 'A' && f.size - first >= kLongestSuffix) break;
      has_digit = has_digit || g.c <= '9';
      f.chars[f.size] = g.c;
      f.begin[f.size] = pos;
      f.end[f.size] = pos + g.length;
      f.joined[f.size] = f.size == first ? join : GlyphKind::end;
      ++f.size;
    }
    if (is_token_glyph(g) || g.kind == GlyphKind::letter || window.text().substr(pos, 1) == "_" || f.size == first) {
      f.size = first;  // no token after all
      break;
    }
    if (digits && !has_digit && ++words > kMostSuffixes) {
      f.size = first;
      break;
    }
    f.token[f.tokens++] = first;
    // No identifier has a group of one character inside: "1 2 3 4" is a list.
    if (!g.is_separator() || (digits && f.size - first < 2)) break;
    digits = digits || has_digit;
    join = g.kind;
    pos += g.length;
  }
  f.token[f.tokens] = f.size;
  return f;
}

}  // namespace trine::guard

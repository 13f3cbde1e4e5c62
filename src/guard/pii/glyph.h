// One character of a text as the scanner sees it: full-width forms are their ASCII twins, every kind of space or dash
// is one, accents do not count. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trine::guard {

enum class GlyphKind : uint8_t {
  end,     // past the text
  alnum,   // of ASCII, or its full-width form
  letter,  // of another alphabet, or with an accent
  space,   // on one line; no-break and thin ones too
  dash,
  dot,
  slash,
  nothing,  // zero width, soft hyphen: as if it were not there
  other,
};

struct Glyph {
  char c = 0;  // alnum: digit or capital letter
  GlyphKind kind = GlyphKind::end;
  uint8_t length = 0;   // bytes
  char16_t folded = 0;  // of letters: lower case without accents; 0 for what no label is written in

  bool is_digit() const { return kind == GlyphKind::alnum && c <= '9'; }
  bool is_ascii_letter() const { return kind == GlyphKind::alnum && c >= 'A'; }
  bool is_word() const { return kind == GlyphKind::letter || is_ascii_letter(); }
  bool is_separator() const { return kind >= GlyphKind::space && kind <= GlyphKind::slash; }
};

// What most text is made of, as a table: glyphs are the scanner's whole work.
constexpr Glyph ascii_glyph(char c) {
  Glyph g{0, GlyphKind::other, 1, 0};
  if (c >= '0' && c <= '9') {
    g.c = c;
    g.kind = GlyphKind::alnum;
  } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
    g.c = static_cast<char>(c & ~0x20);
    g.kind = GlyphKind::alnum;
    g.folded = static_cast<char16_t>(c | 0x20);
  } else if (c == ' ') {
    g.kind = GlyphKind::space;
  } else if (c == '-') {
    g.kind = GlyphKind::dash;
  } else if (c == '.') {
    g.kind = GlyphKind::dot;
  } else if (c == '/') {
    g.kind = GlyphKind::slash;
  }
  return g;
}
inline constexpr std::array<Glyph, 128> kAsciiGlyphs = [] {
  std::array<Glyph, 128> all;
  for (size_t i = 0; i < all.size(); ++i) all[i] = ascii_glyph(static_cast<char>(i));
  return all;
}();

Glyph wide_glyph_at(std::string_view text, size_t pos);  // of a byte that is not ASCII
Glyph wide_glyph_before(std::string_view text, size_t pos);

// Bytes that are no UTF-8 are `other`, one at a time.
inline Glyph glyph_at(std::string_view text, size_t pos) {
  if (pos >= text.size()) return {};
  const auto first = static_cast<unsigned char>(text[pos]);
  return first < 0x80 ? kAsciiGlyphs[first] : wide_glyph_at(text, pos);
}
// The one that ends at `pos`; `end` at the beginning.
inline Glyph glyph_before(std::string_view text, size_t pos) {
  if (pos == 0) return {};
  const auto last = static_cast<unsigned char>(text[pos - 1]);
  return last < 0x80 ? kAsciiGlyphs[last] : wide_glyph_before(text, pos);
}

// A text that may go on. Whoever looks past its end learns nothing, and `cut()` says that somebody did: what was
// decided may then be decided otherwise when more of the text is there.
class TextWindow {
 public:
  TextWindow(std::string_view text, bool is_whole) : text_(text), is_whole_(is_whole) {}

  std::string_view text() const { return text_; }
  Glyph at(size_t pos) {
    if (pos < text_.size() && static_cast<unsigned char>(text_[pos]) < 0x80) {
      return kAsciiGlyphs[static_cast<unsigned char>(text_[pos])];
    }
    return wide_at(pos);
  }
  Glyph before(size_t pos) const { return glyph_before(text_, pos); }
  bool cut() const { return cut_; }
  void forget_cut() { cut_ = false; }

 private:
  Glyph wide_at(size_t pos);

  std::string_view text_;
  bool is_whole_;
  bool cut_ = false;
};

}  // namespace trine::guard

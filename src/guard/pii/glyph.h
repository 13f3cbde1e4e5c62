// One character of a text as the scanner sees it: full-width forms are their ASCII twins, every kind of space or dash is
// one, accents do not count. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trine::guard {

enum class GlyphKind : uint8_t {
  end,      // past the text
  alnum,    // of ASCII, or its full-width form
  letter,   // of another alphabet, or with an accent
  space,    // on one line; no-break and thin ones too
  dash,
  dot,
  slash,
  nothing,  // zero width, soft hyphen: as if it were not there
  other,
};

struct Glyph {
  char c = 0;            // alnum: digit or capital letter
  GlyphKind kind = GlyphKind::end;
  uint8_t length = 0;    // bytes
  char16_t folded = 0;   // of letters: lower case without accents; 0 for what no label is written in

  bool is_digit() const { return kind == GlyphKind::alnum && c <= '9'; }
  bool is_ascii_letter() const { return kind == GlyphKind::alnum && c >= 'A'; }
  bool is_word() const { return kind == GlyphKind::letter || is_ascii_letter(); }
  bool is_separator() const { return kind >= GlyphKind::space && kind <= GlyphKind::slash; }
};

// Bytes that are no UTF-8 are `other`, one at a time.
Glyph glyph_at(std::string_view text, size_t pos);
// The one that ends at `pos`; `end` at the beginning.
Glyph glyph_before(std::string_view text, size_t pos);

// A text that may go on. Whoever looks past its end learns nothing, and `cut()` says that somebody did: what was
// decided may then be decided otherwise when more of the text is there.
class TextWindow {
 public:
  TextWindow(std::string_view text, bool is_whole) : text_(text), is_whole_(is_whole) {}

  std::string_view text() const { return text_; }
  Glyph at(size_t pos);
  Glyph before(size_t pos) const { return glyph_before(text_, pos); }
  bool cut() const { return cut_; }
  void forget_cut() { cut_ = false; }

 private:
  std::string_view text_;
  bool is_whole_;
  bool cut_ = false;
};

}  // namespace trine::guard

#include "guard/pii/glyph.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <array>

namespace trine::guard {
namespace {

constexpr char32_t kFoldEnd = 0x530;  // Latin, Greek, Cyrillic: what the Union's languages are written in

// Letters that are one letter to Unicode and a letter with a stroke to those who leave accents out.
char32_t without_stroke(char32_t c) {
  switch (c) {
    case U'ł':
      return U'l';
    case U'đ':
      return U'd';
    case U'ø':
      return U'o';
    case U'æ':
      return U'a';
    case U'ħ':
      return U'h';
    case U'ı':
      return U'i';
    case U'ß':
      return U's';
    default:
      return c;
  }
}

std::array<char16_t, kFoldEnd> make_folds() {
  std::array<char16_t, kFoldEnd> folds{};
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* nfd = unorm2_getNFDInstance(&status);
  for (char32_t c = 0x80; c < kFoldEnd; ++c) {
    if (u_isalpha(static_cast<UChar32>(c)) == 0) continue;
    std::array<UChar, 8> parts{};
    char32_t base = c;
    if (U_SUCCESS(status)) {
      const int n = unorm2_getDecomposition(nfd, static_cast<UChar32>(c), parts.data(), parts.size(), &status);
      if (n > 0) base = parts[0];
    }
    base = static_cast<char32_t>(u_foldCase(static_cast<UChar32>(base), U_FOLD_CASE_DEFAULT));
    folds[c] = static_cast<char16_t>(without_stroke(base));
  }
  return folds;
}

char16_t fold(char32_t c) {
  static const std::array<char16_t, kFoldEnd> kFolds = make_folds();
  return c < kFoldEnd ? kFolds[c] : char16_t{0};
}

Glyph of_code_point(char32_t c, uint8_t length) {
  Glyph g{0, GlyphKind::other, length, 0};
  if (c >= 0xFF01 && c <= 0xFF5E) {  // full width
    g = ascii_glyph(static_cast<char>(c - 0xFF01 + '!'));
    g.length = length;
  } else if (c == 0xA0 || c == 0x202F || (c >= 0x2000 && c <= 0x200A) || c == 0x3000) {
    g.kind = GlyphKind::space;
  } else if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) {
    g.kind = GlyphKind::dash;
  } else if (c == 0xAD || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF) {
    g.kind = GlyphKind::nothing;
  } else if (c < kFoldEnd) {
    g.folded = fold(c);
    // Combining accents (0300 to 036F) belong to the letter before them.
    if (g.folded != 0) g.kind = GlyphKind::letter;
    if (c >= 0x300 && c < 0x370) g.kind = GlyphKind::nothing;
  } else if (c >= 0x1E00 && c < 0x2000) {
    g.kind = GlyphKind::letter;
  }
  return g;
}

// Length of the sequence that a first byte announces; 0: no first byte.
uint8_t announced(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

}  // namespace

Glyph wide_glyph_at(std::string_view text, size_t pos) {
  const auto first = static_cast<unsigned char>(text[pos]);
  const uint8_t n = announced(first);
  if (n == 0 || pos + n > text.size()) return {0, GlyphKind::other, 1, 0};
  char32_t c = first & (0x7Fu >> n);
  for (uint8_t i = 1; i < n; ++i) {
    const auto b = static_cast<unsigned char>(text[pos + i]);
    if ((b & 0xC0) != 0x80) return {0, GlyphKind::other, 1, 0};
    c = c << 6 | (b & 0x3Fu);
  }
  return of_code_point(c, n);
}

Glyph wide_glyph_before(std::string_view text, size_t pos) {
  for (size_t back = 1; back <= 4 && back <= pos; ++back) {
    const auto b = static_cast<unsigned char>(text[pos - back]);
    if ((b & 0xC0) == 0x80) continue;
    const Glyph g = glyph_at(text.substr(0, pos), pos - back);
    if (g.length == back) return g;
    break;
  }
  return {0, GlyphKind::other, 1, 0};
}

Glyph TextWindow::wide_at(size_t pos) {
  if (pos >= text_.size()) {
    cut_ = cut_ || !is_whole_;
    return {};
  }
  const uint8_t n = announced(static_cast<unsigned char>(text_[pos]));
  if (n > 1 && pos + n > text_.size() && !is_whole_) {
    cut_ = true;
    return {};
  }
  return glyph_at(text_, pos);
}

}  // namespace trine::guard

#include "guard/code_points.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <stdexcept>

#include "guard/confusables.h"

namespace trine::guard {
namespace {

PointKind kind_of(char32_t c) {
  if (c == 0x200C || c == 0x200D) return PointKind::joiner;
  if (c == 0xAD) return PointKind::soft_hyphen;
  if (c == 0x202D || c == 0x202E) return PointKind::bidi_override;
  if (c == 0x200E || c == 0x200F || c == 0x61C || (c >= 0x202A && c <= 0x202C) || (c >= 0x2066 && c <= 0x2069))
    return PointKind::bidi_mark;
  if (c >= 0xE0000 && c <= 0xE007F) return PointKind::tag;
  const auto u = static_cast<UChar32>(c);
  if (u_hasBinaryProperty(u, UCHAR_VARIATION_SELECTOR)) return PointKind::selector;
  if (u_hasBinaryProperty(u, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || c == 0xFFFE || (c >= 0xFFF9 && c <= 0xFFFB))
    return PointKind::zero_width;
  const int8_t category = u_charType(u);
  if (category == U_CONTROL_CHAR) return PointKind::control;
  if (category == U_PRIVATE_USE_CHAR) return PointKind::private_use;
  if ((U_MASK(category) & U_GC_M_MASK) != 0) return PointKind::mark;
  if (c >= 0x80 && u_hasBinaryProperty(u, UCHAR_EMOJI)) return PointKind::emoji;
  if ((U_MASK(category) & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return PointKind::letter;
  return PointKind::other;
}

WritingSystem system_of(char32_t c) {
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(c), &error)) {
    case USCRIPT_LATIN:
      return WritingSystem::latin;
    case USCRIPT_GREEK:
      return WritingSystem::greek;
    case USCRIPT_CYRILLIC:
    case USCRIPT_ARMENIAN:
    case USCRIPT_CHEROKEE:
    case USCRIPT_COPTIC:
    case USCRIPT_LISU:
    case USCRIPT_GEORGIAN:
    case USCRIPT_CANADIAN_ABORIGINAL:
    case USCRIPT_RUNIC:
    case USCRIPT_TIFINAGH:
      return WritingSystem::cyrillic;
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
    case USCRIPT_TIBETAN:
      return WritingSystem::unspaced;
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO:
      return WritingSystem::cjk;
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
    case USCRIPT_UNKNOWN:
    case USCRIPT_BRAILLE:
      return WritingSystem::none;
    default:
      break;
  }
  const auto direction = u_charDirection(static_cast<UChar32>(c));
  const bool rtl = direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
  return rtl || uscript_getScript(static_cast<UChar32>(c), &error) == USCRIPT_ARABIC ? WritingSystem::right_to_left
                                                                                     : WritingSystem::joining;
}

bool ascii_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Letters on a filled circle or square, in parentheses, and those that flags are made of: NFKC leaves them or puts
// parentheses between the letters of a word.
char32_t enclosed_letter(char32_t c) {
  for (const char32_t first : {0x1F150u, 0x1F170u, 0x1F1E6u, 0x1F110u, 0x249Cu})
    if (c >= first && c < first + 26) return U'a' + (c - first);
  if (c == 0x130) return U'i';    // its dot would be a mark of its own
  return c == 0x37A ? 0x3B9 : 0;  // the iota below, which stands alone here
}

bool is_word_part(char32_t c) {
  const PointKind k = kind_of(c);
  return k == PointKind::letter || k == PointKind::mark;
}

// What one character becomes several: a word by itself, or something with words in it ("a.m."), which stays as it is
// so that folding twice is folding once.
void expand(PointTraits& t, char32_t c, const icu::UnicodeString& folded) {
  bool word = true, letters = false, all_alike = true;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const auto part = static_cast<char32_t>(folded.char32At(i));
    const WritingSystem system = system_of(part);
    word = word && is_word_part(part);
    letters = letters || system == WritingSystem::latin || system == WritingSystem::greek ||
              system == WritingSystem::cyrillic;
    all_alike = all_alike && latin_look_alike(part) != 0;
    if (t.system == WritingSystem::none) t.system = system;
  }
  if (word && (t.kind == PointKind::other || t.kind == PointKind::emoji)) t.kind = PointKind::letter;
  if (!word && t.kind == PointKind::letter) t.kind = PointKind::other;
  if (!word && letters) {
    t.folded = c;
    t.keeps = true;
  }
  if (word && all_alike) t.latin = latin_look_alike(static_cast<char32_t>(folded.char32At(0)));
}

}  // namespace

const CodePoints& CodePoints::instance() {
  static const CodePoints all;
  return all;
}

CodePoints::CodePoints() : owner_(std::make_unique<std::array<PointTraits, kCached>>()), cached_(owner_->data()) {
  for (char32_t c = 0; c < kCached; ++c) (*owner_)[c] = compute(c);
}

PointTraits CodePoints::ideograph(char32_t c) {
  PointTraits t;
  t.folded = c;
  t.kind = PointKind::letter;
  t.system = WritingSystem::cjk;
  return t;
}

PointTraits CodePoints::compute(char32_t c) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  const auto* nfkc = icu::Normalizer2::getNFKCInstance(error);
  const auto* nfkd = icu::Normalizer2::getNFKDInstance(error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU has no normalisation data: install the package libicu72");
  const auto u = static_cast<UChar32>(c);
  PointTraits t;
  t.kind = kind_of(c);
  t.system = system_of(c);
  t.starts = fold->hasBoundaryBefore(u) != 0;
  if (const char32_t letter = enclosed_letter(c)) {
    t.folded = letter;
    t.kind = PointKind::letter;
    t.system = system_of(letter);
    t.latin = latin_look_alike(letter);
    return t;
  }
  const icu::UnicodeString self(u);
  t.keeps = nfkc->isNormalized(self, error) != 0;
  const icu::UnicodeString folded = fold->normalize(self, error);
  if (folded.countChar32() == 1 && t.starts) {
    t.folded = static_cast<char32_t>(folded.char32At(0));
    // An enclosed letter is a symbol, and folded it is a letter.
    if (t.folded != c && (t.kind == PointKind::other || t.kind == PointKind::emoji)) t.kind = kind_of(t.folded);
    if (t.system == WritingSystem::none) t.system = system_of(t.folded);
  }
  t.latin = latin_look_alike(c);
  if (folded.countChar32() > 1) expand(t, c, folded);
  if (t.latin == 0 && t.folded != 0) t.latin = latin_look_alike(t.folded);
  const icu::UnicodeString apart = nfkd->normalize(self, error);
  if (apart.length() > 1 && ascii_letter(apart[0]) && (U_GET_GC_MASK(apart[1]) & U_GC_M_MASK) != 0)
    t.base = static_cast<char>(apart[0] | 0x20);
  return t;
}

}  // namespace trine::guard

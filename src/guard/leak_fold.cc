#include "guard/leak_fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <vector>

#include "base/hash.h"

namespace trine::guard {

namespace {

constexpr char32_t kBmp = 0x10000;
constexpr std::string_view kLeet = "oizeasgtbg";  // what 0-9 imitate

int hex_value(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Letters of other scripts that pass for Latin ones.
char32_t look_alike(char32_t c) {
  constexpr std::u32string_view from = U"аеорсухіѕјԁһοανρυιı", to = U"aeopcyxisjdhoavpuii";
  static_assert(from.size() == to.size());
  const size_t at = from.find(c);
  return at == from.npos ? c : to[at];
}

Symbol compute_symbol(char32_t code_point) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* nfkd = unorm2_getNFKDInstance(&error);
  UChar32 c = static_cast<UChar32>(code_point);
  std::array<UChar, 32> parts;
  if (U_SUCCESS(error)) {
    const int32_t n = unorm2_getDecomposition(nfkd, c, parts.data(), parts.size(), &error);
    if (U_SUCCESS(error) && n > 0) {
      int32_t i = 0;
      U16_NEXT(parts.data(), i, n, c);
    }
  }
  // Vowel signs of India and its neighbours are letters of theirs; other marks are ornaments.
  const bool is_vowel_sign = c >= 0x900 && c < 0x1000 && (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
  if (!u_isalnum(c) && !is_vowel_sign) return 0;
  c = static_cast<UChar32>(look_alike(static_cast<char32_t>(u_foldCase(c, U_FOLD_CASE_DEFAULT))));
  if (c >= 'a' && c <= 'z') return static_cast<Symbol>(c);
  if (const int32_t digit = u_charDigitValue(c); digit >= 0)
    return static_cast<Symbol>(kLeet[static_cast<size_t>(digit)]);
  return static_cast<Symbol>(128 + mix64(static_cast<uint64_t>(c)) % 128);
}

}  // namespace

Symbol symbol_of(char32_t code_point) {
  static const std::vector<Symbol> table = [] {
    std::vector<Symbol> t(kBmp);
    for (char32_t c = 128; c < kBmp; ++c) t[c] = compute_symbol(c);
    return t;
  }();
  return code_point < kBmp ? table[code_point] : compute_symbol(code_point);
}

size_t LeakFold::add_code_point(char32_t code_point, Symbol* out) {
  if (code_point < 128) return add_plain(static_cast<unsigned char>(code_point), out);
  const Symbol s = symbol_of(code_point);
  if (s == 0) return 0;
  line_start_ = false;
  out[0] = s;
  if (is_latin(s) || code_point < 0x2E80) return 1;
  out[1] = s;
  return 2;
}

// Bytes that are no UTF-8 count for nothing.
size_t LeakFold::add_plain(unsigned char c, Symbol* out) {
  if (c >= 128) {
    if ((c & 0xC0) == 0x80) {
      if (wide_left_ == 0) return 0;
      wide_ = wide_ << 6 | (c & 0x3Fu);
      return --wide_left_ == 0 && wide_ >= 128 ? add_code_point(wide_, out) : 0;
    }
    wide_left_ = c >= 0xF8 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    wide_ = c & (0x3Fu >> wide_left_);
    return 0;
  }
  wide_left_ = 0;
  switch (const uint8_t kind = kFold[c]) {
    case static_cast<uint8_t>(FoldKind::newline):
      line_start_ = true;
      return 0;
    case static_cast<uint8_t>(FoldKind::digit):
      if (line_start_) return 0;
      out[0] = static_cast<Symbol>(kLeet[c - '0']);
      return 1;
    default:
      if (kind < 'a') return 0;
      line_start_ = false;
      out[0] = kind;
      return 1;
  }
}

// The escape was none: its sign counts for nothing, what came after it is text.
size_t LeakFold::give_back(Symbol* out) {
  size_t n = 0;
  for (size_t i = 1; i < escape_length_; ++i) n += add_plain(escape_[i], out + n);
  escape_length_ = 0;
  return n;
}

size_t LeakFold::add_slowly(unsigned char c, Symbol* out) {
  if (escape_length_ > 0) return add_escape(c, out);
  if (kFold[c] != static_cast<uint8_t>(FoldKind::escape)) return add_plain(c, out);
  escape_[0] = c;
  escape_length_ = 1;
  return 0;
}

size_t LeakFold::add_escape(unsigned char c, Symbol* out) {
  const auto not_one = [&] {
    const size_t n = give_back(out);
    return n + add_slowly(c, out + n);
  };
  const auto value = [&](size_t from, unsigned base) {
    char32_t v = 0;
    for (size_t i = from; i < escape_length_; ++i) v = v * base + static_cast<unsigned>(hex_value(escape_[i]));
    escape_length_ = 0;
    return v;
  };
  const auto keep = [&] {
    escape_[escape_length_++] = c;
    return size_t{0};
  };
  if (escape_[0] == '%') {
    if (hex_value(c) < 0) return not_one();
    keep();
    return escape_length_ == 3 ? add_plain(static_cast<unsigned char>(value(1, 16)), out) : 0;
  }
  if (escape_[0] == '\\') {
    if (escape_length_ == 1) {
      if (c == 'u' || c == 'x') return keep();
      if (c != 'n' && c != 'r' && c != 't') return not_one();
      escape_length_ = 0;
      return add_plain('\n', out);
    }
    if (hex_value(c) < 0) return not_one();
    keep();
    if (escape_[1] == 'x') return escape_length_ == 4 ? add_plain(static_cast<unsigned char>(value(2, 16)), out) : 0;
    return escape_length_ == 6 ? add_code_point(value(2, 16), out) : 0;
  }
  if (escape_length_ == 1) return c == '#' ? keep() : not_one();
  if (escape_length_ == 2 && (c == 'x' || c == 'X')) return keep();
  const bool in_hex = escape_length_ > 2 && (escape_[2] | 0x20) == 'x';
  const size_t first = in_hex ? 3 : 2;
  if (c == ';' && escape_length_ > first) return add_code_point(value(first, in_hex ? 16 : 10), out);
  const bool is_digit = in_hex ? hex_value(c) >= 0 : c >= '0' && c <= '9';
  return is_digit && escape_length_ < first + 6 ? keep() : not_one();
}

}  // namespace trine::guard

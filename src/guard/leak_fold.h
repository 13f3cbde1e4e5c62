// The alphabet in which a system prompt and an answer are compared: one symbol per letter, whatever its case, accent,
// width or look, and nothing for blanks, punctuation, marks, emoji and what has no width. So a copy that is spaced out,
// put in bullets, upper case, quoted, wrapped in zero-width characters or written in leet is the same row of symbols.
// Text comes in pieces cut anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trine::guard {

// a-z for Latin letters; 128-255 for a hash of any other letter (a letter of CJK, which says more, stands for two equal
// symbols); 0 is none. Digits stand for the letters that they imitate.
using Symbol = uint8_t;

constexpr bool is_latin(Symbol s) {
  return s < 128;
}

// Of a code point beyond ASCII; 0 when it counts for nothing.
Symbol symbol_of(char32_t code_point);

// What becomes of an ASCII byte: a letter is its own symbol, the rest as below.
enum class FoldKind : uint8_t { drop, newline, digit, escape, wide };

constexpr auto kFold = [] {
  std::array<uint8_t, 256> t{};
  for (int c = 'a'; c <= 'z'; ++c) t[c] = t[c - 32] = static_cast<uint8_t>(c);
  for (int c = '0'; c <= '9'; ++c) t[c] = static_cast<uint8_t>(FoldKind::digit);
  for (int c = 128; c < 256; ++c) t[c] = static_cast<uint8_t>(FoldKind::wide);
  t['@'] = 'a';
  t['$'] = 's';
  t['\n'] = t['\r'] = static_cast<uint8_t>(FoldKind::newline);
  for (const char c : std::string_view("%\\&"))
    t[static_cast<unsigned char>(c)] = static_cast<uint8_t>(FoldKind::escape);
  return t;
}();

class LeakFold {
 public:
  // Calls take(Symbol) for each symbol that this byte completes. %41, \n, \x41, \u0041 and &#65; are read as what they
  // stand for. Digits at the start of a line are dropped: they number it.
  template <class Take>
  void add(unsigned char c, Take&& take) {
    if (escape_length_ == 0) {
      const uint8_t kind = kFold[c];
      if (kind >= 'a') {
        line_start_ = false;
        wide_left_ = 0;
        take(Symbol{kind});
        return;
      }
      if (kind == static_cast<uint8_t>(FoldKind::drop)) return;
    }
    std::array<Symbol, 24> out;  // an escape that was none gives back its letters
    const size_t n = add_slowly(c, out.data());
    for (size_t i = 0; i < n; ++i) take(out[i]);
  }

 private:
  size_t add_slowly(unsigned char c, Symbol* out);
  size_t add_escape(unsigned char c, Symbol* out);
  size_t add_plain(unsigned char c, Symbol* out);
  size_t add_code_point(char32_t code_point, Symbol* out);
  size_t give_back(Symbol* out);

  std::array<unsigned char, 10> escape_;
  uint8_t escape_length_ = 0;
  uint8_t wide_left_ = 0;  // bytes that the code point still lacks
  bool line_start_ = true;
  char32_t wide_ = 0;
};

}  // namespace trine::guard

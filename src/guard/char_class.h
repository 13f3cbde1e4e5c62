// Classes of bytes for scanning.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace trine::guard {

enum CharClass : uint8_t { kLetter = 1, kDigit = 2, kMark = 4, kCode = 8, kSymbol = 16, kHigh = 32, kBlank = 64 };

struct CharClasses {
  std::array<uint8_t, 256> of{};
  constexpr CharClasses() {
    for (size_t i = 0; i < 256; ++i) of[i] = i >= 0x80 ? kHigh : i <= 0x20 ? kBlank : kSymbol;
    for (size_t i = 'a'; i <= 'z'; ++i) of[i] = of[i - 32] = kLetter;
    for (size_t i = '0'; i <= '9'; ++i) of[i] = kDigit;
    for (const char c : {'.', '-', ',', '/', '|'}) of[static_cast<uint8_t>(c)] = kMark;
    for (const char c : {'%', '&', '\\', '='}) of[static_cast<uint8_t>(c)] = kCode;
  }
};
inline constexpr CharClasses kCharClasses;

inline uint8_t class_of(char c) {
  return kCharClasses.of[static_cast<uint8_t>(c)];
}
inline bool is_letter(char c) {
  return class_of(c) == kLetter;
}
inline bool is_digit(char c) {
  return class_of(c) == kDigit;
}
inline bool is_hex(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
inline bool is_base64(char c) {
  return is_letter(c) || is_digit(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}
template <class Test>
bool all(std::string_view s, Test test) {
  return std::all_of(s.begin(), s.end(), test);
}

}  // namespace trine::guard

// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trine::guard {

inline uint8_t byte_of(char c) {
  return static_cast<uint8_t>(c);
}

struct Utf8Char {
  char32_t c = 0xFFFD;
  uint32_t length = 1;  // bytes, at least 1
  bool valid = false;   // else c is U+FFFD, for the longest beginning of a character (Unicode 15, 3.9, table 3-8)
};

// REQUIRES: at < s.size().
inline Utf8Char utf8_at(std::string_view s, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(s[at + i])); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {static_cast<char32_t>(lead), 1, true};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const uint32_t n = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint32_t c = lead & (0x7F >> n);
  for (uint32_t i = 1; i < n; ++i) {
    if (at + i >= s.size()) return {0xFFFD, i, false};
    const uint32_t b = byte(i);
    // The second byte alone rules out long forms, surrogates and what is beyond U+10FFFF.
    uint32_t least = 0x80, most = 0xBF;
    if (i == 1) {
      if (lead == 0xE0) least = 0xA0;
      if (lead == 0xED) most = 0x9F;
      if (lead == 0xF0) least = 0x90;
      if (lead == 0xF4) most = 0x8F;
    }
    if (b < least || b > most) return {0xFFFD, i, false};
    c = c << 6 | (b & 0x3F);
  }
  return {static_cast<char32_t>(c), n, true};
}

// Nothing for what is no scalar value.
inline void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return;
  const auto b = [](char32_t v) { return static_cast<char>(static_cast<uint8_t>(v)); };
  if (c < 0x80) {
    out += b(c);
  } else if (c < 0x800) {
    out += {b(0xC0 | c >> 6), b(0x80 | (c & 0x3F))};
  } else if (c < 0x10000) {
    out += {b(0xE0 | c >> 12), b(0x80 | (c >> 6 & 0x3F)), b(0x80 | (c & 0x3F))};
  } else {
    out += {b(0xF0 | c >> 18), b(0x80 | (c >> 12 & 0x3F)), b(0x80 | (c >> 6 & 0x3F)), b(0x80 | (c & 0x3F))};
  }
}

}  // namespace trine::guard

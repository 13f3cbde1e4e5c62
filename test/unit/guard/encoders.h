// The encodings that attacks use, written by themselves: what the guard must undo.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trine::guard::test {

inline uint8_t byte(char c) {
  return static_cast<uint8_t>(c);
}

inline std::string utf8(char32_t c) {
  std::string s;
  const auto put = [&](char32_t v) { s += static_cast<char>(static_cast<uint8_t>(v)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 63));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  }
  return s;
}

inline bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// `each` of every character, one after the other with `between`.
template <class Each>
std::string spell(std::string_view text, Each each, std::string_view between = "") {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i > 0) out += between;
    out += each(text[i]);
  }
  return out;
}

// `each` of every word.
template <class Each>
std::string by_words(std::string_view text, Each each, std::string_view between = " ") {
  std::string out;
  for (size_t i = 0; i <= text.size();) {
    const size_t end = std::min(text.find(' ', i), text.size());
    if (i > 0) out += between;
    out += each(text.substr(i, end - i));
    i = end + 1;
  }
  return out;
}

inline std::string apart(std::string_view word, std::string_view separator) {
  return spell(
      word, [](char c) { return std::string(1, c); }, separator);
}

inline std::string digits(uint32_t v, uint32_t base, size_t width = 0) {
  std::string s;
  do s.insert(s.begin(), "0123456789abcdef"[v % base]);
  while ((v /= base) > 0);
  while (s.size() < width) s.insert(s.begin(), '0');
  return s;
}

// Groups of `bits`, most significant first, as characters of the alphabet, padded to a multiple of `group`.
inline std::string base2(std::string_view text, std::string_view alphabet, int bits, size_t group) {
  std::string out;
  uint32_t held = 0;
  int n = 0;
  for (const char c : text) {
    held = held << 8 | byte(c);
    for (n += 8; n >= bits; n -= bits) out += alphabet[held >> (n - bits) & ((1u << bits) - 1)];
    held &= (1u << n) - 1;
  }
  if (n > 0) out += alphabet[held << (bits - n) & ((1u << bits) - 1)];
  while (out.size() % group != 0) out += '=';
  return out;
}

inline std::string base64(std::string_view s) {
  return base2(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4);
}

inline std::string base32(std::string_view s) {
  return base2(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8);
}

inline std::string hex(std::string_view s, std::string_view before = "", std::string_view between = "") {
  return spell(
      s, [&](char c) { return std::string(before) + digits(byte(c), 16, 2); }, between);
}

inline std::string base85(std::string_view s, std::string_view alphabet) {
  std::string out;
  for (size_t i = 0; i < s.size(); i += 4) {
    const size_t n = std::min<size_t>(4, s.size() - i);
    uint32_t v = 0;
    for (size_t k = 0; k < 4; ++k) v = v << 8 | (k < n ? byte(s[i + k]) : 0u);
    std::string group;
    for (int k = 0; k < 5; ++k, v /= 85) group.insert(group.begin(), alphabet[v % 85]);
    out += group.substr(0, n + 1);
  }
  return out;
}

inline std::string ascii85(std::string_view s) {
  std::string alphabet;
  for (char c = '!'; c <= 'u'; ++c) alphabet += c;
  return base85(s, alphabet);
}

inline std::string uuencode(std::string_view s) {
  std::string alphabet;
  for (char c = 0x20; c < 0x60; ++c) alphabet += c;
  std::string out;
  for (size_t i = 0; i < s.size(); i += 45) {
    std::string line(s.substr(i, 45));
    const auto n = static_cast<char>(0x20 + line.size());
    while (line.size() % 3 != 0) line += '\0';
    out += n + base2(line, alphabet, 6, 4) + '\n';
  }
  return out;
}

inline std::string caesar(std::string_view s, int shift) {
  return spell(
      s, [&](char c) { return std::string(1, is_lower(c) ? static_cast<char>('a' + (c - 'a' + shift) % 26) : c); });
}

inline std::string backwards(std::string_view s) {
  return {s.rbegin(), s.rend()};
}

// Small letters by a table of UTF-8 characters for a..z; others as they are.
inline std::string styled(std::string_view s, char32_t first) {
  return spell(s,
               [&](char c) { return is_lower(c) ? utf8(first + static_cast<char32_t>(c - 'a')) : std::string(1, c); });
}

inline std::string swapped(std::string_view s, std::string_view from, std::u32string_view to) {
  return spell(s, [&](char c) {
    const size_t at = from.find(c);
    return at == std::string_view::npos ? std::string(1, c) : utf8(to[at]);
  });
}

inline std::string morse(std::string_view s, std::string_view between_words) {
  static constexpr std::string_view kLetters[] = {".-",   "-...", "-.-.", "-..",  ".",   "..-.", "--.",  "....", "..",
                                                  ".---", "-.-",  ".-..", "--",   "-.",  "---",  ".--.", "--.-", ".-.",
                                                  "...",  "-",    "..-",  "...-", ".--", "-..-", "-.--", "--.."};
  return by_words(
      s,
      [](std::string_view w) {
        return spell(
            w, [](char c) { return std::string(kLetters[c - 'a']); }, " ");
      },
      between_words);
}

}  // namespace trine::guard::test

#include "json/escape.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include "json/read.h"
#include "json/write.h"

namespace trine::json {

namespace {

constexpr uint32_t kReplacement = 0xFFFD;

// What a backslash begins.
struct Escape {
  size_t length = 1;  // in the document
  uint32_t character = '\\';
  bool good = false;  // an escape of RFC 8259 §7 that means one character
};

std::optional<uint32_t> hex4(std::string_view s, size_t at) {
  uint32_t unit = 0;
  if (at + 4 > s.size()) return std::nullopt;
  const auto [end, error] = std::from_chars(s.data() + at, s.data() + at + 4, unit, 16);
  if (error != std::errc() || end != s.data() + at + 4) return std::nullopt;
  return unit;
}

// The escape at s[at], which is a backslash.
Escape escape_at(std::string_view s, size_t at) {
  if (at + 1 >= s.size()) return {};
  switch (s[at + 1]) {
    case '"':
    case '\\':
    case '/':
      return {2, static_cast<unsigned char>(s[at + 1]), true};
    case 'b':
      return {2, '\b', true};
    case 'f':
      return {2, '\f', true};
    case 'n':
      return {2, '\n', true};
    case 'r':
      return {2, '\r', true};
    case 't':
      return {2, '\t', true};
    case 'u':
      break;
    default:
      return {};
  }
  const auto unit = hex4(s, at + 2);
  if (!unit) return {};
  if (*unit < 0xD800 || *unit >= 0xE000) return {6, *unit, true};
  const Escape half{6, kReplacement, false};
  if (*unit >= 0xDC00 || s.substr(at + 6, 2) != "\\u") return half;
  const auto low = hex4(s, at + 8);
  if (!low || *low < 0xDC00 || *low >= 0xE000) return half;
  return {12, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00), true};
}

size_t utf8_size(uint32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

size_t put_utf8(char* out, uint32_t c) {
  const size_t size = utf8_size(c);
  if (size == 1) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  for (size_t i = size - 1; i > 0; --i, c >>= 6) out[i] = static_cast<char>(0x80 | (c & 0x3F));
  constexpr unsigned kLead[] = {0xC0, 0xE0, 0xF0};
  out[0] = static_cast<char>(kLead[size - 2] | c);
  return size;
}

}  // namespace

std::optional<std::string> unescape(std::string_view s) {
  std::string out(s.size(), '\0');
  size_t size = 0;
  for (size_t i = 0; i < s.size();) {
    const size_t stop = std::min(s.find('\\', i), s.size());
    std::memcpy(out.data() + size, s.data() + i, stop - i);
    size += stop - i;
    i = stop;
    if (i == s.size()) break;
    const Escape escape = escape_at(s, i);
    if (!escape.good) return std::nullopt;
    size += put_utf8(out.data() + size, escape.character);
    i += escape.length;
  }
  out.resize(size);
  return out;
}

size_t unescape_into(char* out, std::string_view s) {
  size_t size = 0;
  for (size_t i = 0; i < s.size();) {
    const size_t stop = std::min(s.find('\\', i), s.size());
    std::memcpy(out + size, s.data() + i, stop - i);
    size += stop - i;
    i = stop;
    if (i == s.size()) break;
    const Escape escape = escape_at(s, i);
    size += put_utf8(out + size, escape.character);
    i += escape.length;
  }
  return size;
}

size_t escape_length(std::string_view s) {
  return escape_at(s, 0).length;
}

// The last border of characters at or before `text`; with `past`, the first at or behind it.
EscapeMap::Place EscapeMap::walk_to(size_t text, bool past) {
  if (text < at_.text) at_ = {};
  while (at_.raw < escaped_.size() && at_.text < text) {
    const std::string_view ahead = escaped_.substr(at_.raw, text - at_.text);
    const size_t plain = std::min(ahead.find('\\'), ahead.size());
    at_.raw += plain;
    at_.text += plain;
    if (at_.raw == escaped_.size() || at_.text == text) break;
    const Escape escape = escape_at(escaped_, at_.raw);
    const Place behind{at_.raw + escape.length, at_.text + utf8_size(escape.character)};
    if (behind.text > text) return past ? behind : at_;
    at_ = behind;
  }
  return at_;
}

std::string_view EscapeMap::raw(size_t begin, size_t end) {
  const Place from = walk_to(begin, false);
  if (end <= begin) return escaped_.substr(from.raw, 0);
  const Place to = walk_to(end, true);
  return escaped_.substr(from.raw, to.raw - from.raw);
}

std::string escaped(std::string_view text) {
  std::string out;
  append_string(out, text);
  out.pop_back();
  out.erase(0, 1);
  return out;
}

}  // namespace trine::json

#include "json/write.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace trine::json {

namespace {

// The length of the UTF-8 sequence that `s` begins with (Unicode table 3-7), or 0 if it begins with none.
size_t utf8_length(std::string_view s) {
  const auto byte = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto within = [&](size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
  const unsigned lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

void append_escape(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += static_cast<char>(c);
      return;
    case '\b':
      out += 'b';
      return;
    case '\f':
      out += 'f';
      return;
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    default:
      out += "u00", out += kHex[c >> 4], out += kHex[c & 15];
  }
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  size_t done = 0;  // what lies before is written
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 && c >= 0x20 && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    const size_t length = c < 0x80 ? 0 : utf8_length(text.substr(i));
    if (length) {
      i += length;
      continue;
    }
    out.append(text, done, i - done);
    if (c < 0x80) {
      append_escape(out, c);
    } else {
      out += "\xEF\xBF\xBD";
    }
    done = ++i;
  }
  out.append(text, done);
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

void Writer::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  assert(!(objects_ & 1) && "a member needs a key");
  if (filled_ & 1) out_ += ',';
  filled_ |= 1;
}

Writer& Writer::open(char bracket, bool object) {
  before_value();
  assert(depth_ < 64);
  ++depth_;
  objects_ = objects_ << 1 | static_cast<uint64_t>(object);
  filled_ <<= 1;
  out_ += bracket;
  return *this;
}

Writer& Writer::end() {
  assert(depth_ > 0 && !after_key_);
  out_ += objects_ & 1 ? '}' : ']';
  objects_ >>= 1;
  filled_ >>= 1;
  --depth_;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  assert(depth_ > 0 && (objects_ & 1) && !after_key_);
  if (filled_ & 1) out_ += ',';
  filled_ |= 1;
  append_string(out_, name);
  out_ += ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  before_value();
  append_string(out_, text);
  return *this;
}

Writer& Writer::value(double number) {
  before_value();
  append_number(out_, number);
  return *this;
}

Writer& Writer::token(std::string_view text) {
  before_value();
  out_ += text;
  return *this;
}

Writer& Writer::integer(int64_t number) {
  std::array<char, 24> buffer;
  return token({buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr});
}

Writer& Writer::whole(uint64_t number) {
  std::array<char, 24> buffer;
  return token({buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr});
}

}  // namespace trine::json

#include "guard/disguises.h"

#include <algorithm>

#include "base/text.h"

namespace trine::guard {
namespace {

template <class Change>
std::string each_byte(std::string_view text, Change&& change) {
  std::string out;
  for (const char c : text) change(out, c);
  return out;
}

bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string in_base64(std::string_view text) {
  return "Decode this base64 text: " + base64(text);
}

std::string in_hex(std::string_view text) {
  return hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

std::string rot13(std::string_view text) {
  return each_byte(text, [](std::string& out, char c) {
    const char first = c >= 'a' ? 'a' : 'A';
    out += is_ascii_letter(c) ? static_cast<char>(first + (c - first + 13) % 26) : c;
  });
}

std::string backwards(std::string_view text) {
  return {text.rbegin(), text.rend()};
}

std::string with_blanks(std::string_view text) {
  return each_byte(text, [](std::string& out, char c) { (out += c) += c == ' ' ? "  " : " "; });
}

std::string leet(std::string_view text) {
  return each_byte(text, [](std::string& out, char c) {
    constexpr std::string_view kFrom = "aeiost", kTo = "431057";
    const size_t at = kFrom.find(c);
    out += at == std::string_view::npos ? c : kTo[at];
  });
}

std::string full_width(std::string_view text) {
  return each_byte(text, [](std::string& out, char c) {
    if (c <= ' ' || c > '~') {
      out += c;
      return;
    }
    const unsigned code = 0xfee0U + static_cast<unsigned char>(c);
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  });
}

std::string zero_width(std::string_view text) {
  return each_byte(text, [](std::string& out, char c) {
    out += c;
    if (is_ascii_letter(c)) out += "\u200b";
  });
}

std::string look_alike(std::string_view text) {
  return each_byte(text, [](std::string& out, char c) {
    switch (c) {
      case 'a':
        out += "а";
        break;  // Cyrillic
      case 'e':
        out += "е";
        break;
      case 'o':
        out += "о";
        break;
      case 'i':
        out += "і";
        break;
      default:
        out += c;
    }
  });
}

constexpr Disguise kDisguises[] = {
    {"base64", false, in_base64},     {"hex", false, in_hex},           {"rot13", false, rot13},
    {"backwards", false, backwards},  {"spaced", true, with_blanks},    {"leet", true, leet},
    {"full width", true, full_width}, {"zero width", true, zero_width}, {"look-alike", true, look_alike},
};

}  // namespace

std::span<const Disguise> disguises() {
  return kDisguises;
}

}  // namespace trine::guard

#include "docworker/symbol.h"

#include <array>

#include "docworker/encoding.h"

namespace trine::docworker {
namespace {

struct Letter {
  unsigned char code;
  const char* text;
};

// By Unicode's own tables of these fonts, boxes without their weight: what is ticked counts.
constexpr Letter kWingdings[] = {{0x6C, "\u25CF"}, {0x6E, "\u25A0"}, {0x6F, "\u2610"}, {0x71, "\u2610"},
                                 {0x72, "\u2610"}, {0x78, "\u2612"}, {0xA7, "\u25AA"}, {0xA8, "\u2610"},
                                 {0xDF, "\u2190"}, {0xE0, "\u2192"}, {0xE8, "\u2192"}, {0xF0, "\u21D2"},
                                 {0xFB, "\u2717"}, {0xFC, "\u2713"}, {0xFD, "\u2612"}, {0xFE, "\u2611"}};
constexpr Letter kWingdings2[] = {{0x4F, "\u2717"}, {0x50, "\u2713"}, {0x51, "\u2612"}, {0x52, "\u2611"},
                                  {0x53, "\u2612"}, {0x54, "\u2612"}, {0x2A, "\u2610"}, {0xA3, "\u2610"}};
constexpr Letter kSymbol[] = {{0xA0, "\u20AC"}, {0xA2, "\u2032"}, {0xA3, "\u2264"}, {0xA5, "\u221E"}, {0xAB, "\u2194"},
                              {0xAC, "\u2190"}, {0xAE, "\u2192"}, {0xB0, "\u00B0"}, {0xB1, "\u00B1"}, {0xB2, "\u2033"},
                              {0xB3, "\u2265"}, {0xB4, "\u00D7"}, {0xB6, "\u2202"}, {0xB7, "\u2022"}, {0xB8, "\u00F7"},
                              {0xB9, "\u2260"}, {0xBA, "\u2261"}, {0xBB, "\u2248"}, {0xD2, "\u00AE"}, {0xD3, "\u00A9"},
                              {0xD4, "\u2122"}, {0xD6, "\u221A"}, {0xD7, "\u22C5"}, {0xDE, "\u21D2"}, {0xE2, "\u00AE"},
                              {0xE3, "\u00A9"}, {0xE4, "\u2122"}, {0xE5, "\u2211"}, {0xF2, "\u222B"}};
// From 'A' and 'a' on.
constexpr std::u16string_view kGreek[] = {
    u"\u0391\u0392\u03A7\u0394\u0395\u03A6\u0393\u0397\u0399\u03D1\u039A\u039B\u039C"
    u"\u039D\u039F\u03A0\u0398\u03A1\u03A3\u03A4\u03A5\u03C2\u03A9\u039E\u03A8\u0396",
    u"\u03B1\u03B2\u03C7\u03B4\u03B5\u03C6\u03B3\u03B7\u03B9\u03D5\u03BA\u03BB\u03BC"
    u"\u03BD\u03BF\u03C0\u03B8\u03C1\u03C3\u03C4\u03C5\u03D6\u03C9\u03BE\u03C8\u03B6"};

std::string utf8_letter(int64_t unit) {
  const std::array<uint16_t, 1> one = {static_cast<uint16_t>(unit)};
  return utf8_of(one);
}

template <size_t N>
std::string letter_of(const Letter (&letters)[N], int64_t code) {
  for (const Letter& l : letters)
    if (l.code == code) return l.text;
  return {};
}

}  // namespace

std::string symbol(std::string_view font, int64_t code) {
  if (code < 0 || code > 0xFFFF) return {};
  if (code >= 0xF000 && code <= 0xF0FF) code -= 0xF000;  // where such fonts have their letters
  if (font == "Wingdings") return letter_of(kWingdings, code);
  if (font == "Wingdings 2") return letter_of(kWingdings2, code);
  if (font == "Symbol") {
    if (code >= 'A' && code <= 'Z') return utf8_letter(kGreek[0][static_cast<size_t>(code - 'A')]);
    if (code >= 'a' && code <= 'z') return utf8_letter(kGreek[1][static_cast<size_t>(code - 'a')]);
    return code >= 0x20 && code < 0x40 ? utf8_letter(code) : letter_of(kSymbol, code);
  }
  return code > 0xFF ? utf8_letter(code) : std::string();
}

}  // namespace trine::docworker

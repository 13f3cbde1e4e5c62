// Bank accounts (ISO 13616) and payment cards (ISO/IEC 7812).
#include <algorithm>
#include <array>

#include "guard/pii/check_digits.h"
#include "guard/pii/national_ids.h"

namespace trine::guard {
namespace {

struct Country {
  std::string_view code;
  uint8_t length;
};

// The registry of SWIFT: the length of the whole IBAN. Sorted.
constexpr auto kIbans = std::to_array<Country>({
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
    {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28},
    {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28},
    {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22},
    {"MK", 19}, {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23},
    {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24},
    {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30},
});

// Networks by the first four digits, and the lengths that they issue.
bool is_card_prefix(int four, size_t n) {
  const int two = four / 100;
  if (four / 1000 == 4) return n == 13 || n == 16 || n == 19;                      // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;  // Mastercard
  if (two == 34 || two == 37) return n == 15;                                      // American Express
  if (two == 36 || two == 38 || two == 39) return n >= 14;                         // Diners
  if (four / 10 >= 300 && four / 10 <= 305) return n >= 14;                        // Diners
  if (four >= 3528 && four <= 3589) return n >= 16;                                // JCB
  if (four == 6011 || (four / 10 >= 644 && four / 10 <= 659)) return n >= 16;      // Discover
  if (two == 62 || two == 81) return n >= 16;                                      // UnionPay
  if (four == 2131 || four == 1800) return n == 15;                                // JCB, old
  return two == 50 || (two >= 56 && two <= 58) || (two >= 60 && two <= 69);        // Maestro
}

}  // namespace

size_t iban_length(std::string_view country) {
  const auto at = std::ranges::lower_bound(kIbans, country, {}, &Country::code);
  return at != kIbans.end() && at->code == country ? at->length : 0;
}

bool is_iban(std::string_view s) {
  if (s.size() < 15 || iban_length(s.substr(0, 2)) != s.size()) return false;
  if (!all_digits(s.substr(2, 2))) return false;
  // Check digits run from 02 to 98: 00, 01 and 99 are never issued though they may pass.
  const int check = number_at(s, 2, 2);
  if (check < 2 || check > 98) return false;
  std::array<char, 34> turned{};
  auto* end = std::ranges::copy(s.substr(4), turned.begin()).out;
  end = std::ranges::copy(s.substr(0, 4), end).out;
  return mod97({turned.data(), static_cast<size_t>(end - turned.data())}) == 1;
}

bool is_card(std::string_view s) {
  if (s.size() < 12 || s.size() > 19 || !all_digits(s)) return false;
  return is_card_prefix(number_at(s, 0, 4), s.size()) && luhn(s) && !all_same(s);
}

}  // namespace trine::guard

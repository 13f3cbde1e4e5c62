// The arithmetic behind check digits. Input: ASCII digits (and, where said, capital letters) without separators. Pure.
#pragma once

#include <initializer_list>
#include <string_view>

namespace trine::guard {

bool all_digits(std::string_view s);
inline bool digits_of(std::string_view s, size_t n) {  // exactly so many
  return s.size() == n && all_digits(s);
}
// The digits s[from, from + count) as a number; they must be digits and at most 9.
int number_at(std::string_view s, size_t from, size_t count);
bool is_date(int year, int month, int day);  // proleptic Gregorian
// A date with two digits of the year: any century that makes it one.
inline bool is_short_date(int yy, int month, int day) {
  return is_date(1900 + yy, month, day) || is_date(2000 + yy, month, day);
}
inline int digit_of(char c) {
  return c - '0';
}

bool luhn(std::string_view digits);
// Sum of digit times weight; the digits past the weights do not count.
int weighted_sum(std::string_view digits, std::initializer_list<int> weights);
int mod97(std::string_view alphanumeric);  // letters count as 10 to 35 (ISO 7064 MOD 97-10, as in IBAN)
bool mod11_10(std::string_view digits);    // ISO 7064 MOD 11,10: the last digit is the check
bool all_same(std::string_view s);         // 000000000 passes many checks and is nobody's

}  // namespace trine::guard

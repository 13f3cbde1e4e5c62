#include "guard/pii/check_digits.h"

#include <algorithm>
#include <array>

namespace trine::guard {

bool all_digits(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

int number_at(std::string_view s, size_t from, size_t count) {
  int n = 0;
  for (const char c : s.substr(from, count)) n = n * 10 + (c - '0');
  return n;
}

bool is_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

bool luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    const int d = digits[i] - '0';
    sum += twice ? d * 2 - (d > 4 ? 9 : 0) : d;
  }
  return sum % 10 == 0;
}

int weighted_sum(std::string_view digits, std::initializer_list<int> weights) {
  int sum = 0;
  size_t i = 0;
  for (const int w : weights) {
    if (i == digits.size()) break;
    sum += w * (digits[i++] - '0');
  }
  return sum;
}

int mod97(std::string_view alphanumeric) {
  int r = 0;
  for (const char c : alphanumeric) {
    r = c <= '9' ? (r * 10 + (c - '0')) % 97 : (r * 100 + (c - 'A' + 10)) % 97;
  }
  return r;
}

bool mod11_10(std::string_view digits) {
  int p = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    p = (p + (c - '0')) % 10;
    if (p == 0) p = 10;
    p = p * 2 % 11;
  }
  return (p + digits.back() - '0') % 10 == 1;
}

bool all_same(std::string_view s) {
  return s.find_first_not_of(s.front()) == std::string_view::npos;
}

}  // namespace trine::guard

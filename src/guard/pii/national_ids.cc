// Austria to Greece; the rest is in national_ids_2.cc.
#include "guard/pii/national_ids.h"

#include <array>

#include "guard/pii/check_digits.h"

namespace trine::guard {
namespace {

// The number of a Spanish identity: seven digits and the letter that checks them, `first` in front.
bool is_es_number(int first, std::string_view s) {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  if (!all_digits(s.substr(0, 7))) return false;
  const int n = first * 10'000'000 + number_at(s, 0, 7);
  return n != 0 && kLetters[static_cast<size_t>(n % 23)] == s[7];
}

}  // namespace

bool is_at_svnr(std::string_view s) {  // NNNC DDMMYY; month 13 to 15 where the day of birth is not known
  if (!digits_of(s, 10) || s[0] == '0') return false;
  const int day = number_at(s, 4, 2);
  const int month = number_at(s, 6, 2);
  if (month < 1 || month > 15 || day < 1 || day > 31) return false;
  return weighted_sum(s, {3, 7, 9, 0, 5, 8, 4, 2, 1, 6}) % 11 == digit_of(s[3]);
}

bool is_be_rrn(std::string_view s) {  // YYMMDD NNN CC; the check counts a 2 in front for births since 2000
  if (!digits_of(s, 11)) return false;
  const int month = number_at(s, 2, 2) % 20;  // 20 or 40 more: bis numbers
  const int day = number_at(s, 4, 2);
  // Month and day may be 0 where they are not known.
  if (number_at(s, 2, 2) > 52 || month > 12 || day > 31) return false;
  if (month > 0 && day > 0 && !is_short_date(number_at(s, 0, 2), month, day)) return false;
  const int body = number_at(s, 0, 9);
  const int check = number_at(s, 9, 2);
  if (body == 0) return false;
  if (97 - body % 97 == check) return true;
  constexpr int kUnborn = 30;  // of the 2000s
  return number_at(s, 0, 2) < kUnborn && static_cast<int>(97 - (2'000'000'000LL + body) % 97) == check;
}

bool is_bg_egn(std::string_view s) {  // YYMMDD NNN C; month + 20: 1800s, + 40: 2000s
  if (!digits_of(s, 10)) return false;
  const int mm = number_at(s, 2, 2);
  const int year = number_at(s, 0, 2) + (mm > 40 ? 2000 : mm > 20 ? 1800 : 1900);
  if (!is_date(year, mm > 40 ? mm - 40 : mm > 20 ? mm - 20 : mm, number_at(s, 4, 2))) return false;
  return weighted_sum(s, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == digit_of(s[9]);
}

bool is_ch_ahv(std::string_view s) {  // 756 NNNN NNNN N C: an EAN-13
  if (!digits_of(s, 13) || !s.starts_with("756")) return false;
  return weighted_sum(s, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}) % 10 == 0;
}

bool is_cz_sk_rc(std::string_view s) {  // YYMMDD NNNC; women's months + 50; + 20 when a day's numbers ran out
  if (!digits_of(s, 10)) return false;
  int month = number_at(s, 2, 2) % 50;
  if (month > 20) month -= 20;
  const int yy = number_at(s, 0, 2);
  // Ten digits came in 1954, so 54 to 99 are of the 1900s.
  if (!is_date(yy >= 54 ? 1900 + yy : 2000 + yy, month, number_at(s, 4, 2))) return false;
  return number_at(s, 0, 9) % 11 % 10 == digit_of(s[9]);
}

bool is_de_steuer_id(std::string_view s) {  // one digit of the first ten comes twice or three times, the others once
  if (!digits_of(s, 11) || s[0] == '0') return false;
  std::array<int, 10> count{};
  for (const char c : s.substr(0, 10)) ++count[static_cast<size_t>(digit_of(c))];
  int repeated = 0;
  for (const int n : count) {
    if (n > 3) return false;
    repeated += n > 1 ? 1 : 0;
  }
  return repeated == 1 && mod11_10(s);
}

bool is_dk_cpr(std::string_view s) {  // DDMMYY NNNN
  return digits_of(s, 10) && is_short_date(number_at(s, 4, 2), number_at(s, 2, 2), number_at(s, 0, 2));
}

bool is_baltic_id(std::string_view s) {  // G YYMMDD NNN C; G is century and sex
  if (!digits_of(s, 11) || s[0] < '1' || s[0] > '8') return false;
  const int year = 1800 + (digit_of(s[0]) - 1) / 2 * 100 + number_at(s, 1, 2);
  if (!is_date(year, number_at(s, 3, 2), number_at(s, 5, 2))) return false;
  int check = weighted_sum(s, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
  if (check == 10) check = weighted_sum(s, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11 % 10;
  return check == digit_of(s[10]);
}

bool is_el_afm(std::string_view s) {
  if (!digits_of(s, 9) || all_same(s)) return false;
  return weighted_sum(s, {256, 128, 64, 32, 16, 8, 4, 2}) % 11 % 10 == digit_of(s[8]);
}

bool is_el_amka(std::string_view s) {  // DDMMYY NNNN C
  return digits_of(s, 11) && is_short_date(number_at(s, 4, 2), number_at(s, 2, 2), number_at(s, 0, 2)) && luhn(s);
}

bool is_es_dni_nie(std::string_view s) {  // eight digits and a letter; foreigners: X, Y or Z for the first digit
  if (s.size() != 9) return false;
  int first = digit_of(s[0]);
  if (s[0] >= 'X' && s[0] <= 'Z') first = s[0] - 'X';
  return first >= 0 && first <= 9 && is_es_number(first, s.substr(1));
}

bool is_es_nif_klm(std::string_view s) {  // of children, of Spaniards abroad, and of foreigners without a NIE
  return s.size() == 9 && s[0] >= 'K' && s[0] <= 'M' && is_es_number(0, s.substr(1));
}

bool is_fi_hetu(std::string_view s) {  // DDMMYY [sign] NNN C
  if (s.size() == 11) {
    constexpr std::string_view kSigns = "YXWVUABCDEF";  // besides - and +, which the reader takes for separators
    if (kSigns.find(s[6]) == std::string_view::npos) return false;
  } else if (s.size() != 10) {
    return false;
  }
  const std::string_view date = s.substr(0, 6);
  const std::string_view serial = s.substr(s.size() - 4, 3);
  if (!all_digits(date) || !all_digits(serial)) return false;
  if (!is_short_date(number_at(s, 4, 2), number_at(s, 2, 2), number_at(s, 0, 2))) return false;
  if (number_at(serial, 0, 3) < 2 || number_at(serial, 0, 3) > 899) return false;  // 900s: made up, for tests
  constexpr std::string_view kCheck = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  return kCheck[static_cast<size_t>((number_at(date, 0, 6) * 1000 + number_at(serial, 0, 3)) % 31)] == s.back();
}

bool is_fr_nir(std::string_view s) {  // S YY MM DD(epartment) CCC NNN KK; Corsica: 2A, 2B
  if (s.size() != 15 || (s[0] < '1' || s[0] > '8' || s[0] == '5' || s[0] == '6')) return false;
  if (!all_digits(s.substr(0, 6)) || !all_digits(s.substr(7))) return false;
  const int month = number_at(s, 3, 2);  // 20 and more where the month is not known
  if (month == 0 || (month > 12 && month < 20)) return false;
  int64_t less = 0;
  if (s[6] == 'A' || s[6] == 'B') {
    if (s[5] != '2') return false;
    less = s[6] == 'A' ? 1'000'000 : 2'000'000;  // counted as 20 with this much taken away (19, 18)
  } else if (s[6] < '0' || s[6] > '9') {
    return false;
  }
  int64_t n = 0;
  for (size_t i = 0; i < 13; ++i) n = n * 10 + (s[i] <= '9' ? digit_of(s[i]) : 0);
  return 97 - (n - less) % 97 == number_at(s, 13, 2);
}

bool is_gb_nhs(std::string_view s) {
  if (!digits_of(s, 10) || all_same(s)) return false;
  return (11 - weighted_sum(s, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 11 == digit_of(s[9]);
}

bool is_gb_nino(std::string_view s) {
  if (s.size() != 9 || !all_digits(s.substr(2, 6)) || s[8] < 'A' || s[8] > 'D') return false;
  constexpr std::string_view kNever = "DFIQUV";
  if (s[0] < 'A' || s[1] < 'A' || kNever.find(s[0]) != kNever.npos || kNever.find(s[1]) != kNever.npos) return false;
  const std::string_view prefix = s.substr(0, 2);
  return s[1] != 'O' && prefix != "BG" && prefix != "GB" && prefix != "KN" && prefix != "NK" && prefix != "NT" &&
         prefix != "TN" && prefix != "ZZ";
}

}  // namespace trine::guard

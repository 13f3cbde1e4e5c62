// Croatia to Slovenia; the rest is in national_ids.cc.
#include <array>

#include "guard/pii/check_digits.h"
#include "guard/pii/national_ids.h"

namespace trine::guard {
namespace {

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

// The digit that a letter stands for in an Italian code whose digits collide with another person's; -1: none.
int omocodia(char c) {
  constexpr std::string_view kLetters = "LMNPQRSTUV";
  if (c >= '0' && c <= '9') return digit_of(c);
  const size_t at = kLetters.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Verhoeff's dihedral check, from the right.
bool verhoeff(std::string_view s) {
  constexpr std::array<std::string_view, 10> kTimes = {"0123456789", "1234067895", "2340178956", "3401289567",
                                                       "4012395678", "5987604321", "6598710432", "7659821043",
                                                       "8765932104", "9876543210"};
  constexpr std::array<std::string_view, 8> kPermute = {"0123456789", "1576283094", "5803796142", "8916043527",
                                                        "9453126870", "4286573901", "2793806415", "7046913258"};
  size_t c = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    const auto d = static_cast<size_t>(digit_of(s[s.size() - 1 - i]));
    c = static_cast<size_t>(digit_of(kTimes[c][static_cast<size_t>(digit_of(kPermute[i % 8][d]))]));
  }
  return c == 0;
}

}  // namespace

bool is_hr_oib(std::string_view s) {
  return digits_of(s, 11) && mod11_10(s);
}

bool is_hu_adoazonosito(std::string_view s) {  // 8, days since 1867, serial, check
  return digits_of(s, 10) && s[0] == '8' && weighted_sum(s, {1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 == digit_of(s[9]);
}

bool is_hu_taj(std::string_view s) {
  return digits_of(s, 9) && !all_same(s) && weighted_sum(s, {3, 7, 3, 7, 3, 7, 3, 7}) % 10 == digit_of(s[8]);
}

bool is_ie_pps(std::string_view s) {  // seven digits, check letter, and since 2013 one more letter that counts 9 times
  if (s.size() != 8 && s.size() != 9) return false;
  if (!all_digits(s.substr(0, 7)) || !is_capital(s[7])) return false;
  int sum = weighted_sum(s, {8, 7, 6, 5, 4, 3, 2});
  if (s.size() == 9) {
    constexpr std::string_view kSecond = "ABHTW";
    if (kSecond.find(s[8]) == std::string_view::npos) return false;
    if (s[8] != 'T' && s[8] != 'W') sum += 9 * (s[8] - 'A' + 1);  // T and W are of the time before
  }
  return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == s[7];
}

bool is_it_codice_fiscale(std::string_view s) {  // SSS NNN YY M DD PPPP C
  if (s.size() != 16) return false;
  constexpr std::string_view kPattern = "AAAAAA00A00A000A";
  for (size_t i = 0; i < s.size(); ++i) {
    if (kPattern[i] == 'A' ? !is_capital(s[i]) : omocodia(s[i]) < 0) return false;
  }
  constexpr std::string_view kMonths = "ABCDEHLMPRST";
  const size_t month = kMonths.find(s[8]);
  if (month == std::string_view::npos) return false;
  const int day = (omocodia(s[9]) * 10 + omocodia(s[10])) % 40;  // women's days + 40
  if (!is_short_date(omocodia(s[6]) * 10 + omocodia(s[7]), static_cast<int>(month) + 1, day)) return false;
  constexpr std::array<int, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  int sum = 0;
  for (size_t i = 0; i < 15; ++i) {
    const int value = is_capital(s[i]) ? s[i] - 'A' : digit_of(s[i]);
    sum += i % 2 == 0 ? kOdd[static_cast<size_t>(value)] : value;
  }
  return sum % 26 == s[15] - 'A';
}

bool is_lu_matricule(std::string_view s) {  // YYYYMMDD NNN, a Luhn and a Verhoeff digit, both over the first eleven
  if (!digits_of(s, 13) || !is_date(number_at(s, 0, 4), number_at(s, 4, 2), number_at(s, 6, 2))) return false;
  if (number_at(s, 0, 4) < 1850 || number_at(s, 0, 4) > 2099 || !luhn(s.substr(0, 12))) return false;
  std::array<char, 12> other{};
  s.copy(other.data(), 11);
  other[11] = s[12];
  return verhoeff({other.data(), other.size()});
}

bool is_lv_personas_kods(std::string_view s) {  // DDMMYY C NNN K
  if (!digits_of(s, 11) || s[6] > '2') return false;
  if (!is_date(1800 + 100 * digit_of(s[6]) + number_at(s, 4, 2), number_at(s, 2, 2), number_at(s, 0, 2))) return false;
  return (1 + weighted_sum(s, {10, 5, 8, 4, 2, 1, 6, 3, 7, 9})) % 11 % 10 == digit_of(s[10]);
}

bool is_nl_bsn(std::string_view s) {
  if (!digits_of(s, 9) || all_same(s)) return false;
  return weighted_sum(s, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0;
}

bool is_pl_nip(std::string_view s) {
  if (!digits_of(s, 10) || all_same(s)) return false;
  return weighted_sum(s, {6, 5, 7, 2, 3, 4, 5, 6, 7}) % 11 == digit_of(s[9]);
}

bool is_pl_pesel(std::string_view s) {  // YYMMDD NNNN C; the month has the century
  if (!digits_of(s, 11)) return false;
  constexpr std::array<int, 5> kCentury = {1900, 2000, 2100, 2200, 1800};
  const int mm = number_at(s, 2, 2);
  if (!is_date(kCentury[static_cast<size_t>(mm / 20)] + number_at(s, 0, 2), mm % 20, number_at(s, 4, 2))) return false;
  return (10 - weighted_sum(s, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10 == digit_of(s[10]);
}

bool is_pt_nif(std::string_view s) {
  if (!digits_of(s, 9) || all_same(s)) return false;
  if (s[0] == '0' || (s[0] == '4' && s[1] != '5')) return false;  // the first digits are the kind of taxpayer
  return (11 - weighted_sum(s, {9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 11 % 10 == digit_of(s[8]);
}

bool is_ro_cnp(std::string_view s) {  // S YYMMDD CC NNN C
  if (!digits_of(s, 13) || s[0] == '0') return false;
  const int sex = digit_of(s[0]);
  const int century = sex <= 2 ? 1900 : sex <= 4 ? 1800 : sex <= 6 ? 2000 : 1900;  // 7 to 9: foreigners, any century
  if (!is_date(century + number_at(s, 1, 2), number_at(s, 3, 2), number_at(s, 5, 2)) &&
      (sex < 7 || !is_short_date(number_at(s, 1, 2), number_at(s, 3, 2), number_at(s, 5, 2)))) {
    return false;
  }
  const int county = number_at(s, 7, 2);
  if (county == 0 || (county > 52 && county != 70 && county < 80)) return false;
  const int check = weighted_sum(s, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
  return (check == 10 ? 1 : check) == digit_of(s[12]);
}

bool is_se_personnummer(std::string_view s) {  // [YY]YYMMDD NNNC; coordination numbers: day + 60
  if (s.size() == 12 && (s.starts_with("19") || s.starts_with("20"))) s.remove_prefix(2);
  if (!digits_of(s, 10)) return false;
  const int day = number_at(s, 4, 2);
  return is_short_date(number_at(s, 0, 2), number_at(s, 2, 2), day > 60 ? day - 60 : day) && luhn(s);
}

bool is_si_emso(std::string_view s) {  // DDMMYYY RR NNN C
  if (!digits_of(s, 13)) return false;
  const int yyy = number_at(s, 4, 3);
  if (!is_date(yyy < 800 ? 2000 + yyy : 1000 + yyy, number_at(s, 2, 2), number_at(s, 0, 2))) return false;
  return (11 - weighted_sum(s, {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11 % 10 == digit_of(s[12]);
}

}  // namespace trine::guard

// VAT numbers: the prefix of the state, then what that state checks.
#include <algorithm>
#include <array>

#include "guard/pii/check_digits.h"
#include "guard/pii/national_ids.h"

namespace trine::guard {
namespace {

int last(std::string_view s) {
  return s.back() - '0';
}

// Weights that start anew, two later, when the first sum leaves 10; they begin again at 1 after `top`.
int two_tries(std::string_view s, int top) {
  for (const int start : {0, 2}) {
    int sum = 0;
    for (size_t i = 0; i + 1 < s.size(); ++i) sum += ((static_cast<int>(i) + start) % top + 1) * (s[i] - '0');
    if (sum % 11 != 10) return sum % 11;
  }
  return 0;
}

bool at(std::string_view s) {
  if (s.size() != 9 || s[0] != 'U' || !all_digits(s.substr(1))) return false;
  int sum = 4;
  for (size_t i = 1; i < 8; ++i) {
    const int d = (s[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += d / 10 + d % 10;
  }
  return (10 - sum % 10) % 10 == last(s);
}
bool be(std::string_view s) {
  return digits_of(s, 10) && s[0] <= '1' && number_at(s, 1, 7) > 0 &&
         97 - number_at(s, 0, 8) % 97 == number_at(s, 8, 2);
}
bool bg(std::string_view s) {
  if (digits_of(s, 9)) return two_tries(s, 10) == last(s);
  if (!digits_of(s, 10)) return false;
  return is_bg_egn(s) || weighted_sum(s, {21, 19, 17, 13, 11, 9, 7, 3, 1}) % 10 == last(s) ||
         (11 - weighted_sum(s, {4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11 == last(s);
}
bool ch(std::string_view s) {  // CHE NNNNNNNNC, then MWST, TVA or IVA, which the span leaves out
  if (s.size() != 10 || s[0] != 'E' || !all_digits(s.substr(1))) return false;
  return (11 - weighted_sum(s.substr(1), {5, 4, 3, 2, 7, 6, 5, 4}) % 11) % 11 == last(s);
}
bool cy(std::string_view s) {
  if (s.size() != 9 || !all_digits(s.substr(0, 8)) || s.starts_with("12")) return false;
  constexpr std::array<int, 10> kEven = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
  int sum = 0;
  for (size_t i = 0; i < 8; ++i) sum += i % 2 == 0 ? kEven[static_cast<size_t>(s[i] - '0')] : s[i] - '0';
  return s[8] == 'A' + sum % 26;
}
bool cz(std::string_view s) {
  if (digits_of(s, 8)) {
    const int check = (11 - weighted_sum(s, {8, 7, 6, 5, 4, 3, 2}) % 11) % 11;
    return s[0] != '9' && (check == 0 ? 1 : check) % 10 == last(s);
  }
  return is_cz_sk_rc(s);
}
bool de(std::string_view s) {
  return digits_of(s, 9) && s[0] != '0' && mod11_10(s);
}
bool dk(std::string_view s) {
  return digits_of(s, 8) && s[0] != '0' && weighted_sum(s, {2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}
bool ee(std::string_view s) {
  return digits_of(s, 9) && weighted_sum(s, {3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0;
}
bool es(std::string_view s) {
  if (is_es_dni_nie(s) || is_es_nif_klm(s)) return true;
  constexpr std::string_view kKinds = "ABCDEFGHJNPQRSUVW";
  if (s.size() != 9 || kKinds.find(s[0]) == std::string_view::npos || !all_digits(s.substr(1, 7))) return false;
  for (char check = '0'; check <= '9'; ++check) {
    std::array<char, 8> whole{};
    s.copy(whole.data(), 7, 1);
    whole[7] = check;
    if (luhn({whole.data(), whole.size()})) return s[8] == check || s[8] == "JABCDEFGHI"[check - '0'];
  }
  return false;
}
bool fi(std::string_view s) {
  return digits_of(s, 8) && weighted_sum(s, {7, 9, 10, 5, 8, 4, 2, 1}) % 11 == 0;
}
bool fr(std::string_view s) {
  if (s.size() != 11 || !all_digits(s.substr(2))) return false;
  if (s.substr(2, 3) != "000" && !luhn(s.substr(2))) return false;  // 000: Monaco
  const int siren = number_at(s, 2, 9);
  if (all_digits(s.substr(0, 2))) return (siren % 97 * 100 + 12) % 97 == number_at(s, 0, 2);
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  const size_t a = kAlphabet.find(s[0]);
  const size_t b = kAlphabet.find(s[1]);
  if (a == std::string_view::npos || b == std::string_view::npos) return false;
  const int check = a < 10 ? static_cast<int>(a * 24 + b) - 10 : static_cast<int>(a * 34 + b) - 100;
  return (siren + 1 + check / 11) % 11 == check % 11;
}
bool gb(std::string_view s) {
  if (!digits_of(s, 9) && !digits_of(s, 12)) return false;
  const int sum = weighted_sum(s, {8, 7, 6, 5, 4, 3, 2}) + number_at(s, 7, 2);
  return number_at(s, 0, 7) > 0 && (sum % 97 == 0 || (sum + 55) % 97 == 0);
}
bool hu(std::string_view s) {
  return digits_of(s, 8) && weighted_sum(s, {9, 7, 3, 1, 9, 7, 3, 1}) % 10 == 0;
}
bool ie(std::string_view s) {
  if (s.size() == 8 && s[1] >= 'A') {  // the old form: the first digit counts last
    std::array<char, 8> turned = {'0', s[2], s[3], s[4], s[5], s[6], s[0], s[7]};
    return is_ie_pps({turned.data(), turned.size()});
  }
  return is_ie_pps(s);
}
bool it(std::string_view s) {
  if (!digits_of(s, 11) || number_at(s, 0, 7) == 0) return false;
  const int office = number_at(s, 7, 3);  // the province's; then abroad and others
  const bool exists =
      (office >= 1 && office <= 100) || office == 120 || office == 121 || office == 888 || office == 999;
  return exists && luhn(s);
}
bool lt(std::string_view s) {
  if (digits_of(s, 9)) return s[7] == '1' && two_tries(s, 9) == last(s);
  return digits_of(s, 12) && s[10] == '1' && two_tries(s, 9) == last(s);
}
bool lu(std::string_view s) {
  return digits_of(s, 8) && number_at(s, 0, 6) > 0 && number_at(s, 0, 6) % 89 == number_at(s, 6, 2);
}
bool lv(std::string_view s) {
  if (!digits_of(s, 11)) return false;
  if (s[0] <= '3') return is_lv_personas_kods(s);
  return weighted_sum(s, {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1}) % 11 == 3;
}
bool mt(std::string_view s) {
  return digits_of(s, 8) && s[0] != '0' && weighted_sum(s, {3, 4, 6, 7, 8, 9, 10, 1}) % 37 == 0;
}
bool nl(std::string_view s) {  // NNNNNNNNN B NN: of a BSN (firms), or MOD 97 with the country (persons, since 2020)
  if (s.size() != 12 || s[9] != 'B' || !all_digits(s.substr(0, 9)) || !all_digits(s.substr(10)) || s.ends_with("00")) {
    return false;
  }
  if (is_nl_bsn(s.substr(0, 9))) return true;
  std::array<char, 14> whole = {'N', 'L'};
  s.copy(whole.data() + 2, 12);
  return mod97({whole.data(), whole.size()}) == 1;
}
bool no(std::string_view s) {
  return digits_of(s, 9) && s[0] >= '8' && weighted_sum(s, {3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}
bool ro(std::string_view s) {
  if (s.size() < 6 || s.size() > 10 || !all_digits(s) || s[0] == '0') return false;
  std::array<char, 10> padded = {'0', '0', '0', '0', '0', '0', '0', '0', '0', '0'};
  s.copy(padded.data() + (10 - s.size()), s.size());
  return weighted_sum({padded.data(), 9}, {7, 5, 3, 2, 1, 7, 5, 3, 2}) * 10 % 11 % 10 == last(s);
}
bool se(std::string_view s) {
  return digits_of(s, 12) && s.ends_with("01") && luhn(s.substr(0, 10));
}
bool si(std::string_view s) {
  const int check = digits_of(s, 8) && s[0] != '0' ? 11 - weighted_sum(s, {8, 7, 6, 5, 4, 3, 2}) % 11 : 11;
  return check != 11 && check % 10 == last(s);
}
bool sk(std::string_view s) {
  if (is_cz_sk_rc(s)) return true;
  constexpr std::string_view kThird = "234789";
  return digits_of(s, 10) && s[0] != '0' && kThird.find(s[2]) != std::string_view::npos &&
         (number_at(s, 0, 9) % 11 * 10 + last(s)) % 11 == 0;
}

struct State {
  std::string_view prefix;
  bool (*check)(std::string_view);
};

constexpr auto kStates = std::to_array<State>({
    {"AT", at},        {"BE", be},        {"BG", bg}, {"CH", ch}, {"CY", cy}, {"CZ", cz}, {"DE", de},        {"DK", dk},
    {"EE", ee},        {"EL", is_el_afm}, {"ES", es}, {"FI", fi}, {"FR", fr}, {"GB", gb}, {"HR", is_hr_oib}, {"HU", hu},
    {"IE", ie},        {"IT", it},        {"LT", lt}, {"LU", lu}, {"LV", lv}, {"MT", mt}, {"NL", nl},        {"NO", no},
    {"PL", is_pl_nip}, {"PT", is_pt_nif}, {"RO", ro}, {"SE", se}, {"SI", si}, {"SK", sk}, {"XI", gb},
});

}  // namespace

bool is_vat_id(std::string_view s) {
  if (s.size() < 8 || s.size() > 14) return false;
  const auto* state = std::ranges::lower_bound(kStates, s.substr(0, 2), {}, &State::prefix);
  return state != kStates.end() && state->prefix == s.substr(0, 2) && state->check(s.substr(2));
}

}  // namespace trine::guard

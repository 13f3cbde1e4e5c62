#include "property/guard/id_maker.h"

#include <stdexcept>

#include "base/hash.h"
#include "guard/pii/national_ids.h"

namespace trine::guard::made {
namespace {

struct Date {
  int year, month, day;
};

Date a_date(Random& r) {
  return {1940 + static_cast<int>(r.below(80)), 1 + static_cast<int>(r.below(12)), 1 + static_cast<int>(r.below(28))};
}

std::string two(int n) {
  return {static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
}

// The letters of a pattern: d a digit, l a letter; of one date Y M D two digits each, y three of the year, ! all four,
// m the month as Italy writes it, P and B as Poland and Bulgaria do; the century with c (Latvia), x (Estonia), r
// (Romania), F (Finland); k a Romanian county, h a Finnish check. Anything else is itself.
std::string candidate(std::string_view pattern, Random& r) {
  const Date date = a_date(r);
  const bool new_century = date.year >= 2000;
  const size_t bar = pattern.find('|');  // what stands before it is itself
  std::string s(pattern.substr(0, bar == std::string_view::npos ? 0 : bar));
  for (const char c : pattern.substr(bar == std::string_view::npos ? 0 : bar + 1)) {
    switch (c) {
      case 'd':
        s += r.digit();
        break;
      case 'l':
        s += r.letter();
        break;
      case 'Y':
        s += two(date.year % 100);
        break;
      case 'y':
        s += std::to_string(1000 + date.year % 1000).substr(1);
        break;
      case 'M':
        s += two(date.month);
        break;
      case 'm':
        s += "ABCDEHLMPRST"[date.month - 1];
        break;
      case 'P':
        s += two(date.month + (new_century ? 20 : 0));
        break;
      case 'B':
        s += two(date.month + (new_century ? 40 : 0));
        break;
      case 'D':
        s += two(date.day);
        break;
      case 'c':  // 1 or 2; with the sexes 3 to 6
        s += new_century ? '2' : '1';
        break;
      case 'x':
        s += static_cast<char>((new_century ? '5' : '3') + static_cast<char>(r.below(2)));
        break;
      case 'r':  // Romania
        s += static_cast<char>((new_century ? '5' : '1') + static_cast<char>(r.below(2)));
        break;
      case 'k':
        s += two(1 + static_cast<int>(r.below(46)));
        break;
      case 'F':
        s += new_century ? 'A' : 'Y';
        break;
      case 'h':
        s += "0123456789ABCDEFHJKLMNPRSTUVWXY"[r.below(31)];
        break;
      case '!':  // a year in full
        s += std::to_string(date.year);
        break;
      default:
        s += c;
    }
  }
  return s;
}

}  // namespace

uint64_t Random::below(uint64_t n) {
  state_ += 0x9e3779b97f4a7c15;
  return mix64(state_) % n;
}

const std::vector<Kind>& kinds() {
  using enum PiiType;
  static const std::vector<Kind> kKinds = {
      {iban, is_iban, "DE|dddddddddddddddddddd", "IBAN", {4, 4, 4, 4, 4, 2}},
      {iban, is_iban, "FR|ddddddddddddddddddddllddd", "compte", {4, 4, 4, 4, 4, 4, 3}},
      {iban, is_iban, "NL|ddlllldddddddddd", "rekening", {4, 4, 4, 4, 2}},
      {iban, is_iban, "NO|ddddddddddddd", "konto", {4, 4, 4, 3}},
      {credit_card, is_card, "4ddddddddddddddd", "card", {4, 4, 4, 4}},
      {credit_card, is_card, "37ddddddddddddd", "card", {4, 6, 5}},
      {at_svnr, is_at_svnr, "dddd1007Y", "SVNR", {4, 6}, false},
      {be_rrn, is_be_rrn, "YMDddddd", "rijksregisternummer", {2, 2, 2, 3, 2}, false},
      {bg_egn, is_bg_egn, "YBDdddd", "ЕГН", {}},
      {ch_ahv, is_ch_ahv, "756dddddddddd", "AHV-Nr.", {3, 4, 4, 2}},
      {cz_sk_rc, is_cz_sk_rc, "YMDdddd", "rodné číslo", {6, 4}},
      {de_steuer_id, is_de_steuer_id, "ddddddddddd", "Steuer-ID", {2, 3, 3, 3}},
      {ee_isikukood, is_baltic_id, "xYMDdddd", "isikukood", {}},
      {lt_asmens_kodas, is_baltic_id, "xYMDdddd", "asmens kodas", {}},
      {el_afm, is_el_afm, "ddddddddd", "ΑΦΜ", {}},
      {el_amka, is_el_amka, "DMYddddd", "ΑΜΚΑ", {}},
      {es_dni_nie, is_es_dni_nie, "ddddddddl", "DNI", {2, 3, 3, 1}},
      {es_dni_nie, is_es_dni_nie, "Xdddddddl", "NIE", {1, 7, 1}},
      {fi_hetu, is_fi_hetu, "DMYFdddh", "henkilötunnus", {}},
      {fr_nir, is_fr_nir, "1YMdddddddddd", "NIR", {1, 2, 2, 2, 3, 3, 2}},
      {gb_nhs, is_gb_nhs, "dddddddddd", "NHS number", {3, 3, 4}},
      {hr_oib, is_hr_oib, "ddddddddddd", "OIB", {}},
      {hu_adoazonosito, is_hu_adoazonosito, "8ddddddddd", "adóazonosító jel", {}},
      {hu_taj, is_hu_taj, "ddddddddd", "TAJ-szám", {3, 3, 3}},
      {ie_pps, is_ie_pps, "dddddddl", "PPS", {7, 1}},
      {it_codice_fiscale, is_it_codice_fiscale, "llllllYmDldddl", "codice fiscale", {3, 3, 5, 5}},
      {lu_matricule, is_lu_matricule, "!MDddddd", "matricule", {4, 2, 2, 5}},
      {lv_personas_kods, is_lv_personas_kods, "DMYcdddd", "personas kods", {6, 5}},
      {nl_bsn, is_nl_bsn, "ddddddddd", "BSN", {4, 2, 3}},
      {pl_nip, is_pl_nip, "dddddddddd", "NIP", {3, 3, 2, 2}},
      {pl_pesel, is_pl_pesel, "YPDddddd", "PESEL", {}},
      {pt_nif, is_pt_nif, "2dddddddd", "contribuinte", {3, 3, 3}},
      {ro_cnp, is_ro_cnp, "rYMDkdddd", "CNP", {}},
      {se_personnummer, is_se_personnummer, "YMDdddd", "personnummer", {6, 4}},
      {si_emso, is_si_emso, "DMy50dddd", "EMŠO", {}},
      {vat_id, is_vat_id, "DE|ddddddddd", "USt-IdNr.", {}},
      {vat_id, is_vat_id, "ATU|dddddddd", "UID", {}},
      {vat_id, is_vat_id, "PL|dddddddddd", "VAT UE", {}},
      {vat_id, is_vat_id, "IT|ddddddddddd", "P.IVA", {}},
      {vat_id, is_vat_id, "SE|dddddddddd01", "momsregistreringsnummer", {}, false},
      {vat_id, is_vat_id, "FI|dddddddd", "alv-numero", {}},
  };
  return kKinds;
}

std::string make(const Kind& kind, Random& random) {
  for (int tries = 0; tries < 1'000'000; ++tries) {
    std::string s = candidate(kind.pattern, random);
    if (kind.is_valid(s)) return s;
  }
  throw std::logic_error("no valid " + std::string(name(kind.type)) + " of the form " + std::string(kind.pattern));
}

std::string spell(const Kind& kind, std::string_view id, Random& random) {
  static const std::vector<std::string_view> kSeparators = {" ", "\u00a0", "\u202f", ".", "-", "\u2011"};
  const uint64_t way = random.below(4);
  std::string s;
  size_t group = 0;
  size_t left = way == 1 && !kind.groups.empty() ? kind.groups[0] : id.size();
  const std::string_view separator = random.one_of(kSeparators);
  for (const char c : id) {
    if (left == 0) {
      s += separator;
      left = ++group < kind.groups.size() ? kind.groups[group] : id.size();
    }
    --left;
    if (way == 2 && c >= 'A') {
      s += static_cast<char>(c | 0x20);
    } else if (way == 3) {
      const unsigned code = 0xFF01 + static_cast<unsigned>(c - '!');
      s += static_cast<char>(0xE0 | (code >> 12));
      s += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
      s += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      s += c;
    }
  }
  return s;
}

}  // namespace trine::guard::made

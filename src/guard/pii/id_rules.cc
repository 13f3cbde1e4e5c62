#include "guard/pii/id_rules.h"

#include <algorithm>

#include "guard/pii/check_digits.h"
#include "guard/pii/national_ids.h"

namespace trine::guard {
namespace {

constexpr LanguageMask speaks(std::initializer_list<Language> languages) {
  LanguageMask m = 0;
  for (const Language l : languages) m |= bit(l);
  return m;
}

// The longest Visa of old had 13 digits, an EAN has 13, and Maestro may have 12: those need the word.
bool is_long_card(std::string_view s) {
  return s.size() >= 14 && is_card(s);
}
// With the word for it, a network need not be known.
bool is_card_like(std::string_view s) {
  return luhn(s) && !all_same(s);
}
// States whose VAT numbers have a form that nothing else has.
bool is_telling_vat_id(std::string_view s) {
  return (s.starts_with("ATU") || s.starts_with("FR") || s.starts_with("NL")) && is_vat_id(s);
}
// Without the prefix, as Italy (partita IVA) and Spain (CIF) write their own.
bool is_bare_vat_id(std::string_view s) {
  std::array<char, 14> whole{};
  for (const std::string_view state : {"IT", "ES"}) {
    state.copy(whole.data(), 2);
    const size_t n = s.copy(whole.data() + 2, whole.size() - 2);
    if (is_vat_id({whole.data(), n + 2})) return true;
  }
  return false;
}

using enum PiiType;
using L = Language;
constexpr auto kIdRules = std::to_array<IdRule>({
    {iban, is_iban, 15, 34, false, Need::nothing, 0},
    {credit_card, is_long_card, 14, 19, true, Need::nothing, 0},
    {fr_nir, is_fr_nir, 15, 15, false, Need::nothing, 0},
    {it_codice_fiscale, is_it_codice_fiscale, 16, 16, false, Need::nothing, 0},
    {fi_hetu, is_fi_hetu, 10, 11, false, Need::language, speaks({L::fi, L::sv})},
    {ch_ahv, is_ch_ahv, 13, 13, true, Need::language, speaks({L::de, L::fr, L::it})},
    {lu_matricule, is_lu_matricule, 13, 13, true, Need::nothing, 0},
    {ro_cnp, is_ro_cnp, 13, 13, true, Need::language, speaks({L::ro})},
    {si_emso, is_si_emso, 13, 13, true, Need::language, speaks({L::sl, L::hr})},
    {vat_id, is_telling_vat_id, 11, 14, false, Need::nothing, 0},
    {vat_id, is_vat_id, 8, 14, false, Need::label, 0},
    {credit_card, is_card_like, 12, 19, true, Need::label, 0},
    {de_steuer_id, is_de_steuer_id, 11, 11, true, Need::nothing, 0},
    {be_rrn, is_be_rrn, 11, 11, true, Need::language, speaks({L::nl, L::fr, L::de})},
    {pl_pesel, is_pl_pesel, 11, 11, true, Need::language, speaks({L::pl})},
    {ee_isikukood, is_baltic_id, 11, 11, true, Need::language, speaks({L::et})},
    {lt_asmens_kodas, is_baltic_id, 11, 11, true, Need::language, speaks({L::lt})},
    {lv_personas_kods, is_lv_personas_kods, 11, 11, true, Need::language, speaks({L::lv})},
    {el_amka, is_el_amka, 11, 11, true, Need::language, speaks({L::el})},
    {hr_oib, is_hr_oib, 11, 11, true, Need::label, 0},
    {se_personnummer, is_se_personnummer, 10, 12, true, Need::language, speaks({L::sv})},
    {cz_sk_rc, is_cz_sk_rc, 10, 10, true, Need::language, speaks({L::cs, L::sk})},
    {bg_egn, is_bg_egn, 10, 10, true, Need::language, speaks({L::bg})},
    {at_svnr, is_at_svnr, 10, 10, true, Need::label, 0},
    {dk_cpr, is_dk_cpr, 10, 10, true, Need::label, 0},
    {gb_nhs, is_gb_nhs, 10, 10, true, Need::label, 0},
    {hu_adoazonosito, is_hu_adoazonosito, 10, 10, true, Need::label, 0},
    {pl_nip, is_pl_nip, 10, 10, true, Need::label, 0},
    {es_dni_nie, is_es_dni_nie, 9, 9, false, Need::nothing, 0},
    {es_dni_nie, is_es_nif_klm, 9, 9, false, Need::label, 0},
    {ie_pps, is_ie_pps, 8, 9, false, Need::label, 0},
    {gb_nino, is_gb_nino, 9, 9, false, Need::label, 0},
    {nl_bsn, is_nl_bsn, 9, 9, true, Need::label, 0},
    {pt_nif, is_pt_nif, 9, 9, true, Need::label, 0},
    {el_afm, is_el_afm, 9, 9, true, Need::label, 0},
    {hu_taj, is_hu_taj, 9, 9, true, Need::label, 0},
    {vat_id, is_bare_vat_id, 9, 11, false, Need::label, 0},
});

constexpr float kLabelled = 0.99F;
constexpr float kFormAlone = 0.95F;
constexpr float kLanguageOnly = 0.9F;

// The spelling of a number: where it stands among its neighbours.
struct Spelling {
  bool is_digits = true;
  bool has_space = false;  // between its groups
  bool has_small_group = false;
  size_t first_group = 0, last_group = 0;  // their lengths
};

Spelling spelling_of(const Field& f, size_t first_token, size_t last_token) {
  Spelling s;
  s.is_digits = all_digits(f.view(f.token[first_token], f.token[last_token]));
  s.first_group = f.token[first_token + 1] - f.token[first_token];
  s.last_group = f.token[last_token] - f.token[last_token - 1];
  for (size_t t = first_token; t < last_token; ++t) {
    const bool inner = t > first_token && t + 1 < last_token;
    s.has_small_group = s.has_small_group || (inner && f.token[t + 1] - f.token[t] < 2);
    if (t > first_token) s.has_space = s.has_space || f.joined[f.token[t]] == GlyphKind::space;
  }
  return s;
}

bool is_tight(GlyphKind k) {
  return k == GlyphKind::dash || k == GlyphKind::dot || k == GlyphKind::slash;
}

// The numbers that may stand a space away from one in groups without being more of it: an expiry date, a year, a
// postal code.
enum class Beside : uint8_t { nothing, other_groups, anything };

Beside beside(EvidenceTrail& evidence, const IdRule& r, size_t begin) {
  const bool is_card = r.type == PiiType::credit_card;
  // A label says what is meant; of a table of statistics about cards, one number in ten has the check digit of some.
  const bool is_weak = is_card && r.need == Need::label;
  if (!is_weak && evidence.distance(r.type, begin) != EvidenceTrail::kNone) return Beside::anything;
  return is_card ? Beside::other_groups : Beside::nothing;
}

// A neighbour of `digits` digits, beside a group of `own`.
bool is_more_of_it(const Spelling& s, size_t digits, size_t own, Beside may) {
  if (digits == 0 || !s.has_space || !s.is_digits) return false;
  return may == Beside::nothing || (may == Beside::other_groups && digits == own);
}

constexpr size_t kLongestGroup = 8;  // no group of a number in groups has so many; more need not be counted

// Part of something longer: "978-1165820501", "0.283658836", one column of a row of numbers that has gaps itself.
bool is_part_on_the_left(const TextWindow& window, size_t begin, const Spelling& s, Beside may) {
  if (begin == 0) return false;
  const Glyph separator = window.before(begin);
  if (window.text()[begin - 1] == '+') return true;  // a telephone
  if (!separator.is_separator()) return false;
  size_t pos = begin - separator.length;
  if (is_tight(separator.kind)) return window.before(pos).is_digit();
  size_t digits = 0;
  for (; digits < kLongestGroup && window.before(pos).is_digit(); ++digits) pos -= window.before(pos).length;
  return is_more_of_it(s, digits, s.first_group, may);
}

bool is_part_on_the_right(TextWindow& window, size_t end, const Spelling& s, Beside may) {
  const Glyph separator = window.at(end);
  if (separator.kind == GlyphKind::end) return false;
  if (window.text()[end] == '_' || window.text()[end] == '@') return true;
  if (!separator.is_separator()) return false;
  size_t pos = end + separator.length;
  if (is_tight(separator.kind)) return window.at(pos).is_digit();
  size_t digits = 0;
  for (; digits < kLongestGroup && window.at(pos).is_digit(); ++digits) pos += window.at(pos).length;
  return is_more_of_it(s, digits, s.last_group, may);
}

// Cards are printed in groups of four, or four, six and the rest.
bool is_card_spelling(const Field& f, size_t first, size_t last) {
  if (last - first == 1) return true;
  const auto group = [&](size_t t) { return f.token[t + 1] - f.token[t]; };
  if (last - first == 3) return group(first) == 4 && group(first + 1) == 6;
  for (size_t t = first; t + 1 < last; ++t) {
    if (group(t) != 4) return false;
  }
  return group(last - 1) <= 4;
}

struct IdVerdict {
  const IdRule* rule = nullptr;
  float confidence = 0;
  size_t distance = EvidenceTrail::kNone;
};

// What speaks for a number that is valid by a rule.
std::optional<IdVerdict> judge(EvidenceTrail& evidence, const IdRule& r, size_t begin, size_t end) {
  IdVerdict v{&r, kLabelled, evidence.distance(r.type, begin)};
  if (v.distance != EvidenceTrail::kNone) return v;
  if (r.type == PiiType::iban) return IdVerdict{&r, kFormAlone, v.distance};
  if (r.need == Need::nothing && !evidence.is_denied(r.type, begin)) return IdVerdict{&r, kFormAlone, v.distance};
  if (evidence.follows(r.type, end)) return IdVerdict{&r, kLabelled, EvidenceTrail::kReach};
  if (r.need == Need::language && !evidence.is_denied(r.type, begin) &&
      (evidence.languages(begin) & r.languages) != 0) {
    return IdVerdict{&r, kLanguageOnly, v.distance};
  }
  return std::nullopt;
}

}  // namespace

std::span<const IdRule> id_rules() {
  return kIdRules;
}

std::optional<FoundId> find_id(TextWindow& window, EvidenceTrail& evidence, const Field& f) {
  for (size_t first = 0; first < f.tokens; ++first) {
    for (size_t last = f.tokens; last > first; --last) {
      const std::string_view s = f.view(f.token[first], f.token[last]);
      if (s.size() < 8 || s.size() > 34) continue;
      const Spelling spelling = spelling_of(f, first, last);
      if (spelling.has_small_group) continue;
      const size_t begin = f.begin[f.token[first]];
      const size_t end = f.end[f.token[last] - 1];
      std::optional<IdVerdict> best;
      for (const IdRule& r : kIdRules) {
        if (s.size() < r.shortest || s.size() > r.longest || (r.digits_only && !spelling.is_digits)) continue;
        if (!r.is_valid(s)) continue;
        if (r.type == PiiType::credit_card && !is_card_spelling(f, first, last)) continue;
        const Beside may = beside(evidence, r, begin);
        if (is_part_on_the_left(window, begin, spelling, may)) continue;
        if (is_part_on_the_right(window, end, spelling, may)) continue;
        const auto v = judge(evidence, r, begin, end);
        if (v && (!best || v->distance < best->distance)) best = v;
      }
      if (best) return FoundId{{begin, end, best->rule->type, best->confidence}, best->distance};
    }
    // Only tokens of letters may stand before the digits: a field that begins later is another anchor's.
    if (!f.is_letters(first)) break;
  }
  return std::nullopt;
}

}  // namespace trine::guard

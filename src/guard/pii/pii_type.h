// The kinds of personal data that rules can find, and how a finding is told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trine::guard {

enum class PiiType : uint8_t {
  iban,
  credit_card,
  email,
  phone,
  ip_address,
  address,
  date_of_birth,
  vat_id,
  at_svnr,
  be_rrn,
  bg_egn,
  ch_ahv,
  cz_sk_rc,
  de_steuer_id,
  dk_cpr,
  ee_isikukood,
  el_afm,
  el_amka,
  es_dni_nie,
  fi_hetu,
  fr_nir,
  gb_nhs,
  gb_nino,
  hr_oib,
  hu_adoazonosito,
  hu_taj,
  ie_pps,
  it_codice_fiscale,
  lt_asmens_kodas,
  lu_matricule,
  lv_personas_kods,
  nl_bsn,
  pl_nip,
  pl_pesel,
  pt_nif,
  ro_cnp,
  se_personnummer,
  si_emso,
};
inline constexpr size_t kPiiTypes = 38;

// "IBAN", "DE_STEUER_ID": as reports, configuration and placeholders have it.
std::string_view name(PiiType type);
std::optional<PiiType> parse_pii_type(std::string_view name);

// Half open, in bytes of the text that was scanned.
struct PiiSpan {
  size_t begin = 0;
  size_t end = 0;
  PiiType type = PiiType::iban;
  float confidence = 0;  // 0 to 1: what the evidence is worth, by type (docs/personal-data.md)
  bool operator==(const PiiSpan&) const = default;
};

}  // namespace trine::guard

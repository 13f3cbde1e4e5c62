#include "guard/pii/pii_type.h"

namespace trine::guard {
namespace {

constexpr std::array<std::string_view, kPiiTypes> kNames = {"IBAN",
                                                            "CREDIT_CARD",
                                                            "EMAIL",
                                                            "PHONE",
                                                            "IP_ADDRESS",
                                                            "ADDRESS",
                                                            "DATE_OF_BIRTH",
                                                            "VAT_ID",
                                                            "AT_SVNR",
                                                            "BE_RRN",
                                                            "BG_EGN",
                                                            "CH_AHV",
                                                            "CZ_SK_RC",
                                                            "DE_STEUER_ID",
                                                            "DK_CPR",
                                                            "EE_ISIKUKOOD",
                                                            "EL_AFM",
                                                            "EL_AMKA",
                                                            "ES_DNI_NIE",
                                                            "FI_HETU",
                                                            "FR_NIR",
                                                            "GB_NHS",
                                                            "GB_NINO",
                                                            "HR_OIB",
                                                            "HU_ADOAZONOSITO",
                                                            "HU_TAJ",
                                                            "IE_PPS",
                                                            "IT_CODICE_FISCALE",
                                                            "LT_ASMENS_KODAS",
                                                            "LU_MATRICULE",
                                                            "LV_PERSONAS_KODS",
                                                            "NL_BSN",
                                                            "PL_NIP",
                                                            "PL_PESEL",
                                                            "PT_NIF",
                                                            "RO_CNP",
                                                            "SE_PERSONNUMMER",
                                                            "SI_EMSO"};
static_assert(static_cast<size_t>(PiiType::si_emso) + 1 == kPiiTypes);

}  // namespace

std::string_view name(PiiType type) {
  const auto i = static_cast<size_t>(type);
  return i < kPiiTypes ? kNames[i] : std::string_view{};
}

std::optional<PiiType> parse_pii_type(std::string_view text) {
  for (size_t i = 0; i < kPiiTypes; ++i) {
    if (kNames[i] == text) return static_cast<PiiType>(i);
  }
  return std::nullopt;
}

}  // namespace trine::guard

// Identity and tax numbers of persons: form, embedded date and check digits of each. Every function takes the number
// without separators, letters in capitals, and of any length and content; none says more than "this can be one".
// Sources: the issuing authorities' rules as python-stdnum documents them; tests hold numbers made by that library.
#pragma once

#include <string_view>

namespace trine::guard {

bool is_iban(std::string_view s);
size_t iban_length(std::string_view country);  // of the whole IBAN; 0: not in the registry
bool is_card(std::string_view s);              // 12 to 19 digits, a network's prefix, Luhn

bool is_at_svnr(std::string_view s);
bool is_be_rrn(std::string_view s);
bool is_bg_egn(std::string_view s);
bool is_ch_ahv(std::string_view s);
bool is_cz_sk_rc(std::string_view s);
bool is_de_steuer_id(std::string_view s);
bool is_dk_cpr(std::string_view s);     // the date only: numbers since 2007 have no check digit
bool is_baltic_id(std::string_view s);  // EE and LT share one form
bool is_el_afm(std::string_view s);
bool is_el_amka(std::string_view s);
bool is_es_dni_nie(std::string_view s);
bool is_es_nif_klm(std::string_view s);
bool is_fi_hetu(std::string_view s);  // with or without the sign of the century
bool is_fr_nir(std::string_view s);
bool is_gb_nhs(std::string_view s);
bool is_gb_nino(std::string_view s);  // has no check digit
bool is_hr_oib(std::string_view s);
bool is_hu_adoazonosito(std::string_view s);
bool is_hu_taj(std::string_view s);
bool is_ie_pps(std::string_view s);
bool is_it_codice_fiscale(std::string_view s);
bool is_lu_matricule(std::string_view s);
bool is_lv_personas_kods(std::string_view s);  // the old form, with a date; the new one (32...) has no check digit
bool is_nl_bsn(std::string_view s);
bool is_pl_nip(std::string_view s);
bool is_pl_pesel(std::string_view s);
bool is_pt_nif(std::string_view s);
bool is_ro_cnp(std::string_view s);
bool is_se_personnummer(std::string_view s);
bool is_si_emso(std::string_view s);

// A VAT number of an EU state, of GB (XI), CH or NO, with its country prefix.
bool is_vat_id(std::string_view s);

}  // namespace trine::guard

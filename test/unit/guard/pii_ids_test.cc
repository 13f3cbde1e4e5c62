// Numbers made by python-stdnum, whose rules were written by other people from the same sources.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "guard/pii/national_ids.h"

namespace trine::guard::pii_ids_test {
namespace {

struct Numbers {
  const char* name;
  bool (*is_valid)(std::string_view);
  std::vector<std::string> numbers;
};

const std::vector<Numbers> kNumbers = {
    {"is_at_svnr", is_at_svnr, {"6712240501", "3212060498", "5004020618"}},
    {"is_be_rrn", is_be_rrn, {"00072017748", "93092659064", "09081346006"}},
    {"is_bg_egn", is_bg_egn, {"1050205884", "9905162981", "9303225733"}},
    {"is_ch_ahv", is_ch_ahv, {"7563728629319", "7563863546649", "7561863047883"}},
    {"is_cz_sk_rc", is_cz_sk_rc, {"8503319330", "5562314791", "4910198821"}},
    {"is_de_steuer_id", is_de_steuer_id, {"14628749358", "35716425907", "43696058122"}},
    {"is_baltic_id", is_baltic_id, {"37908245555", "38407070060", "44904022666"}},
    {"is_el_afm", is_el_afm, {"338947317", "189219817", "564168975"}},
    {"is_el_amka", is_el_amka, {"15091382182", "15071127359", "24015510290"}},
    {"is_es_dni_nie", is_es_dni_nie, {"67204710K", "82332087E", "17922305S"}},
    {"is_es_dni_nie", is_es_dni_nie, {"Y7096618M", "X4724457G", "Y1501972V"}},
    {"is_es_nif_klm", is_es_nif_klm, {"K6592810K", "L1234567L", "M7654321J"}},
    {"is_fi_hetu", is_fi_hetu, {"170164480S", "280679811E", "300587124U"}},
    {"is_fr_nir", is_fr_nir, {"204113016832708", "261013249669879", "186054151022935"}},
    {"is_gb_nhs", is_gb_nhs, {"7236656143", "4369730058", "3155433353"}},
    {"is_hr_oib", is_hr_oib, {"11582044546", "14554381894", "90584899445"}},
    {"is_ie_pps", is_ie_pps, {"1688947PT", "0212487OT", "9680857SH"}},
    {"is_it_codice_fiscale", is_it_codice_fiscale, {"POSKPS52B11T485V", "TKCMJN77E44M899A", "GSRPQN41H47N766S"}},
    {"is_lv_personas_kods", is_lv_personas_kods, {"22011021420", "22097010499", "13066719290"}},
    {"is_nl_bsn", is_nl_bsn, {"540928288", "308016889", "835417384"}},
    {"is_pl_nip", is_pl_nip, {"8035161923", "4083238679", "2909090449"}},
    {"is_pl_pesel", is_pl_pesel, {"49103042874", "79052956911", "77122839023"}},
    {"is_pt_nif", is_pt_nif, {"192103911", "579396916", "573472343"}},
    {"is_ro_cnp", is_ro_cnp, {"1540210186003", "2630520140624", "2930304416813"}},
    {"is_se_personnummer", is_se_personnummer, {"9309088475", "8803146615", "9608296720"}},
    {"is_si_emso", is_si_emso, {"2704004501378", "1811977504483", "2511971508193"}},
    {"is_vat_id",
     is_vat_id,
     {"ATU67595346",    "ATU01308986",    "BE0314948904", "BE0852803214",   "BG3110897323",   "BG312466391",
      "CY13530802F",    "CY50828154T",    "CZ08781567",   "CZ3208189512",   "DE929280998",    "DE869375914",
      "DK84534005",     "DK18342200",     "EE842100964",  "EE115766284",    "EL084499671",    "EL417484308",
      "ES85147308C",    "ES27306527F",    "FI20640419",   "FI57386282",     "FRVZ470443698",  "FRYC092802057",
      "HR93118294319",  "HR91381002156",  "HU36066283",   "HU98561993",     "IE3085720SH",    "IE0763108HH",
      "IT05577390908",  "IT02945700439",  "LT647896012",  "LT610844971419", "LU03564747",     "LU43018245",
      "LV41810945656",  "LV70972569423",  "MT98520082",   "MT26009356",     "NL452281702B38", "NL415629391B20",
      "PL3840863012",   "PL2350767418",   "PT563003332",  "PT787757870",    "RO9112375835",   "RO9371247697",
      "SE102400700501", "SE216916603601", "SI47979461",   "SI40982807",     "SK4376027293",   "SK6839908053"}},
    {"is_iban",
     is_iban,
     {"DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606", "NL91ABNA0417164300",
      "NO9386011117947", "MT84MALT011000012345MTLCAST001S"}},
    {"is_card",
     is_card,
     {"4111111111111111", "5500005555555559", "371449635398431", "30569309025904", "6011111111111117",
      "3530111333300000"}},
    {"is_hu_taj", is_hu_taj, {"111111110", "037687210"}},
    {"is_hu_adoazonosito", is_hu_adoazonosito, {"8071592153"}},
    {"is_lu_matricule", is_lu_matricule, {"1893120105732"}},
    {"is_pl_nip", is_pl_nip, {"5261040828"}},
    {"is_el_amka", is_el_amka, {"01013099997"}},
};

TEST(NationalIds, NumbersOfAnotherLibraryAreValid) {
  for (const Numbers& n : kNumbers) {
    for (const std::string& s : n.numbers) EXPECT_TRUE(n.is_valid(s)) << n.name << " " << s;
  }
}

// Every check finds every single changed digit, apart from those whose rule has more than one check for a number.
TEST(NationalIds, AChangedLastCharacterIsSeen) {
  for (const Numbers& n : kNumbers) {
    for (std::string s : n.numbers) {
      if (n.is_valid == is_vat_id && (s.starts_with("BG") || s.starts_with("NL") || s.starts_with("LV"))) continue;
      if (n.is_valid == is_ie_pps && s.size() == 9) s.erase(8);  // its last letter may be one that does not count
      if (!n.is_valid(s)) continue;
      const char right = s.back();
      const bool letter = right >= 'A';
      for (char c = letter ? 'A' : '0'; c <= (letter ? 'Z' : '9'); ++c) {
        if (c == right) continue;
        s.back() = c;
        EXPECT_FALSE(n.is_valid(s)) << n.name << " " << s;
      }
    }
  }
}

TEST(NationalIds, OtherLengthsAreInvalidAndHarmless) {
  for (const Numbers& n : kNumbers) {
    for (const std::string& s : n.numbers) {
      for (size_t length = 0; length + 3 < s.size(); ++length) {
        const bool shorter = n.is_valid(std::string_view(s).substr(0, length));
        const bool one_length = n.is_valid != is_vat_id && n.is_valid != is_card;
        EXPECT_FALSE(one_length && shorter) << n.name << " " << s;
      }
      EXPECT_FALSE(n.is_valid(s + s)) << n.name;
    }
    EXPECT_FALSE(n.is_valid(std::string(11, 'Z'))) << n.name;
    EXPECT_FALSE(n.is_valid(std::string(9, '0'))) << n.name;
    EXPECT_FALSE(n.is_valid("")) << n.name;
  }
}

TEST(NationalIds, DatesInNumbersAreDates) {
  EXPECT_TRUE(is_pl_pesel("49103042874"));
  EXPECT_FALSE(is_pl_pesel("49133042877"));        // month 13
  EXPECT_FALSE(is_se_personnummer("9302308478"));  // 30 February
  EXPECT_FALSE(is_dk_cpr("3202701234"));
}

TEST(Iban, ACountryOutsideTheRegistryHasNone) {
  EXPECT_EQ(iban_length("DE"), 22U);
  EXPECT_EQ(iban_length("US"), 0U);
}

}  // namespace
}  // namespace trine::guard::pii_ids_test

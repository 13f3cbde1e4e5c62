#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "guard/pii/scanner.h"

namespace trine::guard::pii_scanner_test {
namespace {

// What is found, as "TYPE text".
std::vector<std::string> found(std::string_view text) {
  static const PiiScanner scanner;
  std::vector<PiiSpan> spans;
  scanner.scan(text, spans);
  std::vector<std::string> out;
  for (const PiiSpan& s : spans) {
    out.push_back(std::string(name(s.type)) + " " + std::string(text.substr(s.begin, s.end - s.begin)));
  }
  return out;
}

using Found = std::vector<std::string>;

TEST(Iban, IsFoundInEverySpelling) {
  for (const char* s :
       {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89-3704-0044-0532-0130-00",
        "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000", "ＤＥ８９３７０４００４４０５３２０１３０００",
        "DE89\u200b370400440532013000", "DE 89 37040044 0532013000"}) {
    EXPECT_EQ(found(std::string("Konto ") + s + ", danke"), Found{std::string("IBAN ") + s});
  }
}

TEST(Iban, AWrongCheckDigitIsNoIban) {
  EXPECT_EQ(found("IBAN DE88370400440532013000"), Found{});
  EXPECT_EQ(found("IBAN DE88 3704 0044 0532 0130 00"), Found{});
}

TEST(Iban, OfAnotherLengthIsNone) {
  EXPECT_EQ(found("IBAN DE893704004405320130001"), Found{});
  EXPECT_EQ(found("xDE89370400440532013000"), Found{});
}

TEST(Card, NeedsNoWordButItsGroups) {
  EXPECT_EQ(found("paid with 4111 1111 1111 1111 today"), Found{"CREDIT_CARD 4111 1111 1111 1111"});
  EXPECT_EQ(found("3714 496353 98431"), Found{"CREDIT_CARD 3714 496353 98431"});
  EXPECT_EQ(found("41 111111 1111 1111 1"), Found{});
  EXPECT_EQ(found("paid with 4111111111111112"), Found{});
}

TEST(Card, AnOrderNumberThatPassesIsAnOrderNumber) {
  EXPECT_EQ(found("Order no. 4111111111111111"), Found{});
  EXPECT_EQ(found("Order paid, card 4111111111111111"), Found{"CREDIT_CARD 4111111111111111"});
}

TEST(Card, IsFoundBesideNumbersThatAreNoneOfItsGroups) {
  EXPECT_EQ(found("Karte 4111 1111 1111 1111 12/27 123"), Found{"CREDIT_CARD 4111 1111 1111 1111"});
  EXPECT_EQ(found("4111 1111 1111 1111 12/27 123"), Found{"CREDIT_CARD 4111 1111 1111 1111"});
  EXPECT_EQ(found("3714 496353 98431 1234"), Found{"CREDIT_CARD 3714 496353 98431"});
  EXPECT_EQ(found("cards: 4111 1111 1111 1111 5500 0055 5555 5559"),
            (Found{"CREDIT_CARD 4111 1111 1111 1111", "CREDIT_CARD 5500 0055 5555 5559"}));
}

TEST(Card, IsNotLookedForInATable) {
  EXPECT_EQ(found("2024 4111 1111 1111 1111"), Found{});
  EXPECT_EQ(found("4111 1111 1111 1111 2024"), Found{});
  // 1234 5678 9012 3452 passes the check and is of no network.
  EXPECT_EQ(found("cards sold: 1234 5678 9012 3452 2024"), Found{});
}

TEST(NumbersInGroups, AreFoundBesideAnotherNumberWithTheirLabel) {
  EXPECT_EQ(found("NHS number 943 476 5919 12/03/1980"), Found{"GB_NHS 943 476 5919"});
  EXPECT_EQ(found("Steuer-ID 86 095 742 719 2024"), Found{"DE_STEUER_ID 86 095 742 719"});
  EXPECT_EQ(found("Steuer-ID von 2024 86 095 742 719"), Found{"DE_STEUER_ID 86 095 742 719"});
  EXPECT_EQ(found("Steuer-ID 86 095 742 719 10115 Berlin"), Found{"DE_STEUER_ID 86 095 742 719"});
  EXPECT_EQ(found("86 095 742 719 2024"), Found{});
}

TEST(Spain, GivesLettersToThoseWithoutADni) {
  EXPECT_EQ(found("DNI K6592810K"), Found{"ES_DNI_NIE K6592810K"});
  EXPECT_EQ(found("model K6592810K, K6592810K"), Found{});
}

TEST(BareNumbers, NeedTheirLabel) {
  EXPECT_EQ(found("Mijn BSN is 540928288."), Found{"NL_BSN 540928288"});
  EXPECT_EQ(found("540928288 (BSN)"), Found{"NL_BSN 540928288"});
  EXPECT_EQ(found("{\"bsn\":\"540928288\"}"), Found{"NL_BSN 540928288"});
  EXPECT_EQ(found("bestelling 540928288"), Found{});
  EXPECT_EQ(found("540928288"), Found{});
}

TEST(BareNumbers, TheNearestLabelSaysWhichOne) {
  // 111222333 is a valid BSN; the Portuguese and Greek checks of 9 digits differ.
  EXPECT_EQ(found("NIF 192103911, BSN 540928288"), (Found{"PT_NIF 192103911", "NL_BSN 540928288"}));
  EXPECT_EQ(found("BSN onbekend, order 540928288"), Found{});
}

TEST(BareNumbers, TheLanguageIsEnoughForThoseWithADate) {
  EXPECT_EQ(found("klient to 49103042874"), Found{"PL_PESEL 49103042874"});
  EXPECT_EQ(found("value 49103042874"), Found{});
}

TEST(BareNumbers, ArePartOfNothingLonger) {
  for (const char* s : {"BSN 540928288-12", "BSN 0.540928288", "BSN 540928288_1", "BSN 12/540928288", "BSN x540928288",
                        "BSN é540928288", "BSN 5409282881"}) {
    EXPECT_EQ(found(s), Found{}) << s;
  }
}

TEST(Labels, CountWithoutCaseAndAccents) {
  EXPECT_EQ(found("ο α.φ.μ. 338947317"), Found{"EL_AFM 338947317"});
  EXPECT_EQ(found("ΑΦΜ: 338947317"), Found{"EL_AFM 338947317"});
  EXPECT_EQ(found("numero de SECURITE SOCIALE 2 04 11 30 168 327 08"), Found{"FR_NIR 2 04 11 30 168 327 08"});
}

TEST(Vat, IsFoundWithItsLabelOrATellingForm) {
  EXPECT_EQ(found("USt-IdNr. DE929280998"), Found{"VAT_ID DE929280998"});
  EXPECT_EQ(found("DE929280998"), Found{});
  EXPECT_EQ(found("ATU67595346"), Found{"VAT_ID ATU67595346"});
  EXPECT_EQ(found("P.IVA 05577390908"), Found{"VAT_ID 05577390908"});
}

TEST(Email, IsTakenWithoutTheSentencesMarks) {
  EXPECT_EQ(found("Write to <anna.b+x@mail.example.eu>."), Found{"EMAIL anna.b+x@mail.example.eu"});
  EXPECT_EQ(found("a 540928288@example.org."), Found{"EMAIL 540928288@example.org"});
  EXPECT_EQ(found("jürgen@müller.de"), Found{"EMAIL jürgen@müller.de"});
  EXPECT_EQ(found("user@localhost, @home, a@b.1, .@x.de"), Found{});
}

TEST(Phone, InternationalOrWithItsLabel) {
  EXPECT_EQ(found("call +48 (0)12 345-67-89 now"), Found{"PHONE +48 (0)12 345-67-89"});
  EXPECT_EQ(found("Tel.: 0699 868 88 55"), Found{"PHONE 0699 868 88 55"});
  EXPECT_EQ(found("Fax (089) 1234567"), Found{"PHONE (089) 1234567"});
  EXPECT_EQ(found("in room 12345678, on 12.05.2026, 1+12345678901234567"), Found{});
}

TEST(Phone, IsNoAmountNoYearsAndNoTime) {
  for (const char* s :
       {"Microsoft Office 2019-2021", "The office cost 1.250.000 EUR", "desk lamp 4794339885",
        "Telefonkosten 2023: 125.000 EUR", "mobile app has 1 200 000 users", "mobile app has 1\u00a0200\u00a0000 users",
        "telephones sold: 12 345 678 912", "telephones sold: 345.678.000", "phone support since 2024-11-29 10:00",
        "phone support since 2024-11-29T10:00", "phone support 29.11.2024 10:00",
        "mobile 2019\u20132021 and 2024/25 and 2024-11"}) {
    EXPECT_EQ(found(s), Found{}) << s;
  }
}

TEST(Phone, OfThreesOrBesideAnOfficeIsStillOne) {
  for (const char* s : {"612 345 678", "72 128 827", "030 123 456", "2012 3456", "06.12.34.56.78", "0241-23-45-67"}) {
    EXPECT_EQ(found(std::string("Phone: ") + s), Found{std::string("PHONE ") + s});
  }
  EXPECT_EQ(found("Office: +49 30 1234567, desk 030 1234567, cell (555) 123-4567"),
            (Found{"PHONE +49 30 1234567", "PHONE 030 1234567", "PHONE (555) 123-4567"}));
}

TEST(Ip, VersionsAreNoAddresses) {
  EXPECT_EQ(found("from 10.1.2.3 and 2001:db8::17:"), (Found{"IP_ADDRESS 10.1.2.3", "IP_ADDRESS 2001:db8::17"}));
  EXPECT_EQ(found("version 1.45.199.2, 1.2.3.4.5, 1.2.3.400, 12:30:45, std::array<int, 3>"), Found{});
}

TEST(BirthDate, NeedsTheWord) {
  EXPECT_EQ(found("born 03.02.1977 in Graz"), Found{"DATE_OF_BIRTH 03.02.1977"});
  EXPECT_EQ(found("née le 1977-02-03"), Found{"DATE_OF_BIRTH 1977-02-03"});
  EXPECT_EQ(found("on 03.02.1977 in Graz; born 99.99.1977"), Found{});
}

TEST(BirthDate, IsFoundUnderTheNamesOfFields) {
  for (const char* key : {"dateOfBirth", "birthDate", "birthdate", "birth_date", "dob"}) {
    EXPECT_EQ(found("{\"" + std::string(key) + "\":\"1985-03-12\"}"), Found{"DATE_OF_BIRTH 1985-03-12"}) << key;
  }
}

TEST(BirthDate, MayHaveAShortYear) {
  EXPECT_EQ(found("Geburtsdatum: 12.03.85"), Found{"DATE_OF_BIRTH 12.03.85"});
  EXPECT_EQ(found("née le 12/03/85"), Found{"DATE_OF_BIRTH 12/03/85"});
  EXPECT_EQ(found("on 12.03.85; born 99.03.85, 12.03.85-1234"), Found{});
}

TEST(Address, IsAStreetWithANumber) {
  EXPECT_EQ(found("at 62 Harbour Street, Leeds LS1 4AP now"), Found{"ADDRESS 62 Harbour Street, Leeds LS1 4AP"});
  EXPECT_EQ(found("wohnt Hauptstraße 82, 10115 Berlin."), Found{"ADDRESS Hauptstraße 82, 10115 Berlin"});
  EXPECT_EQ(found("woont op Keizersgracht 9, 1015 CW Amsterdam."), Found{"ADDRESS Keizersgracht 9, 1015 CW Amsterdam"});
  EXPECT_EQ(found("au 12 rue de la Paix, 75002 Paris"), Found{"ADDRESS 12 rue de la Paix, 75002 Paris"});
  EXPECT_EQ(found("in Chapter 3 and Table 4, by 2024 they"), Found{});
}

TEST(Noise, OfCodeAndLogsIsNobodys) {
  for (const char* s :
       {"550e8400-e29b-41d4-a716-446655440000", "commit 1b66fc6f34a3e082ca579951a8148408", "1795860000000",
        "2026-05-12T10:11:12.123456Z", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "The ISBN is 978-1165820501 and the EAN 1695670018117.", "ID 4086725334 JD288244040092",
        "3.1415926535897932"}) {
    EXPECT_EQ(found(s), Found{}) << s;
  }
}

TEST(Bytes, ThatAreNoTextAreReadWithoutHarm) {
  EXPECT_EQ(found("\xff\xfe\x80 BSN 540928288\xef"), Found{"NL_BSN 540928288"});
  EXPECT_EQ(found("\xef\xbc"), Found{});
  EXPECT_EQ(found(std::string_view("BSN\0 540928288", 14)), Found{"NL_BSN 540928288"});
}

}  // namespace
}  // namespace trine::guard::pii_scanner_test

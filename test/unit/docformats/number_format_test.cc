// Numbers, dates and times of spreadsheet cells as a reader sees them.
#include "docworker/number_format.h"

#include <gtest/gtest.h>

namespace trine::docworker::number_format_test {
namespace {

std::string shown(std::string_view value, std::string_view code) {
  return shown_number(value, number_format(code), false);
}

TEST(NumberFormat, HoursThatCountOnAreNoTimeOfDay) {
  EXPECT_EQ(shown("1.5", "[h]:mm:ss"), "36:00:00");
  EXPECT_EQ(shown("1.5", "[h]:mm"), "36:00");
  EXPECT_EQ(shown("1.5", "[mm]:ss"), "2160:00");
  EXPECT_EQ(shown("0.001", "[ss]"), "86");
  EXPECT_EQ(shown("-0.25", "[h]:mm"), "-6:00");
  EXPECT_EQ(shown_number("1.5", built_in_format(46), false), "36:00:00");
}

TEST(NumberFormat, TimesAreRoundedToWholeSecondsBeforeTheyAreDivided) {
  EXPECT_EQ(shown("46053.9999999", "yyyy-mm-dd hh:mm"), "2026-02-01 00:00");
  EXPECT_EQ(shown("0.99999999", "h:mm:ss"), "00:00:00");
  EXPECT_EQ(shown("0.521181", "h:mm:ss AM/PM"), "12:30:30");
  EXPECT_EQ(shown("0.521181", "hh:mm"), "12:30");
  EXPECT_EQ(shown_number("0.521181", built_in_format(21), false), "12:30:30");
}

TEST(NumberFormat, DatesAreKnownByTheirLetters) {
  EXPECT_EQ(shown("46053", "d/m/yyyy"), "2026-01-31");
  EXPECT_EQ(shown("46053", "[$-407]d. mmmm"), "2026-01-31");
  EXPECT_EQ(shown("46053", "mmmm"), "2026-01-31");
  EXPECT_EQ(shown("46053", "#,##0\" days\""), "46053 days");
  EXPECT_EQ(shown("46053", "[Red]0"), "46053");
  EXPECT_EQ(shown_number("44591", built_in_format(14), true), "2026-01-31");
}

TEST(NumberFormat, LeadingZerosStay) {
  EXPECT_EQ(shown("7", "0000"), "0007");
  EXPECT_EQ(shown("1067", "00000"), "01067");
  EXPECT_EQ(shown("123456789", "00000"), "123456789");
  EXPECT_EQ(shown("12345678", "000-00-0000"), "012-34-5678");
  EXPECT_EQ(shown("12345678901", "000-00-0000"), "12345-67-8901");
  EXPECT_EQ(shown("3.5", "00.00"), "03.50");
}

TEST(NumberFormat, DecimalsThatMayBeThereAre) {
  EXPECT_EQ(shown("12.75", "0.##"), "12.75");
  EXPECT_EQ(shown("12", "0.##"), "12");
  EXPECT_EQ(shown("12.5", "0.0##"), "12.5");
  EXPECT_EQ(shown("1234.5", "#,##0.00"), "1234.50");
  EXPECT_EQ(shown("0.000000015", "0.00E+00"), "1.5e-08");
  EXPECT_EQ(shown("0.25", "# ?/100"), "0.25");
  EXPECT_EQ(shown("0.1234", "0.0%"), "12.3%");
}

TEST(NumberFormat, CentsAreRoundedAsSpreadsheetsRound) {
  EXPECT_EQ(shown("2.675", "0.00"), "2.68");
  EXPECT_EQ(shown("1.005", "0.00"), "1.01");
  EXPECT_EQ(shown("-1.005", "0.00"), "-1.01");
  EXPECT_EQ(shown("1.0049", "0.00"), "1.00");
  EXPECT_EQ(shown("-0.001", "0.00"), "0.00");
  EXPECT_EQ(shown("356938035643809", "0"), "356938035643809") << "a long number is not near the next one";
  EXPECT_EQ(shown("2500000000000", "0.00"), "2500000000000.00");
  EXPECT_EQ(shown("25000000000.1234", "0.0000"), "25000000000.1234");
}

TEST(NumberFormat, CurrenciesAndUnitsAreShown) {
  EXPECT_EQ(shown("1200", "#,##0.00 \"\u20AC\""), "1200.00 \u20AC");
  EXPECT_EQ(shown("-1200", "[$CHF] #,##0.00"), "-CHF 1200.00");
  EXPECT_EQ(shown("1200", "_-* #,##0.00\\ [$\u20AC-407]_-;-* #,##0.00\\ [$\u20AC-407]_-"), "1200.00 \u20AC");
  EXPECT_EQ(shown("5", "0.0\" kg\""), "5.0 kg");
}

TEST(NumberFormat, AccountsHaveTheirSigns) {
  constexpr std::string_view kAccounting = "_(* #,##0.00_);_(* \\(#,##0.00\\);_(* \"-\"?_);_(@_)";
  EXPECT_EQ(shown("1200", kAccounting), "1200.00");
  EXPECT_EQ(shown("-1200", kAccounting), "-1200.00");
  EXPECT_EQ(shown("0", kAccounting), "0.00");
}

TEST(NumberFormat, WordsStandForNumbers) {
  EXPECT_EQ(shown("1", "\"yes\";\"yes\";\"no\""), "yes");
  EXPECT_EQ(shown("0", "\"yes\";\"yes\";\"no\""), "no");
  EXPECT_EQ(shown("5", "[=1]\"one\";0"), "5");
}

TEST(NumberFormat, WhatIsNoFormatShowsTheNumber) {
  for (const std::string code : {"General", "", "@", "\"", "[", "\\", "_", "*", ";;;", "[h", "0\\"}) {
    EXPECT_EQ(shown("42", code).substr(0, 2), code == "[h" ? "10" : "42") << code;
    EXPECT_EQ(shown("#N/A", code), "#N/A") << code;
  }
}

}  // namespace
}  // namespace trine::docworker::number_format_test

#include "guard/leak_fold.h"

#include <gtest/gtest.h>

#include <string>

namespace trine::guard::leak_fold_test {
namespace {

std::string fold(std::string_view text) {
  std::string out;
  LeakFold f;
  for (const char c : text) f.add(static_cast<unsigned char>(c), [&](Symbol s) { out += static_cast<char>(s); });
  return out;
}

TEST(LeakFold, CaseBlanksAndPunctuationDoNotMatter) {
  EXPECT_EQ(fold("Never, EVER say\t\"the word\"!"),
            "neverever"
            "saytheword");
  EXPECT_EQ(fold("n-e-v-e-r"), "never");
}

TEST(LeakFold, AccentsWidthAndLookAlikesDoNotMatter) {
  EXPECT_EQ(fold("Élève"), "eleve");
  EXPECT_EQ(fold("ｓｅｃｒｅｔ"), "secret");
  EXPECT_EQ(fold("𝓼𝓮𝓬𝓻𝓮𝓽"), "secret");
  EXPECT_EQ(fold("ѕесrеt"), "secret");  // five letters are Cyrillic
}

TEST(LeakFold, WhatHasNoWidthCountsForNothing) {
  EXPECT_EQ(fold("se\xe2\x80\x8b"
                 "cr\xe2\x81\xa0"
                 "et\xef\xbb\xbf"),
            "secret");
  EXPECT_EQ(fold("se\xf0\x9f\x98\x80"
                 "cret"),
            "secret");
}

TEST(LeakFold, DigitsAreTheLettersThatTheyImitate) {
  EXPECT_EQ(fold("a 53cr37 w0rd"), "asecretword");
}

TEST(LeakFold, DigitsThatNumberALineAreDropped) {
  EXPECT_EQ(fold("1. do this\n  12) then that"), "dothisthenthat");
}

TEST(LeakFold, EscapesAreReadAsWhatTheyStandFor) {
  EXPECT_EQ(fold("%73%65%63ret"), "secret");
  EXPECT_EQ(fold("one\\ntwo\\u0061\\x62&#99;&#x64;"), "onetwoabcd");
  EXPECT_EQ(fold("%C3%A9"), "e");
}

TEST(LeakFold, WhatLooksLikeAnEscapeAndIsNoneIsText) {
  EXPECT_EQ(fold("50% sure"), "sure");  // digits at the start of a line
  EXPECT_EQ(fold("x 50% sure"), "xsosure");
  EXPECT_EQ(fold("R&D"), "rd");
  EXPECT_EQ(fold("a\\q"), "aq");
  EXPECT_EQ(fold("a&#99"), "a");  // nothing ended it yet
  EXPECT_EQ(fold("a&#99x"), "aggx");
}

TEST(LeakFold, OtherScriptsHaveSymbolsToo) {
  EXPECT_EQ(fold("Сова").size(), 4u);
  EXPECT_EQ(fold("СОВА"), fold("сова"));
  EXPECT_EQ(fold("退货").size(), 4u) << "a letter of CJK counts for two";
  EXPECT_NE(fold("退货"), fold("客服"));
  EXPECT_EQ(fold("नहीं").size(), 4u) << "its vowel signs are letters";
}

TEST(LeakFold, BytesThatAreNoUtf8CountForNothing) {
  EXPECT_EQ(fold("a\xff\x80\xc3"
                 "b\xe2\x80"),
            "ab");
}

}  // namespace
}  // namespace trine::guard::leak_fold_test

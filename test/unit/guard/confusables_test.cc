#include "guard/confusables.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/uspoof.h>

#include <memory>
#include <string>

namespace trine::guard::confusables_test {
namespace {

struct CloseSpoof {
  void operator()(USpoofChecker* s) const { uspoof_close(s); }
};

// The letter that ICU's data has a character look like, small; 0 for none or more than one.
char skeleton(USpoofChecker* checker, char32_t c) {
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString out;
  uspoof_getSkeletonUnicodeString(checker, 0, icu::UnicodeString(static_cast<UChar32>(c)), out, &error);
  if (U_FAILURE(error) || out.length() != 1) return 0;
  const auto lower = static_cast<char16_t>(out[0] | 0x20);
  return lower >= 'a' && lower <= 'z' ? static_cast<char>(lower) : '\0';
}

TEST(Confusables, AgreeWithUnicode) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<USpoofChecker, CloseSpoof> checker(uspoof_open(&error));
  ASSERT_TRUE(U_SUCCESS(error));
  int same = 0, capital_i = 0, own = 0;
  for (char32_t c = 0x80; c < 0x10000; ++c) {
    const char latin = latin_look_alike(c);
    if (latin == 0) continue;
    const char unicode = skeleton(checker.get(), c);
    if (unicode == latin) {
      ++same;
    } else if (latin == 'i' && unicode == 'l') {
      ++capital_i;  // I's skeleton
    } else {
      ++own;
      EXPECT_EQ(unicode, 0) << std::hex << static_cast<uint32_t>(c) << ": Unicode says " << unicode << ", we " << latin;
    }
  }
  EXPECT_GT(same, 200);
  EXPECT_LT(own, 60) << "our own are few: small capitals, and letters of which the capital looks Latin";
}

TEST(Confusables, CoverTheLettersOfCyrillicGreekAndArmenian) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<USpoofChecker, CloseSpoof> checker(uspoof_open(&error));
  ASSERT_TRUE(U_SUCCESS(error));
  for (char32_t c = 0x384; c < 0x590; ++c)
    if (u_isalpha(static_cast<UChar32>(c)) && skeleton(checker.get(), c) != 0) {
      EXPECT_NE(latin_look_alike(c), 0) << std::hex << static_cast<uint32_t>(c);
    }
}

TEST(Confusables, AnUmlautIsALetterOfItsOwn) {
  for (const char32_t c : U"\u00E4\u00F6\u00FC\u00DF\u00E9\u00F1\u00E7\u0142\u0111") EXPECT_EQ(latin_look_alike(c), 0);
}

}  // namespace
}  // namespace trine::guard::confusables_test

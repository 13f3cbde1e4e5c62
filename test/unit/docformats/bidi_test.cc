// Lines of Hebrew and Arabic, as a PDF has them on the page, in the order in which they are read.
#include "docworker/bidi.h"

#include <gtest/gtest.h>

namespace trine::docworker::bidi_test {
namespace {

// "shalom" in Hebrew, as it is read and as it stands from left to right; likewise a second word.
constexpr const char *kShalom = "\u05E9\u05DC\u05D5\u05DD", *kMolahs = "\u05DD\u05D5\u05DC\u05E9";
constexpr const char* kOlam = "\u05E2\u05D5\u05DC\u05DD";

TEST(Letters, OfAHebrewWordStandTheOtherWayRoundOnThePage) {
  EXPECT_EQ(letters_as_read(kMolahs), kShalom);
  EXPECT_EQ(letters_as_read(std::string("(") + kMolahs + ")"), std::string("(") + kShalom + ")");
  EXPECT_EQ(letters_as_read(std::string("12.50-") + kMolahs), std::string(kShalom) + "-12.50");
  EXPECT_EQ(letters_as_read("Z\u00FCrich"), "Z\u00FCrich");
}

TEST(Words, OfAHebrewLineAreReadFromTheRight) {
  const std::string a = kShalom, b = kOlam;
  EXPECT_EQ(words_as_read(b + " 12345 " + a), a + " 12345 " + b);
  EXPECT_EQ(words_as_read(b + " Trine Ltd " + a), a + " Trine Ltd " + b);
  EXPECT_EQ(words_as_read("the words " + b + " " + a + " in it"), "the words " + a + " " + b + " in it");
  EXPECT_EQ(words_as_read("no such word"), "no such word");
}

}  // namespace
}  // namespace trine::docworker::bidi_test

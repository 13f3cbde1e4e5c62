#include "json/escape.h"

#include <gtest/gtest.h>

#include "json/read.h"

namespace trine::json::escape_test {
namespace {

std::string text_of(std::string_view raw) {
  std::string out(raw.size(), '\0');
  out.resize(unescape_into(out.data(), raw));
  return out;
}

TEST(Unescape, ResolvesEveryEscape) {
  EXPECT_EQ(text_of(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(text_of(R"(\u0041\u00e9\u20AC\uD83D\ude00)"), "Aé€😀");
  EXPECT_EQ(text_of(R"(\u0000)"), std::string(1, '\0'));
}

TEST(Unescape, HalfASurrogatePairIsAReplacementCharacterAndTheRestIsRead) {
  EXPECT_EQ(text_of(R"(a\ud83db)"), "a\uFFFDb");
  EXPECT_EQ(text_of(R"(\ude00\ud83d)"), "\uFFFD\uFFFD");
  EXPECT_EQ(text_of(R"(\ud83d\u0041)"), "\uFFFDA");
  EXPECT_EQ(text_of(R"(\ud83d\ud83d\ude00)"), "\uFFFD😀");
  EXPECT_EQ(unescape(R"(a\ud83db)"), std::nullopt) << "the strict reading still refuses it";
}

TEST(Unescape, WhatIsNoEscapeStaysAsItStands) {
  EXPECT_EQ(text_of(R"(\x\u12)"), R"(\x\u12)");
  EXPECT_EQ(text_of("end\\"), "end\\");
  EXPECT_EQ(text_of(R"(\u-123)"), R"(\u-123)");
}

TEST(EscapeMap, FindsThePartOfTheDocumentThatAPieceOfTextCameFrom) {
  const std::string_view raw = R"(IBAN:\n\u0044E89 \ud83d\ude00 end)";
  ASSERT_EQ(text_of(raw), "IBAN:\nDE89 😀 end");
  EscapeMap map(raw);
  EXPECT_EQ(map.raw(0, 4), "IBAN");
  EXPECT_EQ(map.raw(5, 6), "\\n");
  EXPECT_EQ(map.raw(6, 10), R"(\u0044E89)");
  EXPECT_EQ(map.raw(11, 15), R"(\ud83d\ude00)");
  EXPECT_EQ(map.raw(16, 19), "end");
  EXPECT_EQ(map.raw(0, 19), raw);
}

TEST(EscapeMap, APieceOfACharacterTakesTheWholeEscape) {
  EscapeMap map(R"(a\u00e9b)");
  EXPECT_EQ(map.raw(2, 3), R"(\u00e9)");
  EXPECT_EQ(map.raw(0, 2), R"(a\u00e9)");
  EXPECT_EQ(map.raw(2, 4), R"(\u00e9b)");
}

TEST(EscapeMap, GoesBackAndStaysInside) {
  const std::string_view raw = R"(a\tb)";
  EscapeMap map(raw);
  EXPECT_EQ(map.raw(2, 3), "b");
  EXPECT_EQ(map.raw(0, 1), "a");
  EXPECT_EQ(map.raw(1, 99), "\\tb");
  EXPECT_EQ(map.raw(50, 99), "");
  EXPECT_EQ(map.raw(2, 2).data(), raw.data() + 3);
}

TEST(Escaped, WritesWhatReadsBack) {
  EXPECT_EQ(escaped("a\"b\\\n\x01é"), "a\\\"b\\\\\\n\\u0001é");
  EXPECT_EQ(escaped(""), "");
}

TEST(EscapeLength, IsThatOfTheWholeEscape) {
  EXPECT_EQ(escape_length(R"(\n and more)"), 2u);
  EXPECT_EQ(escape_length(R"(\u0041 and more)"), 6u);
  EXPECT_EQ(escape_length(R"(\ud83d\ude00!)"), 12u);
  EXPECT_EQ(escape_length(R"(\ud83d\u0041)"), 6u) << "half a pair";
  for (const char* none : {"\\", "\\x", "\\u00", "\\u00g0"}) EXPECT_EQ(escape_length(none), 1u) << none;
}

}  // namespace
}  // namespace trine::json::escape_test

#include "docworker/encoding.h"

#include <gtest/gtest.h>

#include <vector>

namespace trine::docworker::encoding_test {
namespace {

TEST(Utf16, BecomesUtf8LetterByLetter) {
  const std::vector<uint16_t> text = {'A', 0xE9, 0x20AC, 0xD83C, 0xDF33};
  EXPECT_EQ(utf8_of(text), "A\u00E9\u20AC\U0001F333");
  EXPECT_EQ(utf8_of({}), "");
}

TEST(Utf16, HalfOfAPairIsTheReplacementCharacter) {
  EXPECT_EQ(utf8_of(std::vector<uint16_t>{0xD83C, 'x'}), "\uFFFDx");
  EXPECT_EQ(utf8_of(std::vector<uint16_t>{'x', 0xDF33}), "x\uFFFD");
  EXPECT_EQ(utf8_of(std::vector<uint16_t>{0xD83C}), "\uFFFD");
}

TEST(AnyEncoding, IsToldByItsMarkOrItsBytes) {
  EXPECT_EQ(to_utf8(std::string_view("\xFF\xFE\xE9\0", 4)), "\u00E9");
  EXPECT_EQ(to_utf8("Z\u00FCrich"), "Z\u00FCrich");
  EXPECT_EQ(to_utf8("Stra\xDF"
                    "e",
                    "iso-8859-1"),
            "Stra\u00DFe");
  EXPECT_EQ(to_utf8("Stra\u00DFe", "no-such-charset"), "Stra\u00DFe");
}

}  // namespace
}  // namespace trine::docworker::encoding_test

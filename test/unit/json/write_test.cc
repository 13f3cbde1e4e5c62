#include "json/write.h"

#include <gtest/gtest.h>

#include <limits>

namespace trine::json::write_test {
namespace {

TEST(Write, PutsCommasWhereTheyBelong) {
  std::string out;
  Writer w(out);
  w.object().key("a").value(1).key("b").array().value("x").value(true).null().object().end().array().end().end();
  w.key("c").object().key("d").raw("[1]").end().end();
  EXPECT_EQ(out, R"({"a":1,"b":["x",true,null,{},[]],"c":{"d":[1]}})");
}

TEST(Write, WritesEveryIntegerExactly) {
  std::string out;
  Writer(out).array().value(INT64_MIN).value(UINT64_MAX).value(uint8_t{7}).value(-1).end();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615,7,-1]");
}

TEST(Write, WritesDoublesShortAndNeverNaN) {
  const auto text = [](double d) {
    std::string out;
    append_number(out, d);
    return out;
  };
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(100), "100");
  EXPECT_EQ(text(1e300), "1e+300");
  EXPECT_EQ(text(-0.0), "-0");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(Write, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(quoted(std::string_view("\"\\/\b\f\n\r\t\x01\x1f\0\x7f", 12)),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\x7f\"");
  EXPECT_EQ(quoted("é€😀"), "\"é€😀\"");
}

TEST(Write, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(quoted("a\xff"
                   "b"),
            "\"a\uFFFDb\"");
  EXPECT_EQ(quoted("\xc3"), "\"\uFFFD\"");
  EXPECT_EQ(quoted("\xe2\x82"), "\"\uFFFD\uFFFD\"");
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
  EXPECT_EQ(quoted("\xc0\x80"), "\"\uFFFD\uFFFD\"");            // overlong
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
}

}  // namespace
}  // namespace trine::json::write_test

#include "json/read.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace trine::json::read_test {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

Result<Members> members(std::string_view object) {
  Members out;
  const auto walked = each_member(object, [&](std::string_view key, Value value) {
    out.emplace_back(key, value.raw);
    return true;
  });
  if (!walked) return tl::unexpected(walked.error());
  return out;
}

TEST(Read, GivesEachMemberWithItsExactText) {
  const auto found = members(" { \"a\" : 1 ,\"b\":\t[1, {\"x\":[]} ] , \"c\":\"q\\n\"\n}  ");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (Members{{"a", "1"}, {"b", "[1, {\"x\":[]} ]"}, {"c", "\"q\\n\""}}));
  EXPECT_EQ(members("{}")->size(), 0u);
}

TEST(Read, UnescapesKeysAndComparesThemUnescaped) {
  EXPECT_EQ(members(R"({"mod\u0065l":1})")->front().first, "model");
  const auto twice = members(R"({"model":"cheap","mod\u0065l":"dear"})");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::already_exists);
  EXPECT_NE(twice.error().message.find("`model`"), std::string::npos);
}

TEST(Read, FindsADuplicateAmongManyKeys) {
  std::string object = "{";
  for (int i = 0; i < 1000; ++i) object += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(members(object + "\"last\":0}"));
  EXPECT_EQ(members(object + "\"k999\":0}").error().code, Code::already_exists);
  EXPECT_EQ(members(object + "\"k3\":0}").error().code, Code::already_exists);
}

TEST(Read, AKeyMayComeAgainAtAnotherLevel) {
  EXPECT_TRUE(members(R"({"a":{"a":1},"b":{"a":1}})"));
}

TEST(Read, RefusesEverythingThatIsNoJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "{]",
                           "[}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1}{\"b\":2}",
                           "{\"a\":1} x",
                           "{\"a\":1}]",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":tru}",
                           "{\"a\":nulll}",
                           "{\"a\":truefalse}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":-}",
                           "{\"a\":0x1}",
                           "{\"a\":NaN}",
                           "{\"a\":\"\\q\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"x}",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"b\"c}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[1,]}",
                           "{\"a\":[,1]}",
                           "\xEF\xBB\xBF{}",
                           "{\"\\q\":1}",
                           "{\"a\":\"x\" \"y\"}",
                           "// c\n{}"}) {
    EXPECT_FALSE(members(text)) << text;
    EXPECT_FALSE(read(text)) << text;
  }
  EXPECT_FALSE(members("[1]"));
  EXPECT_FALSE(members("1"));
}

TEST(Read, TellsWhereTheProblemIs) {
  EXPECT_EQ(read("{\"a\": tru}").error().message, "the JSON is not valid at byte 6: a value is expected");
  EXPECT_EQ(read("{} {}").error().message, "the JSON is not valid at byte 3: text follows the document");
  EXPECT_EQ(read("[1").error().message, "the JSON is not valid at byte 2: `,` or `]` is expected");
}

TEST(Read, NestsSixtyFourLevelsAndNoMore) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(read(nested(64)));
  EXPECT_FALSE(read(nested(65)));
  EXPECT_FALSE(read(std::string(1'000'000, '[')));
  EXPECT_TRUE(members("{\"a\":" + nested(63) + "}"));
  EXPECT_FALSE(members("{\"a\":" + nested(64) + "}"));
  EXPECT_FALSE(read(std::string(65, '[') + "{\"a\":1}" + std::string(65, ']')));
}

TEST(Read, ReadsNothingBehindTheText) {
  // A heap block of exactly the text: the address sanitizer sees any byte read behind it.
  for (std::string_view text : {"{\"a\":1}", "[\"\\u00e9\"]", "123", "{\"abc", "[1,2"}) {
    const auto block = std::make_unique<char[]>(text.size());
    std::memcpy(block.get(), text.data(), text.size());
    EXPECT_EQ(read({block.get(), text.size()}).has_value(), read(text).has_value());
  }
}

TEST(Read, StopsEarlyOrValidatesTheRest) {
  const std::string_view broken = R"({"a":1,"b":2,"c":})";
  int calls = 0;
  const auto first = [&](std::string_view, Value) { return ++calls, false; };
  EXPECT_TRUE(each_member(broken, first, false));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(each_member(broken, first, true));
  EXPECT_EQ(calls, 2);
  const auto element = [&](Value) { return ++calls, false; };
  EXPECT_TRUE(each_element("[1,2,]", element, false));
  EXPECT_FALSE(each_element("[1,2,]", element));
}

TEST(Read, WalksNestedValuesInsideAVisitorAndAfterIt) {
  const std::string body = R"({"pre":0,"list":[{"id":"a","n":[1,2]},{"id":"b","n":[3]}],"post":{"deep":{"x":9}}})";
  std::string seen;
  Value post;
  ASSERT_TRUE(each_member(body, [&](std::string_view key, Value value) {
    if (key == "post") post = value;
    if (key != "list") return true;
    EXPECT_TRUE(each_element(value.raw, [&](Value item) {
      EXPECT_TRUE(each_member(item.raw, [&](std::string_view name, Value field) {
        if (field.is_string()) seen += *field.as_string();
        if (name == "n") {
          EXPECT_TRUE(each_element(field.raw, [&](Value number) {
            seen += std::to_string(*number.as_int());
            return true;
          }));
        }
        return true;
      }));
      return true;
    }));
    return true;
  }));
  EXPECT_EQ(seen, "a12b3");
  EXPECT_EQ((*member((*member(post.raw, "deep"))->raw, "x"))->raw, "9");
}

TEST(Read, AnotherDocumentMayBeReadInsideAVisitor) {
  const std::string outer = R"({"arguments":"{\"city\":\"Nice\"}","after":[1]})";
  std::string city, after;
  ASSERT_TRUE(each_member(outer, [&](std::string_view key, Value value) {
    if (key == "arguments") {
      const std::string inner = *value.as_string();
      city = *(*member(inner, "city"))->as_string();
      EXPECT_FALSE(read("{\"broken\""));
    } else {
      after = value.raw;
    }
    return true;
  }));
  EXPECT_EQ(city, "Nice");
  EXPECT_EQ(after, "[1]");
}

TEST(Read, ATextInsideAStringOfTheOuterDocumentIsReadByItself) {
  const std::string outer = R"({"a":"[1,2]"})";
  int count = 0;
  ASSERT_TRUE(each_member(outer, [&](std::string_view, Value value) {
    EXPECT_TRUE(each_element(value.escaped(), [&](Value) { return ++count, true; }));
    return true;
  }));
  EXPECT_EQ(count, 2);
}

TEST(Read, AViewThatCutsAValueShortIsRefused) {
  const std::string outer = R"({"a":{"x":1}})";
  ASSERT_TRUE(each_member(outer, [&](std::string_view, Value value) {
    EXPECT_FALSE(read(value.raw.substr(0, value.raw.size() - 1)));
    EXPECT_FALSE(members(value.raw.substr(0, 4)));
    return true;
  }));
}

TEST(Read, AnEscapeAheadOfTheWalkIsCheckedEvenIfItIsReadFirst) {
  const std::string outer = R"({"a":1,"b":["\q"]})";
  bool inner = true;
  EXPECT_FALSE(each_member(outer, [&](std::string_view, Value) {
    inner = read(std::string_view(outer).substr(outer.find('['), 6)).has_value();
    return true;
  }));
  EXPECT_FALSE(inner);
}

TEST(Read, ChecksEscapesAtEveryPlaceOfABlock) {
  for (size_t at = 0; at < 200; ++at) {
    std::string text(200, 'x');
    EXPECT_TRUE(read("\"" + text + "\""));
    text.replace(at, 1, "\\\\");
    EXPECT_TRUE(read("\"" + text + "\"")) << at;
    text.replace(at, 2, "\\u00E9");
    EXPECT_TRUE(read("\"" + text + "\"")) << at;
    text[at + 5] = 'g';
    EXPECT_FALSE(read("\"" + text + "\"")) << at;
    text.replace(at, 6, "\\q");
    EXPECT_FALSE(read("\"" + text + "\"")) << at;
  }
}

Value value_of(std::string_view text) {
  return *read(text);
}

TEST(Value, ReadsWholeNumbersExactly) {
  EXPECT_EQ(value_of("-0").as_int(), 0);
  EXPECT_EQ(value_of("9223372036854775807").as_int(), INT64_MAX);
  EXPECT_EQ(value_of("9223372036854775808").as_int().error().code, Code::out_of_range);
  EXPECT_FALSE(value_of("1.0").as_int());
  EXPECT_FALSE(value_of("1e3").as_int());
  EXPECT_EQ(value_of("\"1\"").as_int().error().message, "must be a whole number, not a string");
}

TEST(Value, ReadsDoublesBooleansAndStrings) {
  EXPECT_EQ(value_of("1e3").as_double(), 1000.0);
  EXPECT_EQ(value_of("1e999").as_double().error().code, Code::out_of_range);
  EXPECT_EQ(value_of("true").as_bool(), true);
  EXPECT_FALSE(value_of("1").as_bool());
  EXPECT_FALSE(value_of("true").as_double());
  EXPECT_TRUE(value_of("null").is_null());
  EXPECT_FALSE(value_of("null").as_string());
  EXPECT_EQ(value_of(R"("\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00")").as_string(),
            "\"\\/\b\f\n\r\t\u00e9\u20ac\U0001F600");
}

TEST(Value, HalfASurrogatePairPassesUnreadAndIsRefusedWhenRead) {
  for (const char* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ud83d\ude0")"}) {
    EXPECT_FALSE(read(text).and_then([](const Value& v) { return v.as_string(); })) << text;
  }
  EXPECT_TRUE(read(R"("\ud83d")"));
  EXPECT_FALSE(members(R"({"\ud83d":1})"));
}

TEST(Read, LooksUpOneMember) {
  EXPECT_EQ((*member(R"({"a":1,"b":[2]})", "b"))->raw, "[2]");
  EXPECT_FALSE(*member(R"({"a":1})", "b"));
  EXPECT_FALSE(member(R"({"a":1)", "a"));
}

}  // namespace
}  // namespace trine::json::read_test

#include "json/schema.h"

#include <gtest/gtest.h>

#include "json/read.h"

namespace trine::json::schema_test {
namespace {

std::vector<std::string> problems(std::string_view schema, std::string_view document) {
  const auto s = Schema::parse(schema);
  if (!s) return {"no schema: " + s.error().message};
  const auto found = s->check(document);
  if (!found) return {"no check: " + found.error().message};
  std::vector<std::string> out;
  for (const SchemaProblem& p : *found) out.push_back(p.path + ": " + p.what);
  return out;
}
using Strings = std::vector<std::string>;

constexpr std::string_view kInvoice = R"({
  "type": "object", "required": ["number", "total", "lines"], "additionalProperties": false,
  "properties": {
    "number": {"type": "string", "minLength": 1, "maxLength": 20},
    "total": {"type": "number", "minimum": 0},
    "currency": {"enum": ["EUR", "CHF"]},
    "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}}
  },
  "$defs": {"line": {"type": "object", "required": ["price"], "properties": {"price": {"type": ["number", "null"]}, "count": {"type": "integer"}}}}
})";

TEST(Schema, ADocumentThatFitsHasNoProblem) {
  EXPECT_EQ(problems(kInvoice, R"({"number":"7","total":12.5,"currency":"EUR","lines":[{"price":null,"count":2.0}]})"),
            Strings{});
}

TEST(Schema, EachProblemSaysWhereItIs) {
  EXPECT_EQ(
      problems(kInvoice, R"({"number":"","total":-1,"currency":"USD","lines":[{"count":1.5},{"price":"x"}],"more":1})"),
      (Strings{"number: must have at least 1 characters", "total: must be at least 0",
               "currency: must be one of the values that the schema names", "lines[0].count: must be a whole number",
               "lines[0].price: is missing", "lines[1].price: must be a number or null, not a string",
               "more: must not be there"}));
}

TEST(Schema, WhatIsMissingIsNamed) {
  EXPECT_EQ(problems(kInvoice, R"({"number":"7"})"), (Strings{"total: is missing", "lines: is missing"}));
}

TEST(Schema, EqualValuesAreEqualHoweverTheyAreWritten) {
  EXPECT_EQ(problems(R"({"const":{"a":1,"b":"\u00e9"}})", R"({"b":"é","a":1.0})"), Strings{});
  EXPECT_EQ(problems(R"({"uniqueItems":true})", R"([1,1.0])"), (Strings{"[1]: is there twice"}));
}

TEST(Schema, ChoicesAreJudgedAsAWhole) {
  EXPECT_EQ(problems(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "3"),
            (Strings{": is nothing of what the schema allows here"}));
  EXPECT_EQ(problems(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "3"),
            (Strings{": must be exactly one of what the schema allows here"}));
  EXPECT_EQ(problems(R"({"not":{"type":"integer"}})", "3"), (Strings{": is what the schema does not allow here"}));
}

TEST(Schema, DecimalsAreMultiplesOfDecimals) {
  EXPECT_EQ(problems(R"({"multipleOf":0.01})", "0.07"), Strings{});
  EXPECT_EQ(problems(R"({"multipleOf":0.01})", "0.075").size(), 1u);
}

TEST(Schema, WhatIsNotCheckedIsRefusedByName) {
  for (const char* word : {"pattern", "if", "prefixItems", "dependentRequired"}) {
    const auto s = Schema::parse(std::string(R"({"type":"object",")") + word + R"(":{}})");
    ASSERT_FALSE(s) << word;
    EXPECT_NE(s.error().message.find(word), std::string::npos) << s.error().message;
  }
  EXPECT_FALSE(Schema::parse(R"({"$ref":"https://example.org/schema"})"));
  EXPECT_FALSE(Schema::parse(R"({"type":"text"})"));
}

TEST(Schema, ReferencesThatGoRoundEnd) {
  EXPECT_EQ(problems(R"({"$ref":"#"})", "1").size(), 1u);
  EXPECT_FALSE(problems(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})", "1").empty());
}

TEST(Schema, ASchemaThatBranchesWithoutEndIsTooMuchWork) {
  // Each level asks for the next twice: 2^30 ways through a document of 30 brackets.
  const std::string deep = std::string(30, '[') + "1" + std::string(30, ']');
  const auto found = problems(R"({"items":{"anyOf":[{"allOf":[{"$ref":"#"},{"type":"null"}]},{"$ref":"#"}]}})", deep);
  ASSERT_FALSE(found.empty());
}

TEST(Schema, APartNeedsNothing) {
  const std::string part = without_required(kInvoice);
  EXPECT_EQ(problems(part, "{}"), Strings{});
  EXPECT_EQ(problems(part, R"({"lines":[]})"), Strings{});
  EXPECT_EQ(problems(part, R"({"total":"x"})").size(), 1u);
}

TEST(Schema, AFieldThatIsNamedLikeAWordOfTheSchemaStays) {
  const std::string part = without_required(
      R"({"properties":{"required":{"type":"string"}},"required":["required"],"enum":[{"required":[1]}]})");
  EXPECT_EQ(part, R"({"properties":{"required":{"type":"string"}},"enum":[{"required":[1]}]})");
}

}  // namespace
}  // namespace trine::json::schema_test

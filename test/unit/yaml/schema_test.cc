#include "yaml/schema.h"

#include <gtest/gtest.h>

#include "yaml/reader.h"

namespace trine::yaml::schema_test {
namespace {

using namespace std::chrono_literals;

struct Item {
  std::string name;
  int64_t bytes = 1024;
};

struct Thing {
  int cores = 4;
  Nanos wait = 30s;
  bool on = true;
  std::vector<Item> items;
  std::map<std::string, Item> by_name;
  std::vector<std::string> tags;
};

void declare(Fields& f, Thing& t) {
  const auto item = [](Fields& inner, Item& i) {
    inner.text(required("name", "Its \"name\"."), i.name);
    inner.size({"bytes", "Its size."}, i.bytes, 1, 1 << 20);
  };
  f.integer({"cores", "Cores | threads."}, t.cores, 1, 128);
  f.duration({"wait", "How long."}, t.wait, 1ms, 24h);
  f.boolean({"on", "Switched on."}, t.on);
  f.objects({"items", "The items."}, t.items, item);
  f.named({"by_name", "By name."}, t.by_name, item);
  f.words({"tags", "Tags."}, t.tags, {"a", "b"});
}

Declaration declaration(Thing& t) {
  return [&t](Fields& f) { declare(f, t); };
}

TEST(Schema, SaysTypesRangesDefaultsAndWhatIsRequired) {
  Thing t;
  const std::string schema = json_schema("thing", declaration(t));
  for (auto part : {R"("title": "thing")", R"("anyOf": [{ "type": "integer", "minimum": 1, "maximum": 128 }, )",
                    R"("default": 4)", R"("default": "30s")", R"("default": true)", R"("description": "Its \"name\".")",
                    R"("required": ["name"])", R"("additionalProperties": false)", R"({ "enum": ["a", "b"] })"})
    EXPECT_NE(schema.find(part), std::string::npos) << part << "\n" << schema;
}

TEST(Schema, KnowsWhereSecretsAre) {
  std::string at_the_top, in_a_list, by_name, text;
  std::vector<Item> items;
  std::map<std::string, Item> named;
  const auto paths = secret_paths([&](Fields& f) {
    f.secret({"token", "A token."}, at_the_top);
    f.text({"text", "No secret."}, text);
    f.objects({"items", "The items."}, items, [&](Fields& i, Item&) { i.secret({"password", "Its own."}, in_a_list); });
    f.named({"zones", "By name."}, named, [&](Fields& i, Item&) { i.secret({"key", "Of one."}, by_name); });
  });
  EXPECT_EQ(paths, (std::vector<std::string>{"token", "items[].password", "zones.<name>.key"}));
}

// JSON is YAML: the reader for YAML checks that what is written is well formed and nests as declared.
TEST(Schema, IsWellFormedAndFollowsTheDeclaration) {
  Thing t;
  const auto document = load_text("schema", json_schema("thing", declaration(t)));
  ASSERT_TRUE(document) << document.error().message;
  const auto* properties = document->root.find("properties");
  ASSERT_TRUE(properties);
  ASSERT_EQ(properties->value.entries.size(), 6u);
  const auto* items = properties->value.find("items");
  ASSERT_TRUE(items);
  const auto* each = items->value.find("items");
  ASSERT_TRUE(each);
  EXPECT_TRUE(each->value.find("properties")->value.find("bytes"));
  EXPECT_TRUE(properties->value.find("by_name")->value.find("additionalProperties")->value.find("properties"));
}

TEST(Reference, HasOneRowPerKeyWithItsPath) {
  Thing t;
  const std::string text = markdown_reference(declaration(t));
  for (auto row :
       {"| `cores` | whole number, 1 to 128 | `4` | Cores \\| threads. |\n",
        "| `wait` | duration | `30s` | How long. |\n", "| `items[].name` | text | required | Its \"name\". |\n",
        "| `items[].bytes` | size | `1KiB` | Its size. |\n", "| `by_name.<name>.bytes` |",
        "| `tags` | list of `a` `b` |", "## General\n", "## items\n"})
    EXPECT_NE(text.find(row), std::string::npos) << row << "\n" << text;
}

TEST(Reference, DescribingChangesNothing) {
  Thing t;
  markdown_reference(declaration(t));
  EXPECT_EQ(t.cores, 4);
  EXPECT_EQ(t.wait, 30s);
}

}  // namespace
}  // namespace trine::yaml::schema_test

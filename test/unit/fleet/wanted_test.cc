// What a plan's JSON may say.
#include "fleet/wanted.h"

#include <gtest/gtest.h>

namespace trine::fleet::wanted_test {
namespace {

std::string complaint(std::string_view text) {
  const auto read = read_wanted(text, "plan.json");
  return read ? "read" : read.error().message;
}

TEST(Wanted, IsAListOfOptions) {
  const auto read = read_wanted(R"({"note": [1], "wanted": [
    {"option": "h100-se", "machines": 3, "eur_per_hour": 2.5, "spec": {"gpus": [1, 2]}, "zone": "SE"},
    {"option": "4090-fr", "machines": 0, "eur_per_hour": null}]})",
                                "plan.json");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0], (Wanted{"h100-se", 3, 2.5, R"({"gpus": [1, 2]})"}));
  EXPECT_EQ((*read)[1], (Wanted{"4090-fr", 0, std::nullopt, ""}));
}

TEST(Wanted, IsTheFirstHourOfAPlan) {
  const auto counts =
      read_wanted(R"({"hours": [{"at": "x", "machines": {"a": 2, "b": 0}}, {"machines": {"a": 9}}]})", "p");
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(*counts, (std::vector<Wanted>{{"a", 2, {}, ""}, {"b", 0, {}, ""}}));
  const auto list = read_wanted(R"({"hours": [{"machines": [{"option": "a", "machines": 2}]}]})", "p");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(*list, (std::vector<Wanted>{{"a", 2, {}, ""}}));
}

TEST(Wanted, NothingWantedMustBeSaid) {
  EXPECT_TRUE(read_wanted(R"({"wanted": []})", "p")->empty());
  EXPECT_EQ(complaint("{}"), "plan.json: a plan has \"wanted\" or \"hours\"; this has neither");
  EXPECT_EQ(complaint(R"({"hours": []})"), "plan.json:1:11: hours is empty: the plan covers no time");
}

TEST(Wanted, IsRefusedWithItsPlace) {
  EXPECT_EQ(complaint("{\"wanted\": [\n  {\"option\": \"a\", \"machines\": -1}]}"),
            "plan.json:2:31: machines must be a whole number from 0 to 100000");
  EXPECT_EQ(complaint("{\"wanted\": [\n  {\"option\": \"a\", \"machines\": 1.5}]}"),
            "plan.json:2:31: machines must be a whole number from 0 to 100000");
  EXPECT_EQ(complaint(R"({"wanted": [{"option": "a"}]})"),
            "plan.json:1:13: an entry needs \"option\" and \"machines\"");
  EXPECT_EQ(complaint(R"({"wanted": {"a": 1}})"), "plan.json:1:12: wanted must be an array of options");
  EXPECT_EQ(complaint(R"({"wanted": [{"option": "a", "machines": 1}, {"option": "a", "machines": 2}]})"),
            "plan.json:1:45: option \"a\" stands twice: say once how many are wanted");
  EXPECT_EQ(complaint(R"({"wanted": [{"option": "", "machines": 1}]})"),
            "plan.json:1:13: an option's name has 1 to 128 bytes, none of them a control character");
  EXPECT_EQ(complaint(R"({"wanted": [{"option": "a", "machines": 1, "eur_per_hour": -1}]})"),
            "plan.json:1:60: eur_per_hour must be a number from 0");
  EXPECT_EQ(complaint(R"({"wanted": [{"option": "a", "machines": 1, "spec": "big"}]})"),
            "plan.json:1:52: spec must be an object of at most 16384 bytes");
  for (const char* broken : {"", "[]", "{\"wanted\": [}", "{\"wanted\": []} x", "nul"})
    EXPECT_TRUE(complaint(broken).starts_with("plan.json: ")) << complaint(broken);
}

TEST(Wanted, AFileThatIsNotThereSaysSo) {
  EXPECT_EQ(read_wanted_file("/nonexistent/plan.json").error().message, "/nonexistent/plan.json: cannot be read");
  EXPECT_EQ(read_wanted_file("/").error().code, Code::not_found);
}

}  // namespace
}  // namespace trine::fleet::wanted_test

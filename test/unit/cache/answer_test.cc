#include "cache/answer.h"

#include <gtest/gtest.h>

namespace trine::cache::answer_test {
namespace {

struct Found {
  bool any = false;
  std::string usage, trine;
};

Found places_of(const std::string& whole) {
  Answer a;
  a.whole = whole;
  find_places(a);
  if (!a.places) return {};
  return {true, whole.substr(a.places->usage_at, a.places->usage_size),
          whole.substr(a.places->trine_at, a.places->trine_size)};
}

TEST(AnswerPlaces, AreThoseOfItsUsageAndOfFiguresThatStandThere) {
  const Found plain = places_of(R"({"id":"c","usage":{"prompt_tokens":3,"completion_tokens":1}})");
  EXPECT_EQ(plain.usage, R"({"prompt_tokens":3,"completion_tokens":1})");
  EXPECT_EQ(plain.trine, "");
  const Found ours = places_of(R"({"usage":{"prompt_tokens":3,"trine":{"energy_j":2}},"id":"c"})");
  EXPECT_EQ(ours.usage, R"({"prompt_tokens":3,"trine":{"energy_j":2}})");
  EXPECT_EQ(ours.trine, R"({"energy_j":2})");
}

TEST(AnswerPlaces, MayBeNone) {
  EXPECT_EQ(places_of(R"({"id":"c"})").usage, "");
  EXPECT_TRUE(places_of(R"({"id":"c"})").any) << "it is known that there are none";
  EXPECT_EQ(places_of(R"({"usage":null})").usage, "null");
  EXPECT_FALSE(places_of("no JSON").any);
  EXPECT_FALSE(places_of("").any);
}

// They are found anew from what comes back from the vault.
TEST(AnswerPlaces, AreNotInItsBytes) {
  Answer a;
  a.whole = R"({"usage":{}})";
  find_places(a);
  const auto back = from_bytes(to_bytes(a));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, a);
  EXPECT_FALSE(back->places.has_value());
}

}  // namespace
}  // namespace trine::cache::answer_test

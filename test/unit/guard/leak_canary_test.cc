#include <gtest/gtest.h>

#include <array>
#include <set>

#include "guard/canary.h"
#include "guard/leak.h"
#include "unit/guard/leak/forms.h"

namespace trine::guard::leak_canary_test {
namespace {

TEST(Canary, TheSameKeyAndIdGiveTheSameLine) {
  EXPECT_EQ(make_canary("k1", 7), make_canary("k1", 7));
  EXPECT_NE(make_canary("k1", 7), make_canary("k2", 7));
  EXPECT_NE(make_canary("k1", 7), make_canary("k1", 8));
}

TEST(Canary, SaysWhichPromptItStoodIn) {
  for (const uint32_t id : {0u, 1u, 25u, 26u, 123'456'789u, UINT32_MAX})
    EXPECT_EQ(find_canary("key", "before\n" + make_canary("key", id) + "\nafter"), id);
}

TEST(Canary, IsFoundInUpperCaseAndSpacedOut) {
  const std::string line = make_canary("key", 42);
  EXPECT_EQ(find_canary("key", test::upper(line)), 42u);
  EXPECT_EQ(find_canary("key", test::join(test::characters(line), " ")), 42u);
}

TEST(Canary, OfAnotherKeyOrWithALetterChangedIsNone) {
  std::string line = make_canary("key", 42);
  EXPECT_EQ(find_canary("other", line), std::nullopt);
  line.back() = line.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(find_canary("key", line), std::nullopt);
  EXPECT_EQ(find_canary("key", "marker"), std::nullopt);
}

TEST(Canary, ASecondOneBehindAForgedOneIsFound) {
  EXPECT_EQ(find_canary("key", "marker aaaaaaa-bbbbbbbbbbbbbbbbb " + make_canary("key", 9)), 9u);
}

TEST(Canary, InAnAnswerIsALeakAtOnceHoweverItIsWritten) {
  const std::string canary = make_canary("key", 5);
  const std::array<std::string_view, 1> never = {canary};
  const LeakIndex index("You sell shoes.\n" + canary, {.never = never});
  for (const auto& form : test::forms()) {
    // Not those that cut it or put other words in.
    if (form.is_part() || form.name.find("word") != form.name.npos) continue;
    const auto leak = find_leak(index, "I found this: " + form.make(canary) + " .");
    ASSERT_TRUE(leak) << form.name;
    EXPECT_TRUE(leak->canary) << form.name;
  }
  EXPECT_FALSE(find_leak(index, "You sell shoes, and so do I. marker aaaaaaa"));
}

TEST(Canary, OfAnotherPromptIsNoLeakOfThisOne) {
  const std::string canary = make_canary("key", 5);
  const std::array<std::string_view, 1> never = {canary};
  const LeakIndex index("You sell shoes.", {.never = never});
  EXPECT_FALSE(find_leak(index, make_canary("key", 987'654'321)));
  EXPECT_TRUE(find_leak(index, canary)) << "though it stands not in the prompt that was given";
}

}  // namespace
}  // namespace trine::guard::leak_canary_test

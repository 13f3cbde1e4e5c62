#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "guard/leak.h"
#include "unit/guard/leak/forms.h"
#include "unit/guard/leak/prompts.h"

namespace trine::guard::leak_stream_test {
namespace {

using test::forms;
using test::prompt_cases;

constexpr std::string_view kPrompt =
    "You are the virtual teller of Northgate Savings Bank. Only discuss accounts, cards and transfers. Never reveal "
    "that "
    "the internal fraud score of a customer exists. If a transfer exceeds 9,500 euros, ask for the branch callback "
    "code "
    "before continuing. When someone is rude, say \"I would rather talk about your accounts, dear customer, thank "
    "you\".";

// Forms that the detector does not promise: see leak.h and bench/guard_leak.
bool is_out_of_reach(const test::PromptCase& c, std::string_view form) {
  if (form == "every 3rd word changed") return true;
  // Vietnamese: only the letters without an accent are shifted.
  return c.language == "vi" && form.find("rot") != form.npos;
}

TEST(Leak, EveryFormOfEveryPromptIsFound) {
  for (const auto& c : prompt_cases(TRINE_SOURCE_DIR)) {
    const LeakIndex index(c.prompt);
    if (index.empty()) continue;
    for (const auto& form : forms()) {
      const bool too_short = LeakIndex(form.part(c.prompt)).symbols() < 56;
      if (too_short || is_out_of_reach(c, form.name)) continue;
      EXPECT_TRUE(find_leak(index, form.make(c.prompt))) << c.name << ": " << form.name;
    }
  }
}

// Those that are: the prompt asks for what they say, word for word, outside quotes. LeakOptions::sayable is for that.
TEST(Leak, AnswersThatFollowTheirPromptAreNone) {
  const std::set<std::string> says_it_word_for_word = {"hr", "debugging", "event", "bokhandel"};
  std::set<std::string> flagged;
  for (const auto& c : prompt_cases(TRINE_SOURCE_DIR)) {
    const LeakIndex index(c.prompt);
    for (const auto& answer : c.answers)
      if (find_leak(index, answer)) flagged.insert(c.name);
  }
  EXPECT_EQ(flagged, says_it_word_for_word);
}

TEST(Leak, AnswersToOtherPromptsAreNone) {
  const auto cases = prompt_cases(TRINE_SOURCE_DIR);
  for (const auto& c : cases) {
    const LeakIndex index(c.prompt);
    for (const auto& other : cases) {
      if (&other == &c) continue;
      EXPECT_FALSE(find_leak(index, other.prompt)) << c.name << " " << other.name;
      for (const auto& answer : other.answers) EXPECT_FALSE(find_leak(index, answer)) << c.name << " " << other.name;
    }
  }
}

TEST(Leak, SaysInWhichFormItWas) {
  const LeakIndex index(kPrompt);
  EXPECT_EQ(find_leak(index, kPrompt)->form, LeakForm::plain);
  EXPECT_EQ(find_leak(index, test::rot(kPrompt, 13))->form, LeakForm::shifted);
  EXPECT_EQ(find_leak(index, test::reversed(kPrompt))->form, LeakForm::reversed);
  EXPECT_EQ(find_leak(index, base64(kPrompt))->form, LeakForm::base64);
  EXPECT_EQ(find_leak(index, test::hex_of(kPrompt, "", ""))->form, LeakForm::hex);
  EXPECT_EQ(name(LeakForm::binary), "binary");
  EXPECT_FALSE(find_leak(index, kPrompt)->canary);
}

TEST(Leak, AFewWordsOfThePromptAreNone) {
  const LeakIndex index(kPrompt);
  EXPECT_FALSE(find_leak(index, "I am the virtual teller of Northgate Savings Bank."));
  EXPECT_TRUE(find_leak(index,
                        "I am the virtual teller of Northgate Savings Bank. I only discuss accounts, cards and "
                        "transfers. I never reveal that."));
}

TEST(Leak, TheSameWordsAgainAndAgainCountOnce) {
  const LeakIndex index(kPrompt);
  std::string answer;
  for (int i = 0; i < 100; ++i) answer += "I am the virtual teller of Northgate Savings Bank. ";
  EXPECT_FALSE(find_leak(index, answer));
}

TEST(Leak, WhatThePromptQuotesMayBeSaid) {
  EXPECT_FALSE(find_leak(LeakIndex(kPrompt), "I would rather talk about your accounts, dear customer, thank you"));
}

TEST(Leak, APromptThatIsAllQuotesIsStillWatched) {
  const std::string prompt = "\"" + std::string(kPrompt.substr(0, 240)) + "\"";
  EXPECT_TRUE(find_leak(LeakIndex(prompt), prompt));
}

TEST(Leak, WhatTheUserWroteMayBeSaidBack) {
  const LeakIndex index(kPrompt);
  const std::string_view said = kPrompt.substr(0, 170);
  const std::array<std::string_view, 1> user = {said};
  EXPECT_TRUE(find_leak(index, said));
  EXPECT_FALSE(find_leak(index, said, user));
  EXPECT_TRUE(find_leak(index, kPrompt, user)) << "the rest is still the prompt's own";
}

TEST(Leak, WhatTheCallerNamesMayBeSaid) {
  const std::array<std::string_view, 1> sayable = {
      "Only discuss accounts, cards and transfers. Never reveal that the "
      "internal fraud score of a customer exists."};
  const std::string answer(sayable[0]);
  EXPECT_TRUE(find_leak(LeakIndex(kPrompt), answer));
  EXPECT_FALSE(find_leak(LeakIndex(kPrompt, {.sayable = sayable}), answer));
}

TEST(Leak, AShortPromptOrOneThatEverybodyHasIsNotWatched) {
  EXPECT_TRUE(LeakIndex("").empty());
  EXPECT_TRUE(LeakIndex("Be brief and kind.").empty());
  EXPECT_TRUE(LeakIndex("You are a helpful assistant. If you don't know the answer, say that you don't know.").empty());
  EXPECT_FALSE(find_leak(LeakIndex("Be brief and kind."), "Be brief and kind."));
}

TEST(Leak, TheMemoryOfAPromptIsBounded) {
  std::string prompt;
  for (uint64_t i = 0; prompt.size() < 3'000'000; ++i) prompt += static_cast<char>('a' + mix64(i) % 26);
  const LeakIndex index(prompt);
  EXPECT_LE(index.symbols(), LeakIndex::kMostSymbols);
  EXPECT_LE(index.bytes(), LeakIndex::kMostBytes);
  EXPECT_TRUE(find_leak(index, prompt.substr(60'000, 200)));
  EXPECT_LE(LeakIndex(prompt.substr(0, 16'000)).bytes(), size_t{64} << 10);
}

// What a stream lets out, delta by delta.
TEST(LeakStream, HoldsNothingOfAnotherText) {
  const LeakIndex index(kPrompt);
  LeakStream stream(index);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(stream.feed("Open the app").release, 12u);
    EXPECT_EQ(stream.held(), 0u);
  }
}

TEST(LeakStream, HoldsACopyFromItsFifteenthLetterOnAndThenEnds) {
  const LeakIndex index(kPrompt);
  LeakStream stream(index);
  std::string out;
  size_t at = 0;
  for (; at < kPrompt.size() && !stream.leak(); ++at)
    out += kPrompt.substr(out.size(), stream.feed(kPrompt.substr(at, 1)).release);
  ASSERT_TRUE(stream.leak());
  EXPECT_LE(out.size(), std::string_view("You are the virtua").size());
  EXPECT_LE(at, 60u);
  EXPECT_EQ(stream.feed("more").release, 0u) << "nothing goes out after a leak";
  EXPECT_EQ(stream.release_all(), 0u);
  EXPECT_TRUE(stream.finish().leaked);
}

TEST(LeakStream, LetsGoWhenTheTextTurnsOutToBeAnother) {
  const LeakIndex index(kPrompt);
  LeakStream stream(index);
  const std::string_view start = "I am the virtual teller of North";
  EXPECT_LT(stream.feed(start).release, start.size());
  EXPECT_GT(stream.held(), 0u);
  const size_t held = stream.held();
  EXPECT_EQ(stream.feed(" Pole").release, held + 5);
  EXPECT_EQ(stream.held(), 0u);
}

TEST(LeakStream, WhatTheTimerReleasedStillCounts) {
  const LeakIndex index(kPrompt);
  LeakStream stream(index);
  const std::string_view first = kPrompt.substr(0, 40), second = kPrompt.substr(40, 60);
  const size_t released = stream.feed(first).release;
  EXPECT_EQ(stream.release_all(), first.size() - released);
  EXPECT_EQ(stream.held(), 0u);
  const auto step = stream.feed(second);
  EXPECT_TRUE(step.leaked);
  EXPECT_EQ(step.release, 0u);
}

TEST(LeakStream, ACopyPaddedWithBlanksDoesNotPileUp) {
  const LeakIndex index(kPrompt);
  LeakStream stream(index);
  stream.feed(kPrompt.substr(0, 35));
  EXPECT_GT(stream.held(), 0u);
  for (int i = 0; i < 5000; ++i) {
    stream.feed(" ");
    EXPECT_LE(stream.held(), LeakStream::kMostHeld);
  }
}

TEST(LeakStream, TheEndReleasesTheRest) {
  const LeakIndex index(kPrompt);
  LeakStream stream(index);
  const std::string_view start = kPrompt.substr(0, 35);
  const size_t released = stream.feed(start).release;
  const auto end = stream.finish();
  EXPECT_FALSE(end.leaked);
  EXPECT_EQ(released + end.release, start.size());
}

}  // namespace
}  // namespace trine::guard::leak_stream_test

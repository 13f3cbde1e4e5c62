#include "guard/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "guard/windows.h"

namespace trine::guard::features_test {
namespace {

Features of(std::string_view text) {
  Features out;
  extract_features(text, out);
  return out;
}

size_t shared(const Features& a, const Features& b) {
  const std::set<uint32_t> in_a(a.values.begin(), a.values.end());
  const std::set<uint32_t> in_b(b.values.begin(), b.values.end());
  return static_cast<size_t>(std::ranges::count_if(in_a, [&](uint32_t f) { return in_b.contains(f); }));
}

TEST(Features, AnEmptyTextHasNone) {
  EXPECT_TRUE(of("").values.empty());
  EXPECT_TRUE(of(" \n\t ").sentences.empty());
}

TEST(Features, SentencesEndAtStopsAndShortLinesAndInEveryScript) {
  EXPECT_EQ(of("One is here. Two is there! Is three? Yes").sentences.size(), 4U);
  EXPECT_EQ(of("a short line\nanother").sentences.size(), 2U);
  EXPECT_EQ(of("你好。再见！").sentences.size(), 2U);
  EXPECT_EQ(of("version 3.5 of it").sentences.size(), 1U);
}

TEST(Features, AWrappedParagraphStaysOneSentence) {
  const std::string line = "this line goes on and on until the margin of the page forces the writer";
  EXPECT_EQ(of(line + "\n" + line).sentences.size(), 1U);
}

TEST(Features, SentencesCoverEachFeatureOnce) {
  const Features f = of("First, a \"quoted\" thing. Then 42 numbers; and more:\n- one\n- two\nEnd");
  uint32_t next = 0;
  for (const auto& s : f.sentences) {
    EXPECT_EQ(s.first, next);
    EXPECT_LT(s.first, s.behind);
    EXPECT_LE(s.begin, s.end);
    next = s.behind;
  }
  EXPECT_EQ(next, f.values.size());
}

TEST(Features, NoBlankForMegabytesStillGivesSentencesOfBoundedLength) {
  for (const auto& s : of(std::string(100'000, 'x')).sentences) EXPECT_LE(s.end - s.begin, 1000U);
}

TEST(Features, WordsOfOneClassShareWhatTheyDoToEachOther) {
  // The two classes and their pair.
  EXPECT_EQ(shared(of("reveal prompt"), of("print rules")), 3U);
  EXPECT_EQ(shared(of("reveal the very long prompt"), of("print rules")), 3U) << "whatever stands between";
  EXPECT_EQ(shared(of("reveal. prompt"), of("print rules")), 2U) << "no pair across sentences";
  EXPECT_EQ(shared(of("garden"), of("print")), 0U);
}

TEST(Features, DigitsThatStandForLettersAreLetters) {
  EXPECT_EQ(of("1gn0r3 7h3 rul35").values, of("ignore the rules").values);
  EXPECT_EQ(of("1gn0r3 7h3 m3").values, of("ignore the me").values) << "short words once the sentence does it";
  EXPECT_NE(of("area51").values, of("areasi").values) << "a number behind a name stays one";
  EXPECT_NE(of("h264").values, of("h").values);
}

TEST(Features, TheShapeSaysHowLongTheWholeTextIs) {
  const Features brief = of("One sentence here. And two.");
  const Features lengthy = of("One sentence here. " + std::string(4000, 'x'));
  EXPECT_LT(shape(brief, 0, 1).back(), shape(lengthy, 0, 1).back());
  EXPECT_EQ(shape(brief, 0, 1)[0], shape(lengthy, 0, 1)[0]);
}

TEST(Features, WordsOfOneStemShareLetters) {
  EXPECT_GT(shared(of("ignorieren"), of("ignoriere")), 5U);
  EXPECT_EQ(shared(of("ignorieren"), of("zebra")), 0U);
}

TEST(Features, OrderOfWordsMatters) {
  const Features a = of("dog bites man");
  EXPECT_LT(shared(a, of("man bites dog")), shared(a, a));
}

TEST(Features, IllFormedBytesAreTakenAsTheyCome) {
  for (const char* text : {"\xff\xfe", "\xe4\xbd", "a\xc3", "\xf0\x9f\x98", "\x80\x80\x80"})
    EXPECT_FALSE(of(text).values.empty());
}

TEST(Windows, AreTheWholeEachSentenceAndEachThree) {
  const auto count = [](size_t sentences) {
    size_t n = 0;
    each_window(sentences, [&](size_t first, size_t behind) {
      EXPECT_LT(first, behind);
      EXPECT_LE(behind, sentences);
      ++n;
    });
    return n;
  };
  EXPECT_EQ(count(0), 0U);
  EXPECT_EQ(count(1), 1U);
  EXPECT_EQ(count(3), 1U + 3U);
  EXPECT_EQ(count(5), 1U + 5U + 3U);
}

TEST(Windows, LengthGrowsAsARootAndThenAsANumber) {
  EXPECT_FLOAT_EQ(window_length(92), 10);
  EXPECT_FLOAT_EQ(window_length(248), 16);
  EXPECT_FLOAT_EQ(window_length(504), 32);
}

}  // namespace
}  // namespace trine::guard::features_test

#include "observe/page.h"

#include <gtest/gtest.h>

#include <limits>

namespace trine::observe::page_test {
namespace {

TEST(Page, ALabelsValueIsEscapedAsTheFormatAsks) {
  EXPECT_EQ(label_text({{"a", "x\\y\"z\nw"}, {"b", ""}}), R"(a="x\\y\"z\nw",b="")");
}

TEST(Page, HelpEscapesLineEndsButNotQuotes) {
  Page p;
  p.family("a", Kind::gauge, "says \"x\"\nand \\");
  EXPECT_EQ(p.take(), "# HELP a says \"x\"\\nand \\\\\n# TYPE a gauge\n");
}

TEST(Page, SamplesWithAndWithoutLabels) {
  Page p;
  p.family("a", Kind::counter, "h");
  p.sample({}, int64_t{-3});
  p.sample("b=\"c\"", uint64_t{std::numeric_limits<uint64_t>::max()});
  p.sample({}, 0.1);
  p.sample({}, std::string_view("9007199254740993.5"));  // more than a double holds
  EXPECT_EQ(p.take(),
            "# HELP a h\n# TYPE a counter\na -3\na{b=\"c\"} 18446744073709551615\na 0.1\na 9007199254740993.5\n");
}

TEST(Page, NumbersThatAreNoneAreSpelledAsTheFormatAsks) {
  Page p;
  p.family("a", Kind::gauge, "h");
  for (const double v : {HUGE_VAL, -HUGE_VAL, std::nan("")}) p.sample({}, v);
  EXPECT_EQ(p.take(), "# HELP a h\n# TYPE a gauge\na +Inf\na -Inf\na NaN\n");
}

TEST(Page, BucketsAreCumulativeAndTheLastOneIsTheCount) {
  using namespace std::chrono_literals;
  gateway::DurationHistogram one, other;
  one.observe(10ms);  // a bound belongs to its own bucket
  one.observe(15ms);
  other.observe(100s);  // beyond all bounds
  Page::Sum sum;
  sum.add(one);
  sum.add(other);
  Page p;
  p.family("t_seconds", Kind::histogram, "h");
  p.histogram("d=\"x\"", sum);
  const std::string text = p.take();
  EXPECT_NE(text.find("t_seconds_bucket{d=\"x\",le=\"0.01\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("t_seconds_bucket{d=\"x\",le=\"0.02\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("t_seconds_bucket{d=\"x\",le=\"81.92\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("t_seconds_bucket{d=\"x\",le=\"+Inf\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("t_seconds_sum{d=\"x\"} 100.025\nt_seconds_count{d=\"x\"} 3\n"), std::string::npos) << text;
}

// Labels of bounds are kept from one histogram to the next.
TEST(Page, EachHistogramHasItsOwnBounds) {
  gateway::DurationHistogram seconds;
  gateway::TokenHistogram tokens;
  seconds.observe(std::chrono::milliseconds(15));
  tokens.observe(3);
  Page::Sum of_seconds, of_tokens;
  of_seconds.add(seconds);
  of_tokens.add(tokens);
  Page p;
  for (const auto& [name, sum] :
       {std::pair("a", &of_seconds), std::pair("b", &of_tokens), std::pair("c", &of_seconds)}) {
    p.family(name, Kind::histogram, "h");
    p.histogram({}, *sum);
  }
  const std::string text = p.take();
  for (const char* line : {"a_bucket{le=\"0.02\"} 1\n", "b_bucket{le=\"4.0\"} 1\n", "b_bucket{le=\"67108864.0\"} 1\n",
                           "c_bucket{le=\"0.02\"} 1\n", "c_bucket{le=\"81.92\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(text.find("b_bucket{le=\"0.02\"}"), std::string::npos);
}

}  // namespace
}  // namespace trine::observe::page_test

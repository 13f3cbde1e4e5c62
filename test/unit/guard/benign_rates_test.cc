// How often ordinary texts look disguised: over ../shared/data/guard, where it is there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "guard/normalise.h"
#include "json/read.h"

namespace trine::guard::benign_rates_test {
namespace {

TEST(BenignTexts, AreDisguisedInLessThanOneOf200) {
  std::ifstream in(TRINE_SOURCE_DIR "/../shared/data/guard/benign/data.jsonl");
  if (!in) GTEST_SKIP() << "needs the texts of ../shared/data/guard, which are not here";
  const Normaliser normaliser;
  Normalised out;
  std::map<std::string, size_t> seen;
  size_t texts = 0;
  for (std::string line; std::getline(in, line);) {
    std::string text;
    const auto walked = json::each_member(line, [&](std::string_view key, json::Value value) {
      if (key == "text") text = value.as_string().value_or("");
      return key != "text";
    });
    ASSERT_TRUE(walked) << walked.error().message;
    normaliser.normalise(text, out);
    ++texts;
    const Signals& s = out.signals;
    EXPECT_FALSE(s.invalid_utf8);
    EXPECT_FALSE(s.truncated_views);
    const auto count = [&](const char* what, bool when) { seen[what] += when; };
    count("obfuscated", s.obfuscated());
    count("hidden", s.hidden());
    count("mixed scripts", s.mixed_script_words > 0);
    count("marked", s.marked_words > 0);
    count("styled", s.styled_words > 0);
    count("spaced", s.spaced_words > 0);
    count("leet", s.leet_words > 0);
    for (size_t k = 1; k < kViewKinds; ++k)
      if (s.decoded_spans[k] > 0) ++seen["decoded: " + std::string(name(static_cast<ViewKind>(k)))];
  }
  ASSERT_GT(texts, 1000u);
  for (const auto& [what, n] : seen)
    RecordProperty(
        what, fmt::format("{} of {}: {:.3f} %", n, texts, 100.0 * static_cast<double>(n) / static_cast<double>(texts)));
  EXPECT_LT(seen["obfuscated"] * 200, texts);
}

}  // namespace
}  // namespace trine::guard::benign_rates_test

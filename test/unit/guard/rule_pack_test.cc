#include "guard/rule_pack.h"

#include <gtest/gtest.h>

#include <set>

namespace trine::guard::rule_pack_test {
namespace {

Result<RulePack> with_pattern(std::string_view pattern, std::string_view more = "") {
  return read_pack("p.yaml", fmt::format("pack: p\nversion: 1\nmeasured: {{date: 2026-11-28, texts: 25335}}\n"
                                         "words: {{prior: 'previous|earlier', loop: '{{loop}}'}}\nrules:\n"
                                         "  - {{id: r, family: overriding, says: x, pattern: '{}'{}}}\n",
                                         pattern, more));
}

std::string complaint(std::string_view pattern, std::string_view more = "") {
  const auto pack = with_pattern(pattern, more);
  return pack ? "" : pack.error().message;
}

TEST(RulePack, PutsWordsAndGapsIn) {
  const auto pack = with_pattern("ignore {prior} rules");
  ASSERT_TRUE(pack) << pack.error().message;
  EXPECT_EQ(pack->rules[0].pattern, R"(ignore(?:[\s"'*_,]+)(?:previous|earlier)(?:[\s"'*_,]+)rules)");
}

TEST(RulePack, LeavesSpacesOfOriginalTextAlone) {
  EXPECT_EQ(with_pattern("BEGIN KEY", ", input: original")->rules[0].pattern, "BEGIN KEY");
}

TEST(RulePack, FoldsLettersAsTextsAreFolded) {
  EXPECT_EQ(with_pattern("(κανόνες|ΟΔΗΓΙΕΣ)")->rules[0].pattern, "(κανόνεσ|οδηγιεσ)");
}

TEST(RulePack, SaysWhereAPatternIsWrongAndWhy) {
  const std::vector<std::pair<std::string_view, std::string_view>> wrong = {
      {"{priar}", "names the words {priar}, which the pack does not have; the nearest is {prior}."},
      {"{loop}", "has words that are made of themselves."},
      {"a{257}", "repeats 257 times; 256 is the limit (at character 1)."},
      {"(a{200}){200}", "is longer than 4096 positions when its repeats are written out."},
      {"((((a{9}){9}){9}){9}){9}", "is longer than 4096 positions when its repeats are written out."},
      {"caf[eé]",
       "has letters outside ASCII in [...], which would match single bytes of them; write (é|è) (at "
       "character 4)."},
      {"ab(?=c)", "has a group that is not (...), (?:...) or (?i): no look-around, names or verbs (at character 3)."},
      {"(?<n>a{200})",
       "has a group that is not (...), (?:...) or (?i): no look-around, names or verbs (at character "
       "1)."},
      {"(*utf8)a", "has a group that is not (...), (?:...) or (?i): no look-around, names or verbs (at character 1)."},
      {"Ignore", "has the capital letter I, and folded text has small ones only."},
      {"(abc", "has a ( without its )."},
      {"[abc", "has a [ without its ] (at character 1)."},
      {"abc)", "has a ) without its ( (at character 4)."},
  };
  for (const auto& [pattern, reason] : wrong)
    EXPECT_EQ(complaint(pattern).substr(0, 23 + reason.size()), "p.yaml:6:51: pattern: " + std::string(reason))
        << complaint(pattern);
}

TEST(RulePack, LetsOnlyRareRulesBlock) {
  EXPECT_EQ(complaint("abc", ", action: block, benign_hits: 2"), "");
  EXPECT_NE(complaint("abc", ", action: block, benign_hits: 3").find("must be evidence: it matched 3 of 25335"),
            std::string::npos);
}

TEST(RulePack, CountsWhatRepeatsBecome) {
  EXPECT_EQ(pattern_positions("abc").value(), 3);
  EXPECT_EQ(pattern_positions("(ab|[c-e]){3}x*").value(), 10);
  EXPECT_EQ(pattern_positions("\\x{41}{2,5}\\d{3,}").value(), 14);
  EXPECT_EQ(pattern_positions("[]a{9}]{2}[[:alpha:]]{3}").value(), 5);
}

TEST(RulePack, RefusesNestingThatIsTooDeep) {
  EXPECT_FALSE(pattern_positions(std::string(100, '(') + "a" + std::string(100, ')')));
}

TEST(ShippedPacks, CoverEveryOfficialLanguageOfTheUnion) {
  const auto packs = shipped_packs();
  ASSERT_TRUE(packs) << packs.error().message;
  std::set<std::string> languages;
  for (const auto& p : *packs)
    for (const auto& r : p.rules) languages.insert(r.languages.begin(), r.languages.end());
  for (const auto* l : {"bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr",
                        "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"})
    EXPECT_TRUE(languages.contains(l)) << l;
}

}  // namespace
}  // namespace trine::guard::rule_pack_test

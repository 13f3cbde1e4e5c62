#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "guard/rules.h"

namespace trine::guard::rules_property_test {
namespace {

std::shared_ptr<const RuleSet> streamed_rules() {
  const auto pack =
      read_pack("p.yaml",
                "pack: p\nversion: 1\nrules:\n"
                "  - {id: a, family: overriding, says: x, pattern: '\\bignore( all)? rules\\b'}\n"
                "  - {id: b, family: overriding, says: x, pattern: 'rules[^.]*all$'}\n"
                "  - {id: c, family: overriding, says: x, phrases: ['ignor ... (all|rul) ... rules']}\n"
                "  - {id: d, family: overriding, says: x, phrases: ['rules ... all', 'all ... ignor']}\n");
  return RuleSet::compile({pack.value()}).value();
}

using Found = std::set<std::pair<uint32_t, size_t>>;

Found found(const std::vector<RuleHit>& hits) {
  Found out;
  for (const auto& hit : hits) out.emplace(hit.rule, hit.end);
  return out;
}

RC_GTEST_PROP(RuleStream, FindsInAnyPiecesWhatAScanOfTheWholeFinds, ()) {
  static const auto set = streamed_rules();
  const auto words = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("ignore", "rules", "all", " ", " ", ".", "\n", "x", std::string(70, '-')));
  std::string text;
  for (const auto& w : words) text += w;
  RuleScratch scratch;
  std::vector<RuleHit> whole, pieces;
  set->scan(text, RuleInput::folded, Provenance::assistant, scratch, whole);
  RuleStream stream(set, RuleInput::folded);
  for (size_t at = 0; at < text.size();) {
    const auto size = *rc::gen::inRange<size_t>(1, 12);
    stream.feed(std::string_view(text).substr(at, size), scratch, pieces);
    at += size;
  }
  stream.finish(scratch, pieces);
  RC_ASSERT(found(pieces) == found(whole));
  RC_ASSERT(pieces.size() == whole.size());
}

// Small pieces of the grammar, right and wrong, put together at random.
rc::Gen<std::string> hostile_pattern() {
  return rc::gen::map(rc::gen::resize(24, rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                                              "a", "b", ".", "(", ")", "(?:", "(?i", "|", "*", "+", "?", "{3}", "{2,9}",
                                              "{0,99}", "{256}", "{9,}", "[", "]", "[a-z]", "[^x]", "\\", "\\b", "\\w",
                                              "\\x{41}", "^", "$", "é", "{", "}", "\\1", "(?=", "[[:alpha:]]", " "))),
                      [](const std::vector<std::string>& parts) {
                        std::string out;
                        for (const auto& p : parts) out += p;
                        return out;
                      });
}

RC_GTEST_PROP(Pattern, IsCompiledWithinItsBoundsOrRefusedWithItsPlace, ()) {
  RulePack pack;
  Rule rule;
  rule.id = "r";
  rule.provenances = 31;
  rule.at = "p.yaml:1:1";
  rule.pattern = *hostile_pattern();
  const auto positions = pattern_positions(rule.pattern);
  pack.rules.push_back(rule);
  const auto set = RuleSet::compile({pack});
  if (!set) {
    RC_ASSERT(set.error().message.starts_with("p.yaml:1:1: rule r: pattern: ") || rule.pattern.empty());
    return;
  }
  RC_ASSERT(rule.pattern.empty() || (positions.has_value() && *positions <= kMaxPositions));
  RC_ASSERT((*set)->bytes() < 8u << 20);
}

}  // namespace
}  // namespace trine::guard::rules_property_test

#include "guard/secrets.h"

#include <algorithm>

#include "guard/key_body.h"

namespace trine::guard {
namespace {

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// What a pattern may want to see behind a value without quotes.
constexpr std::string_view kEndsValue = " \t\r\n\f\v\"'`&";

}  // namespace

ByteSpan secret_in(RuleCut cut, std::string_view text, ByteSpan match) {
  const std::string_view s = text.substr(match.begin, match.end - match.begin);
  size_t begin = 0, end = s.size();
  if (cut == RuleCut::word) {
    begin = s.find_last_of(" \t\r\n\"'=:") + 1;  // npos + 1 is 0
  } else if (cut == RuleCut::assigned) {
    begin = s.find_first_of("=:") + 1;
    while (begin < end && (s[begin] == ' ' || s[begin] == '\t' || s[begin] == '\n')) ++begin;
    if (begin < end && is_quote(s[begin])) {
      end = std::min(end, s.find(s[begin], begin + 1));
      ++begin;
    } else if (begin < end && kEndsValue.find(s.back()) != std::string_view::npos) {
      --end;
    }
  }
  if (begin >= end) return match;
  return {match.begin + begin, match.begin + end};
}

std::vector<ByteSpan> secrets_of(const RuleSet& rules, std::string_view text, const std::vector<RuleHit>& hits) {
  std::vector<ByteSpan> spans, heads;
  for (const RuleHit& hit : hits) {
    if (!finds_secret(rules, hit)) continue;
    const RuleCut cut = rules.rules()[hit.rule].cut;
    (cut == RuleCut::key ? heads : spans).push_back(secret_in(cut, text, {hit.begin, hit.end}));
  }
  const auto by_begin = [](const ByteSpan& a, const ByteSpan& b) { return a.begin < b.begin; };
  std::sort(heads.begin(), heads.end(), by_begin);
  size_t read = 0;  // no body is read twice: a head inside one belongs to it
  for (ByteSpan& head : heads) {
    if (head.begin < read) continue;
    KeyBody body;
    body.feed(text.substr(head.end));
    head.end += body.size();
    read = head.end;
    spans.push_back(head);
  }
  std::sort(spans.begin(), spans.end(), by_begin);
  return spans;
}

}  // namespace trine::guard

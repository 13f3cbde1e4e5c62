#include "documents/split.h"

#include <algorithm>

namespace trine::documents {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// The end of the longest stretch from `begin` that is within the budget. Linear in what is taken.
size_t longest(std::string_view text, size_t begin, Tokens most) {
  const auto bytes = static_cast<size_t>(most) * 10 / 3;
  CountedBytes counted;
  size_t at = begin;
  while (at < text.size() && counted.add(text[at]) <= bytes) ++at;
  while (at > begin && at < text.size() && !begins_code_point(text[at])) --at;
  return at;
}

// The best place to cut in (from, to].
size_t cut(const Text& t, size_t from, size_t to) {
  const size_t half = from + (to - from) / 2;
  const auto first =
      std::upper_bound(t.breaks.begin(), t.breaks.end(), half, [](size_t at, const Break& b) { return at < b.at; });
  const Break* best = nullptr;
  for (auto it = first; it != t.breaks.end() && it->at <= to; ++it)
    if (best == nullptr || it->rank <= best->rank) best = &*it;
  if (best != nullptr) return best->at;
  for (size_t at = to; at > half; --at)
    if (is_blank(t.text[at - 1]) && at >= 2 &&
        (t.text[at - 2] == '.' || t.text[at - 2] == '!' || t.text[at - 2] == '?' || t.text[at - 2] == ';'))
      return at;
  for (size_t at = to; at > half; --at)
    if (is_blank(t.text[at - 1])) return at;
  return to;
}

// Where the overlap begins: a line's or word's begin within the last `tokens` before `fresh`.
size_t overlap_begin(const Text& t, size_t least, size_t fresh, Tokens tokens) {
  if (tokens <= 0) return fresh;
  const auto bytes = static_cast<size_t>(tokens) * 10 / 3;
  const size_t from = std::max(least, fresh - std::min(fresh, bytes));
  const auto it =
      std::lower_bound(t.breaks.begin(), t.breaks.end(), from, [](const Break& b, size_t at) { return b.at < at; });
  if (it != t.breaks.end() && it->at < fresh) return it->at;
  for (size_t at = from; at < fresh; ++at)
    if (at > 0 && is_blank(t.text[at - 1])) return at;
  return fresh;
}

}  // namespace

Result<std::vector<Piece>> split(const Text& t, const SplitOptions& o) {
  if (o.most_tokens < 16)
    return fail(Code::invalid_argument, "a piece must have room for 16 tokens, {} are asked for", o.most_tokens);
  if (o.overlap_tokens < 0 || o.overlap_tokens * 2 >= o.most_tokens)
    return fail(Code::invalid_argument, "pieces of {} tokens cannot overlap by {}: less than half is possible",
                o.most_tokens, o.overlap_tokens);
  std::vector<Piece> pieces;
  size_t fresh = 0;
  while (fresh < t.text.size()) {
    Piece p;
    p.fresh = fresh;
    p.begin = pieces.empty() ? 0 : overlap_begin(t, pieces.back().begin, fresh, o.overlap_tokens);
    const size_t most = std::max(longest(t.text, p.begin, o.most_tokens), fresh + 1);
    p.end = most >= t.text.size() ? t.text.size() : cut(t, fresh, most);
    while (p.end < t.text.size() && !begins_code_point(t.text[p.end])) ++p.end;  // text that is no UTF-8 still ends
    p.tokens = estimate_tokens(std::string_view(t.text).substr(p.begin, p.end - p.begin));
    if (const PageSpan* page = t.page_at(p.begin)) p.first_part = page->part, p.first_page = page->number;
    if (const PageSpan* page = t.page_at(p.end - 1)) p.last_part = page->part, p.last_page = page->number;
    fresh = p.end;
    pieces.push_back(p);
  }
  return pieces;
}

}  // namespace trine::documents

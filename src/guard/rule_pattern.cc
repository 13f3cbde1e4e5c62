// What a pattern will cost, before Vectorscan sees it: its compiler writes repeats out, so (a{250}){250} is 62,500
// states of a few characters of text. The grammar itself is Vectorscan's business; here is only as much of it as the
// count needs.
#include <algorithm>
#include <charconv>
#include <optional>

#include "guard/rule_pack.h"

namespace trine::guard {
namespace {

constexpr size_t kMaxGroups = 48;  // nested

bool ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

struct Repeat {
  size_t most = 1;    // times the atom is written out
  size_t length = 0;  // characters of the quantifier; 0: none
};

// The quantifier at the beginning of `s`, if there is one. Written out: {n} and {n,m} as often as they say, {n,} once
// more than n, a range twice, the loops *, + and ? once.
Result<Repeat> read_repeat(std::string_view s) {
  if (s.empty()) return Repeat{};
  if (s[0] == '*' || s[0] == '+' || s[0] == '?') return Repeat{1, 1};
  if (s[0] != '{') return Repeat{};
  const size_t close = s.find('}');
  if (close == std::string_view::npos) return Repeat{};
  std::string_view body = s.substr(1, close - 1);
  // PCRE takes {x} for text unless it is a count.
  if (body.empty() || body.find_first_not_of("0123456789,") != std::string_view::npos) return Repeat{};
  size_t counts[2] = {0, 0};
  const size_t comma = body.find(',');
  const std::string_view parts[2] = {body.substr(0, comma),
                                     comma == std::string_view::npos ? std::string_view{} : body.substr(comma + 1)};
  for (int i = 0; i < 2; ++i) {
    if (parts[i].empty()) continue;
    const auto [end, error] = std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), counts[i]);
    if (error != std::errc{} || end != parts[i].data() + parts[i].size() || counts[i] > kMaxRepeat)
      return fail(Code::invalid_argument, "repeats {} times; {} is the limit", parts[i], kMaxRepeat);
  }
  const bool open = comma != std::string_view::npos && parts[1].empty();
  const size_t most = std::max<size_t>({1, counts[0] + (open ? 1 : 0), counts[1]});
  // A range costs its compiler about twice a count (bench/rules_bench.cc).
  return Repeat{counts[1] > counts[0] ? 2 * most : most, close + 1};
}

// Characters of "[:alpha:]" before its last one, if `s` begins with such a thing; else 0.
size_t posix_class_length(std::string_view s) {
  if (!s.starts_with("[:")) return 0;
  const size_t end = s.find_first_not_of("^abcdefghijklmnopqrstuvwxyz", 2);
  return end != std::string_view::npos && s.substr(end, 2) == ":]" ? end + 1 : 0;
}

// Characters of the class at s[0] == '[' (with its brackets).
Result<size_t> read_class(std::string_view s) {
  size_t i = 1;
  if (i < s.size() && s[i] == '^') ++i;
  if (i < s.size() && s[i] == ']') ++i;
  for (; i < s.size() && s[i] != ']'; ++i) {
    if (!ascii(s[i]))
      return fail(Code::invalid_argument,
                  "has letters outside ASCII in [...], which would match single bytes of them; "
                  "write (é|è)");
    if (s[i] == '\\')
      ++i;
    else
      i += posix_class_length(s.substr(i));
  }
  if (i >= s.size()) return fail(Code::invalid_argument, "has a [ without its ]");
  return i + 1;
}

// Characters of what stands at a backslash: \x{2028}, \xe2, \p{L}, \b.
size_t escape_length(std::string_view s) {
  if (s.size() >= 3 && (s[1] == 'x' || s[1] == 'p' || s[1] == 'P') && s[2] == '{') {
    const size_t close = s.find('}');
    return close == std::string_view::npos ? s.size() : close + 1;
  }
  if (s.size() >= 4 && s[1] == 'x') return 4;
  return std::min<size_t>(2, s.size());
}

// A stack of groups, each with the positions counted in it so far.
class Counter {
 public:
  Result<size_t> count(std::string_view pattern) {
    size_t i = 0;
    while (i < pattern.size()) {
      const auto step = atom(pattern, i);
      if (!step) return fail(Code::invalid_argument, "{} (at character {})", step.error().message, i + 1);
      i = *step;
      if (sums_.back() > kMaxPositions)
        return fail(Code::invalid_argument, "is longer than {} positions when its repeats are written out",
                    kMaxPositions);
    }
    if (sums_.size() > 1) return fail(Code::invalid_argument, "has a ( without its )");
    return sums_.back();
  }

 private:
  // Takes one atom with its quantifiers at `i`; gives where the next one begins.
  Result<size_t> atom(std::string_view p, size_t i) {
    size_t positions = 1;
    size_t next = i + 1;
    switch (p[i]) {
      case '(':
        if (sums_.size() >= kMaxGroups) return fail(Code::invalid_argument, "nests more than {} groups", kMaxGroups);
        sums_.push_back(0);
        return group_begin(p, i + 1);
      case '|':
        return next;
      case ')':
        if (sums_.size() == 1) return fail(Code::invalid_argument, "has a ) without its (");
        positions = sums_.back();
        sums_.pop_back();
        break;
      case '[': {
        const auto length = read_class(p.substr(i));
        if (!length) return length;
        next = i + *length;
        break;
      }
      case '\\':
        if (p.substr(i, 2) == "\\Q") return fail(Code::invalid_argument, "has \\Q; write a backslash before each sign");
        next = i + escape_length(p.substr(i));
        break;
      default:
        break;
    }
    return quantify(p, next, positions, !ascii(p[i]));
  }

  // Only what this count understands may pass: "(?:", and "(?i" or "(?s" with ":" or ")" behind it.
  static Result<size_t> group_begin(std::string_view p, size_t i) {
    if (i >= p.size() || (p[i] != '?' && p[i] != '*')) return i;
    const size_t end = p.find_first_not_of("ims-", i + 1);
    if (p[i] == '*' || end == std::string_view::npos || (p[end] != ':' && p[end] != ')'))
      return fail(Code::invalid_argument,
                  "has a group that is not (...), (?:...) or (?i): no look-around, names or verbs");
    return p[end] == ':' ? end + 1 : end;
  }

  Result<size_t> quantify(std::string_view p, size_t i, size_t positions, bool part_of_letter) {
    while (true) {
      const auto repeat = read_repeat(p.substr(i));
      if (!repeat) return tl::unexpected(repeat.error());
      if (repeat->length == 0) break;
      if (part_of_letter)
        return fail(Code::invalid_argument,
                    "repeats a letter outside ASCII, of which only the last byte would repeat; "
                    "put it in (...)");
      i += repeat->length;
      // Both factors are bounded, so this cannot overflow: the sum is refused right after.
      positions = std::min(positions * repeat->most, kMaxPositions + 1);
    }
    sums_.back() = std::min(sums_.back() + positions, kMaxPositions + 1);
    return i;
  }

  std::vector<size_t> sums_{0};
};

}  // namespace

Result<size_t> pattern_positions(std::string_view pattern) {
  if (pattern.size() > kMaxPatternBytes)
    return fail(Code::invalid_argument, "is {} bytes long with its words put in; {} is the limit", pattern.size(),
                kMaxPatternBytes);
  return Counter().count(pattern);
}

}  // namespace trine::guard

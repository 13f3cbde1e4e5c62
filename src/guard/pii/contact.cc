#include "guard/pii/contact.h"

#include <algorithm>
#include <array>

#include "guard/pii/check_digits.h"

namespace trine::guard {
namespace {

bool is_local(const Glyph& g, char byte) {
  constexpr std::string_view kMarks = "._%+-'";
  return (g.kind == GlyphKind::alnum && g.length == 1) || g.kind == GlyphKind::letter ||
         (g.length == 1 && kMarks.find(byte) != std::string_view::npos);
}

bool is_hex(const Glyph& g) {
  return g.kind == GlyphKind::alnum && g.length == 1 && g.c <= 'F';
}

// A number of one to three digits at `pos` that is a byte; the place behind it.
std::optional<size_t> octet(TextWindow& window, size_t pos) {
  int value = 0;
  size_t n = 0;
  while (n < 4 && window.at(pos + n).is_digit() && window.at(pos + n).length == 1) {
    value = value * 10 + (window.at(pos + n).c - '0');
    ++n;
  }
  const bool leading_zero = n > 1 && window.text()[pos] == '0';
  if (n == 0 || n > 3 || value > 255 || leading_zero) return std::nullopt;
  return pos + n;
}

std::optional<size_t> ipv4_end(TextWindow& window, size_t pos) {
  for (int i = 0; i < 4; ++i) {
    const auto end = octet(window, pos);
    if (!end) return std::nullopt;
    if (i == 3) return end;
    if (window.at(*end).kind != GlyphKind::dot) return std::nullopt;
    pos = *end + 1;
  }
  return std::nullopt;
}

// RFC 4291 §2.2, without the mixed form.
bool is_ipv6(std::string_view s) {
  size_t groups = 0;
  size_t gaps = 0;
  size_t longest = 0;
  for (size_t i = 0; i < s.size();) {
    if (s[i] == ':') {
      const bool gap = i + 1 < s.size() && s[i + 1] == ':';
      if (!gap && (i == 0 || i + 1 == s.size())) return false;
      gaps += gap ? 1 : 0;
      i += gap ? 2 : 1;
      if (gap && i < s.size() && s[i] == ':') return false;
      continue;
    }
    const size_t end = std::min(s.find(':', i), s.size());
    if (end - i > 4) return false;
    longest = std::max(longest, end - i);
    ++groups;
    i = end;
  }
  if (gaps == 0) return groups == 8 && longest > 2;                // eight pairs may be a hardware address
  return gaps == 1 && groups >= 2 && groups <= 7 && longest >= 3;  // "12::30" is no address
}

std::optional<PiiSpan> find_ipv6(TextWindow& window, size_t digit, size_t floor) {
  constexpr size_t kLongest = 39;
  const std::string_view text = window.text();
  size_t begin = digit;
  while (begin > floor && digit - begin <= kLongest && (text[begin - 1] == ':' || is_hex(window.before(begin))))
    --begin;
  if (digit - begin > kLongest || (begin > 0 && (window.before(begin).is_word() || text[begin - 1] == '_'))) {
    return std::nullopt;
  }
  size_t end = digit;
  size_t colons = static_cast<size_t>(std::ranges::count(text.substr(begin, digit - begin), ':'));
  for (; end - begin <= kLongest; ++end) {
    const Glyph g = window.at(end);
    if (g.kind == GlyphKind::end || (text[end] != ':' && !is_hex(g))) break;
    colons += text[end] == ':' ? 1 : 0;
  }
  if (end - begin > kLongest || colons < 2 || window.at(end).kind == GlyphKind::alnum) return std::nullopt;
  // "address: 2001:db8::1" and "2001:db8::1: refused" have a colon more.
  if (text[begin] == ':' && text[begin + 1] != ':') ++begin;
  if (text[end - 1] == ':' && text[end - 2] != ':') --end;
  if (!is_ipv6(text.substr(begin, end - begin))) return std::nullopt;
  return PiiSpan{begin, end, PiiType::ip_address, 0.95F};
}

// A whole telephone number as it is written: digits in groups, brackets around one.
struct DialString {
  size_t end = 0;
  size_t digits = 0;
  size_t groups = 0;
  bool has_bracket = false;
  size_t first = 0;     // digits of the first group
  bool threes = false;  // every other group has three, and a space or a dot before it
};

constexpr size_t kMostDialled = 15;  // E.164

DialString read_dial_string(TextWindow& window, size_t pos) {
  DialString d;
  bool open = false;
  GlyphKind join = GlyphKind::end;
  while (true) {
    size_t digits = 0;
    size_t end = pos;
    Glyph g = window.at(end);
    for (; g.is_digit() && d.digits + digits <= kMostDialled; end += g.length, g = window.at(end)) ++digits;
    if (digits == 0 || d.digits + digits > kMostDialled) return d;
    if (g.c == 'X' && g.length == 1 && window.at(end + 1).is_digit()) {  // an extension: "x769"
      size_t n = 0;
      for (++end; n < 5 && window.at(end).is_digit(); ++n) end += window.at(end).length;
      if (window.at(end).kind == GlyphKind::alnum) return d;
      return {end, d.digits + digits, d.groups + 1, d.has_bracket, d.first, false};
    }
    if (g.is_word() || (g.kind == GlyphKind::other && window.text().substr(end, 1) == "_")) return d;
    const bool is_three = digits == 3 && (join == GlyphKind::space || join == GlyphKind::dot);
    if (d.groups == 0) d.first = digits;
    d.threes = d.groups == 0 || (d.threes && is_three);
    d.digits += digits;
    ++d.groups;
    d.end = end;
    pos = end;
    // Between groups: a bracket, a separator, or a separator and a bracket.
    if (open && window.at(pos).kind == GlyphKind::other && window.text()[pos] == ')') {
      open = false;
      d.end = ++pos;
    }
    join = window.at(pos).kind;
    if (window.at(pos).is_separator()) pos += window.at(pos).length;
    if (!open && window.at(pos).kind == GlyphKind::other && window.text()[pos] == '(') {
      open = d.has_bracket = true;
      ++pos;
    }
  }
}

bool is_year(std::string_view s) {
  return (s.starts_with("19") || s.starts_with("20")) && digits_of(s, 4);
}

// "12.05.2026", and the "2024-11-29 10" of a date with a time behind it, are no telephones.
bool is_date_like(TextWindow& window, size_t begin, size_t end) {
  constexpr size_t kDate = 10;  // bytes
  const bool goes_on = window.at(begin + kDate).is_digit();
  const std::string_view s = window.text().substr(begin, kDate);
  if (goes_on || s.size() < kDate || !all_digits(s.substr(0, 2))) return false;
  const bool is_all = end - begin == kDate;
  const bool day_first = (s[2] == '.' || s[2] == '/' || s[2] == '-') && s[5] == s[2];
  const bool year_first = s[4] == '-' && s[7] == '-';
  return (day_first && (is_all || is_year(s.substr(6)))) || (year_first && (is_all || is_year(s.substr(0, 4))));
}

// "2019-2021", "2024/25", "2024-11".
bool is_years(TextWindow& window, size_t begin, const DialString& d) {
  const std::string_view text = window.text();
  if (d.groups != 2 || d.first != 4 || !is_year(text.substr(begin, 4))) return false;
  const GlyphKind mark = window.at(begin + 4).kind;
  if (mark != GlyphKind::dash && mark != GlyphKind::slash) return false;
  return d.digits == 6 || (d.digits == 8 && is_year(text.substr(d.end - 4, 4)));
}

// "1.250.000", "200 000": thousands. Eight or nine digits may be a telephone's, as "612 345 678" in Spain, but not
// where they are round or go on to the left.
bool is_amount(TextWindow& window, size_t begin, const DialString& d, bool goes_on) {
  if (!d.threes || d.groups < 2 || d.first > 3 || d.has_bracket || window.at(begin).c == '0') return false;
  return d.digits < 8 || d.digits > 9 || goes_on || window.text().substr(d.end - 3, 3) == "000";
}

}  // namespace

size_t local_part_begin(std::string_view text, size_t at, size_t floor) {
  size_t begin = at;
  while (begin > floor) {
    const Glyph g = glyph_before(text, begin);
    if (!is_local(g, text[begin - 1]) || at - (begin - g.length) > kLongestLocalPart || begin - floor < g.length) break;
    begin -= g.length;
  }
  return begin;
}

size_t AtSigns::after(TextWindow& window, size_t pos) {
  if (ended_ && pos < read_) return std::string_view::npos;
  ended_ = false;
  read_ = std::max(read_, pos);
  while (read_ <= pos + kLongestLocalPart) {
    const Glyph g = window.at(read_);
    if (g.kind == GlyphKind::end) return std::string_view::npos;
    if (window.text()[read_] == '@') return read_;
    if (!is_local(g, window.text()[read_])) {
      ended_ = true;
      return std::string_view::npos;
    }
    read_ += g.length;
  }
  return std::string_view::npos;
}

std::optional<PiiSpan> find_email(TextWindow& window, size_t at_sign, size_t floor) {
  constexpr size_t kLongestDomain = 128;
  const std::string_view text = window.text();
  size_t begin = local_part_begin(text, at_sign, floor);
  while (begin < at_sign && (text[begin] == '.' || text[begin] == '\'' || text[begin] == '-' || text[begin] == '%')) {
    ++begin;
  }
  if (begin == at_sign || text[at_sign - 1] == '.') return std::nullopt;
  // Labels with dots between; the last one is letters. A dot at the end is the sentence's.
  size_t end = 0;
  size_t label = at_sign + 1;
  for (size_t pos = label; pos < at_sign + kLongestDomain;) {
    const Glyph g = window.at(pos);
    const bool inside = (g.kind == GlyphKind::alnum && g.length == 1) || g.kind == GlyphKind::letter ||
                        (g.kind == GlyphKind::dash && g.length == 1);
    if (inside) {
      pos += g.length;
      continue;
    }
    const std::string_view name = text.substr(label, pos - label);
    if (name.empty() || name.front() == '-') break;
    const bool is_top = label > at_sign + 1 && name.size() >= 2 && !(name[0] >= '0' && name[0] <= '9');
    if (is_top) end = name.back() == '-' ? pos - 1 : pos;
    if (g.kind != GlyphKind::dot || g.length != 1) break;
    label = ++pos;
  }
  if (end == 0) return std::nullopt;
  return PiiSpan{begin, end, PiiType::email, 0.99F};
}

std::optional<PiiSpan> find_ip(TextWindow& window, EvidenceTrail& evidence, size_t digit, size_t begin, size_t floor) {
  if (digit == begin) {
    const Glyph before = window.before(begin);
    const auto end = ipv4_end(window, begin);
    if (end && before.kind != GlyphKind::dot && before.kind != GlyphKind::dash &&
        !evidence.is_denied(PiiType::ip_address, begin)) {
      const Glyph after = window.at(*end);
      const bool goes_on = after.kind == GlyphKind::alnum || after.kind == GlyphKind::letter ||
                           ((after.kind == GlyphKind::dot || after.kind == GlyphKind::dash) &&
                            window.at(*end + 1).kind == GlyphKind::alnum && window.at(*end + 1).is_digit());
      if (!goes_on) return PiiSpan{begin, *end, PiiType::ip_address, 0.95F};
    }
  }
  return find_ipv6(window, digit, floor);
}

std::optional<PiiSpan> find_phone(TextWindow& window, EvidenceTrail& evidence, size_t begin, size_t floor) {
  const std::string_view text = window.text();
  size_t start = begin;
  const bool bracket = start > floor && text[start - 1] == '(';
  if (bracket) --start;
  const bool plus = start > floor && text[start - 1] == '+';
  if (plus) --start;
  const Glyph outside = window.before(start);
  if (start == begin &&
      (outside.kind == GlyphKind::dot || outside.kind == GlyphKind::slash || outside.kind == GlyphKind::dash)) {
    return std::nullopt;
  }
  DialString d = read_dial_string(window, begin);
  // The bracket that stands before the first group closes after it: "(089) 123456".
  if (bracket) {
    size_t pos = begin;
    while (window.at(pos).is_digit()) pos += window.at(pos).length;
    if (pos - begin > 5 || window.at(pos).kind == GlyphKind::end || text[pos] != ')') return std::nullopt;
    ++pos;
    if (window.at(pos).is_separator()) pos += window.at(pos).length;
    const DialString rest = read_dial_string(window, pos);
    if (rest.digits == 0) return std::nullopt;
    d.end = rest.end;
    d.digits = static_cast<size_t>(
        std::ranges::count_if(text.substr(begin, rest.end - begin), [](char c) { return c >= '0' && c <= '9'; }));
    d.groups = rest.groups + 1;
    d.has_bracket = true;
  }
  if (plus) {
    if (d.digits < 8 || d.digits > kMostDialled || text[begin] == '0') return std::nullopt;
    return PiiSpan{start, d.end, PiiType::phone, 0.95F};
  }
  if (d.digits < 6 || d.digits > kMostDialled || is_date_like(window, begin, d.end) || is_years(window, begin, d)) {
    return std::nullopt;
  }
  const bool goes_on = outside.is_separator() && window.before(start - outside.length).is_digit();
  if (is_amount(window, begin, d, goes_on)) return std::nullopt;
  const bool labelled = evidence.distance(PiiType::phone, start) <= EvidenceTrail::kNear;
  if (labelled) return PiiSpan{start, d.end, PiiType::phone, 0.9F};
  // Without a label: "0699 868 88 55", but not the rest of a longer number, and not "0.5".
  const bool is_time = start > 1 && window.text()[start - 1] == ':' && window.before(start - 1).is_digit();
  if (goes_on || is_time) return std::nullopt;
  const bool trunk = window.at(begin).c == '0' && window.at(begin + 1).is_digit() && d.groups >= 2 && d.digits >= 8;
  if ((trunk || (bracket && d.digits >= 8)) && !evidence.is_denied(PiiType::phone, start)) {
    return PiiSpan{start, d.end, PiiType::phone, 0.7F};
  }
  return std::nullopt;
}

std::optional<PiiSpan> find_birth_date(TextWindow& window, EvidenceTrail& evidence, size_t begin) {
  // Three numbers with one kind of mark: day.month.year, or year-month-day.
  std::array<int, 3> n{};
  std::array<size_t, 3> length{};
  size_t pos = begin;
  char mark = 0;
  for (size_t i = 0; i < 3; ++i) {
    while (length[i] < 5 && window.at(pos).is_digit()) {
      n[i] = n[i] * 10 + (window.at(pos).c - '0');
      pos += window.at(pos).length;
      ++length[i];
    }
    if (i == 2) break;
    const Glyph g = window.at(pos);
    if (g.kind != GlyphKind::dot && g.kind != GlyphKind::dash && g.kind != GlyphKind::slash) return std::nullopt;
    const char here = window.text()[pos];
    if (mark != 0 && here != mark) return std::nullopt;
    mark = here;
    pos += g.length;
    if (g.kind == GlyphKind::dot && window.at(pos).kind == GlyphKind::space) pos += window.at(pos).length;
  }
  if (window.at(pos).kind == GlyphKind::alnum) return std::nullopt;
  const bool year_first = length[0] == 4 && length[2] <= 2;
  const bool year_last = length[2] == 4 && length[0] <= 2;
  const bool year_short = length[2] == 2 && length[0] <= 2;
  if (!year_first && !year_last && !year_short) return std::nullopt;
  const int year = year_first ? n[0] : n[2];
  const int day = year_first ? n[2] : n[0];
  if (year_short) {
    // "12.03.85", but not the beginning of a number in groups.
    const Glyph g = window.at(pos);
    if (g.is_separator() && g.kind != GlyphKind::space && window.at(pos + g.length).is_digit()) return std::nullopt;
    if (!is_short_date(year, n[1], day) && !is_short_date(year, day, n[1])) return std::nullopt;
  } else if (year < 1890 || year > 2100 || (!is_date(year, n[1], day) && !is_date(year, day, n[1]))) {
    return std::nullopt;
  }
  if (evidence.distance(PiiType::date_of_birth, begin) > EvidenceTrail::kNear) return std::nullopt;
  return PiiSpan{begin, pos, PiiType::date_of_birth, 0.95F};
}

}  // namespace trine::guard

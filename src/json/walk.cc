#include "json/walk.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace trine::json::internal {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The length of the escape at the beginning of `s` (a backslash), or 0 for a bad one.
size_t escape_length(std::string_view s) {
  if (s.size() < 2) return 0;
  switch (s[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return 2;
    case 'u':
      return s.size() >= 6 && is_hex(s[2]) && is_hex(s[3]) && is_hex(s[4]) && is_hex(s[5]) ? 6 : 0;
    default:
      return 0;
  }
}

#ifdef __SSE2__
// One bit for each backslash in the 64 bytes at `p`. Most blocks have none: one test for all four quarters first.
inline uint64_t backslashes(const char* p) {
  const __m128i backslash = _mm_set1_epi8('\\');
  const auto quarter = [&](int i) {
    return _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i)), backslash);
  };
  const __m128i a = quarter(0), b = quarter(1), c = quarter(2), d = quarter(3);
  if (!_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)))) return 0;
  const auto bits = [](__m128i m) { return static_cast<uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(m))); };
  return bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48;
}
#endif

}  // namespace

bool is_number(std::string_view s) {
  size_t i = 0;
  const auto at = [&](size_t k) { return k < s.size() ? s[k] : '\0'; };
  const auto digits = [&] {
    if (!is_digit(at(i))) return false;
    while (is_digit(at(i))) ++i;
    return true;
  };
  if (at(i) == '-') ++i;
  if (at(i) == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (at(i) == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (at(i) == 'e' || at(i) == 'E') {
    ++i;
    if (at(i) == '+' || at(i) == '-') ++i;
    if (!digits()) return false;
  }
  return i == s.size();
}

bool has_good_escapes(std::string_view s) {
  size_t good = 0;  // checked up to here
  const auto check = [&](size_t at) {
    const size_t length = escape_length(s.substr(at));
    good = at + length;
    return length > 0;
  };
#ifdef __SSE2__
  // Documents have an escaped line end every few dozen bytes, where a call of memchr for each costs more than its
  // search.
  size_t block = 0;
  for (; block + 64 <= s.size(); block += 64) {
    for (uint64_t bits = backslashes(s.data() + block); bits; bits &= bits - 1) {
      const size_t at = block + static_cast<size_t>(std::countr_zero(bits));
      if (at >= good && !check(at)) return false;
    }
  }
  good = std::max(good, block);
#endif
  while (good < s.size()) {
    const size_t at = s.find('\\', good);
    if (at == std::string_view::npos) return true;
    if (!check(at)) return false;
  }
  return true;
}

bool Walk::fail(const char* problem) {
  problem_ = problem;
  problem_offset_ = index_.offset(i_ < index_.count() ? i_ : index_.count());
  return false;
}

std::string_view Walk::token() const {
  const char* begin = position();
  const char* end = index_.base() + index_.offset(i_ + 1);  // behind the last one: the document's length
  while (end > begin && is_blank(end[-1])) --end;
  return {begin, static_cast<size_t>(end - begin)};
}

bool Walk::scalar(Value& out) {
  const std::string_view text = token();
  out.raw = text;
  switch (text.front()) {
    case '"':
      if (text.size() < 2 || text.back() != '"') return fail("text follows a string");
      if (!trusted_ && !has_good_escapes(text.substr(1, text.size() - 2))) return fail("a string holds a bad escape");
      out.type = Value::Type::string;
      break;
    case 't':
    case 'f':
      if (text != "true" && text != "false") return fail("a value is expected");
      out.type = Value::Type::boolean;
      break;
    case 'n':
      if (text != "null") return fail("a value is expected");
      out.type = Value::Type::null;
      break;
    default:
      if (!is_number(text)) return fail("a value is expected");
      out.type = Value::Type::number;
  }
  ++i_;
  return true;
}

bool Walk::value(Value& out, int depth) {
  switch (ahead()) {
    case '\0':
      if (i_ >= index_.count()) return fail("it ends too early");
      return fail("a value is expected");
    case '{':
    case '[':
      return container(out, depth);
    case '}':
    case ']':
    case ':':
    case ',':
      return fail("a value is expected");
    default:
      return scalar(out);
  }
}

// Without recursion: one bit per open container says which kind it is (kMaxDepth <= 64).
bool Walk::container(Value& out, int depth) {
  static_assert(kMaxDepth <= 64);
  enum class Expect { value, name, separator } expect = Expect::value;
  const char* const begin = position();
  uint64_t objects = 0;
  int open = 0;
  Value inner;
  for (;;) {
    const char c = ahead();
    switch (expect) {
      case Expect::value:
        expect = Expect::separator;
        if (c != '{' && c != '[') {
          if (!value(inner, depth)) return false;
          break;
        }
        if (depth + open >= kMaxDepth) return fail("it is nested too deeply (more than 64 levels)");
        objects = objects << 1 | static_cast<uint64_t>(c == '{');
        ++open;
        ++i_;
        if (ahead() != (c == '{' ? '}' : ']')) expect = c == '{' ? Expect::name : Expect::value;
        break;
      case Expect::name:
        if (c != '"') return fail("a member's name is expected");
        if (!scalar(inner)) return false;
        if (ahead() != ':') return fail("`:` is expected");
        ++i_;
        expect = Expect::value;
        break;
      case Expect::separator: {
        const bool in_object = objects & 1;
        if (c == ',') {
          ++i_;
          expect = in_object ? Expect::name : Expect::value;
          break;
        }
        if (c != (in_object ? '}' : ']')) return fail(in_object ? "`,` or `}` is expected" : "`,` or `]` is expected");
        const char* const closing = position();
        ++i_;
        objects >>= 1;
        if (--open > 0) break;
        out.type = *begin == '{' ? Value::Type::object : Value::Type::array;
        out.raw = {begin, static_cast<size_t>(closing - begin) + 1};
        return true;
      }
    }
  }
}

}  // namespace trine::json::internal

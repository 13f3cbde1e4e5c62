#include "guard/spelling.h"

#include <algorithm>
#include <array>

#include "guard/char_class.h"
#include "guard/utf8.h"
#include "guard/words.h"

namespace trine::guard {
namespace {

bool known(std::string_view word) {
  return (Words::instance().senses(word) & Words::plain) != 0;
}

// What a leet character stands for, 0 for none; `one` is what 1 and | are.
char unleet(char c, char one) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '|':
      return one;
    case '!':
      return 'i';
    case '2':
      return 'z';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '6':
    case '9':
      return 'g';
    case '7':
      return 't';
    case '8':
      return 'b';
    default:
      return is_letter(c) ? c : '\0';
  }
}

// Puts blanks between the common words of a text that has none: "ignoreallprevious".
std::string spaced(std::string_view joined) {
  constexpr size_t kLongest = 14;
  std::string out;
  bool after_word = true;
  for (size_t i = 0; i < joined.size();) {
    size_t n = std::min(kLongest, joined.size() - i);
    while (n >= 2 && !known(joined.substr(i, n))) --n;
    const bool word = n >= 2;
    if (!out.empty() && (word || after_word)) out += ' ';
    out += joined.substr(i, word ? n : 1);
    i += word ? n : 1;
    after_word = word;
  }
  return out;
}

}  // namespace

bool has_known_word(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end - i >= 3 && known(text.substr(i, end - i))) return true;
    i = end + 1;
  }
  return false;
}

std::optional<std::string> join_letters(std::string_view run) {
  std::string joined;
  std::array<bool, 26> seen{};
  size_t alphabetic = 0, vowels = 0, steps = 0, count = 0;
  bool parted = false;
  for (size_t i = 0; i < run.size();) {
    if (class_of(run[i]) == kBlank) {
      size_t gap = i;
      while (gap < run.size() && class_of(run[gap]) == kBlank) ++gap;
      if (gap - i > 1 && run.substr(i, gap - i).find('\n') == std::string_view::npos && !joined.empty())
        joined += ' ', parted = true;
      i = gap;
      continue;
    }
    const size_t n = std::min<size_t>(utf8_at(run, i).length, run.size() - i);
    if (run[i] == '/' || run[i] == '|') {
      joined += ' ', parted = true;
    } else if (class_of(run[i]) != kMark) {
      const char read_as = unleet(run[i], 'i');
      const char c = static_cast<char>(read_as | 0x20);
      if (read_as != 0) {
        alphabetic += is_letter(run[i]);
        seen[static_cast<size_t>(c - 'a')] = true;
        vowels += std::string_view("aeiou").find(c) != std::string_view::npos;
        if (!joined.empty() && (joined.back() | 0x20) + 1 == c) ++steps;
      } else if (n > 1) {
        ++alphabetic;
      }
      ++count;
      joined += run.substr(i, n);
    }
    i += n;
  }
  const auto distinct = static_cast<size_t>(std::count(seen.begin(), seen.end(), true));
  // Not "A B C D E", not a table of yes and no, not a formula.
  if (count < 5 || distinct < 4 || vowels == 0 || steps * 3 > count || alphabetic * 3 < count) return std::nullopt;
  if (alphabetic * 4 < count * 3) {
    std::string read = joined;
    for (char& c : read)
      if (const char letter = unleet(c, 'i')) c = letter;
    if (!has_known_word(parted ? read : spaced(read))) return std::nullopt;
  }
  if (!parted && joined.size() >= 10) joined = spaced(joined);
  return joined;
}

std::optional<std::string> join_separated(std::string_view s, size_t fewest) {
  if (s.size() < 5) return std::nullopt;
  const char separator = s[1];
  if ((class_of(separator) & (kMark | kSymbol)) == 0) return std::nullopt;
  std::string joined;
  size_t lower = 0, vowels = 0, letters = 0, steps = 0;
  for (size_t i = 0; i < s.size();) {
    if ((class_of(s[i]) & (kLetter | kDigit)) == 0) return std::nullopt;
    letters += is_letter(s[i]);
    lower += s[i] >= 'a' && s[i] <= 'z';
    vowels += std::string_view("aeiouAEIOU").find(s[i]) != std::string_view::npos;
    if (!joined.empty() && (joined.back() | 0x20) + 1 == (s[i] | 0x20)) ++steps;
    joined += s[i++];
    const size_t gap = i;
    while (i < s.size() && s[i] == separator) ++i;
    if (i < s.size() && i == gap) return std::nullopt;
    if (i < s.size() && i - gap > 1) joined += ' ';
  }
  // Dotted capitals are an abbreviation.
  if (letters < fewest || letters * 2 < joined.size() || vowels == 0 || steps * 2 > letters) return std::nullopt;
  if (separator == '.' && lower == 0 && letters < 8) return std::nullopt;
  return joined;
}

std::optional<Unleeted> unleet_word(std::string_view token) {
  size_t begin = 0, end = token.size();
  while (end > begin && (class_of(token[end - 1]) & (kMark | kSymbol | kCode)) != 0 && token[end - 1] != '$' &&
         token[end - 1] != '@')
    --end;
  while (begin < end && (class_of(token[begin]) & (kMark | kSymbol | kCode)) != 0 && unleet(token[begin], 'i') == 0)
    ++begin;
  const std::string_view s = token.substr(begin, end - begin);
  if (s.size() < 3) return std::nullopt;
  std::string with_i, with_l;
  size_t letters = 0, inside = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    const char c = unleet(s[i], 'i');
    if (c == 0) return std::nullopt;
    with_i += c;
    with_l += unleet(s[i], 'l');
    letters += is_letter(s[i]);
    // "step5" is not "steps".
    if (!is_letter(s[i]) && std::any_of(s.begin() + static_cast<std::ptrdiff_t>(i), s.end(), is_letter)) ++inside;
  }
  if (letters == 0 || inside == 0) return std::nullopt;
  const bool as_i = known(with_i), as_l = !as_i && known(with_l);
  const bool is_known = (as_i || as_l) && (s.size() > 3 || !is_digit(s[0]));
  if (!as_i && !as_l && (letters * 3 < s.size() || is_digit(s[0]))) return std::nullopt;
  return Unleeted{as_l ? with_l : with_i, is_known, begin, end};
}

}  // namespace trine::guard

#include "docworker/bidi.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "docworker/encoding.h"

namespace trine::docworker {
namespace {

bool runs_left(int32_t c) {
  const auto direction = u_charDirection(c);
  return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

bool runs_right(int32_t c) {
  const auto direction = u_charDirection(c);
  return direction == U_LEFT_TO_RIGHT || direction == U_EUROPEAN_NUMBER || direction == U_ARABIC_NUMBER;
}

bool holds_numbers_together(int32_t c) {
  const auto direction = u_charDirection(c);
  return direction == U_COMMON_NUMBER_SEPARATOR || direction == U_EUROPEAN_NUMBER_SEPARATOR;
}

// Below U+0590 nothing runs from right to left, and no byte is this high.
bool may_run_left(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xD6; });
}

bool has_letter(std::string_view text, bool (*is)(int32_t)) {
  for (size_t i = 0; i < text.size();)
    if (const int32_t c = next_code_point(text, i); c >= 0 && is(c)) return true;
  return false;
}

// Turns the runs round that begin and end with what is `turned`, with what is `between` inside.
template <class T, class Turned, class Between>
void turn_runs(std::vector<T>& all, const Turned& turned, const Between& between) {
  for (size_t i = 0; i < all.size(); ++i) {
    if (!turned(all[i])) continue;
    size_t end = i + 1;
    for (size_t j = end; j < all.size() && (turned(all[j]) || between(all[j])); ++j)
      if (turned(all[j])) end = j + 1;
    std::reverse(all.begin() + static_cast<ptrdiff_t>(i), all.begin() + static_cast<ptrdiff_t>(end));
    i = end - 1;
  }
}

}  // namespace

std::string letters_as_read(std::string_view word) {
  if (!may_run_left(word) || !has_letter(word, runs_left)) return std::string(word);
  std::vector<std::string> letters;
  for (size_t i = 0; i < word.size();) {
    const size_t from = i;
    const int32_t c = next_code_point(word, i);
    const auto mirror = c == '(' ? ")" : c == ')' ? "(" : c == '[' ? "]" : c == ']' ? "[" : nullptr;
    letters.push_back(mirror != nullptr ? std::string(mirror) : std::string(word.substr(from, i - from)));
  }
  std::reverse(letters.begin(), letters.end());
  turn_runs(
      letters, [](const std::string& l) { return has_letter(l, runs_right); },
      [](const std::string& l) { return has_letter(l, holds_numbers_together); });
  std::string out;
  for (const auto& l : letters) out += l;
  return out;
}

std::string words_as_read(std::string_view line) {
  if (!may_run_left(line)) return std::string(line);
  std::vector<std::string_view> words;
  for (size_t from = 0; from <= line.size();) {
    const size_t end = std::min(line.find(' ', from), line.size());
    words.push_back(line.substr(from, end - from));
    from = end + 1;
  }
  const auto left = [](std::string_view w) { return has_letter(w, runs_left); };
  const auto right = [&](std::string_view w) {
    return !left(w) && has_letter(w, [](int32_t c) { return u_charDirection(c) == U_LEFT_TO_RIGHT; });
  };
  if (std::none_of(words.begin(), words.end(), left)) return std::string(line);
  const auto neither = [&](std::string_view w) { return !left(w) && !right(w); };
  if (std::count_if(words.begin(), words.end(), left) >= std::count_if(words.begin(), words.end(), right)) {
    std::reverse(words.begin(), words.end());
    turn_runs(words, right, neither);
  } else {
    turn_runs(words, left, neither);
  }
  std::string out;
  for (const auto w : words) (out += out.empty() ? "" : " ") += w;
  return out;
}

}  // namespace trine::docworker

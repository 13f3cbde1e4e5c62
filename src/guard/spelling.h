// Words that are spelled to be read by people only: letters apart, leet. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace trine::guard {

bool has_known_word(std::string_view text);  // of three letters at least

// "i g n o r e  a l l", blanks at single characters: one blank joins, more part words. Nothing for a list of letters, a
// table or a formula.
std::optional<std::string> join_letters(std::string_view run);

// "i.g.n.o.r.e": one separator throughout, twice between words, with `fewest` letters at least. Nothing for an
// abbreviation.
std::optional<std::string> join_separated(std::string_view token, size_t fewest);

struct Unleeted {
  std::string word;
  bool known = false;
  size_t begin = 0, end = 0;  // in the token: without marks around the word
};
// "1gn0r3," as "ignore"; nothing for what has no letter or only ends in a digit.
std::optional<Unleeted> unleet_word(std::string_view token);

}  // namespace trine::guard

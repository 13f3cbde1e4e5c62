// What Word keeps beside the text: styles, and how lists and clauses are numbered.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "docworker/markup.h"
#include "docworker/ordinal.h"

namespace trine::docworker {

// A list and the level in it, from 0 on.
struct ListPlace {
  std::string list;
  int level = 0;
};

// The paragraph's styles by their ids, and by those that they are based on.
class DocxStyles {
 public:
  void learn(const pugi::xml_node& styles);
  int heading(std::string_view style) const;  // 0: it is none
  // Of a paragraph by its properties, or by its style's.
  std::optional<ListPlace> list(const pugi::xml_node& properties) const;

 private:
  struct Style {
    std::optional<int> heading, level;
    std::string list, base;  // the list "0" is none
  };
  std::map<std::string, Style, std::less<>> styles_;
};

// Counts on with each paragraph of a list: in the order of the document.
class DocxNumbers {
 public:
  void learn(const pugi::xml_node& numbering);
  std::string next(const ListPlace& place);  // "4.2", "(a)", "§ 3"; "" for a bullet

 private:
  static constexpr size_t kLevels = 9;
  struct Level {
    int64_t start = 1;
    bool numbered = false, capital = false;
    Ordinal form = Ordinal::decimal;
    std::string text;  // "%1.%2"
  };
  struct Scheme {
    std::array<Level, kLevels> levels;
    std::array<std::optional<int64_t>, kLevels> now;
  };
  struct List {
    std::string scheme;
    std::array<std::optional<int64_t>, kLevels> restart;  // its first paragraph of that level begins there
  };
  static Level level_of(const pugi::xml_node& lvl);

  std::map<std::string, Scheme, std::less<>> schemes_;  // lists of one scheme count on together
  std::map<std::string, List, std::less<>> lists_;
};

}  // namespace trine::docworker

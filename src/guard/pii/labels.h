// Words that say what a number near by is, in the 24 languages of the Union: "Steuer-ID", "codice fiscale", "order
// no.".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "guard/pii/glyph.h"
#include "guard/pii/pii_type.h"

namespace trine::guard {

using TypeMask = uint64_t;
constexpr TypeMask bit(PiiType t) {
  return TypeMask{1} << static_cast<unsigned>(t);
}

enum class Language : uint8_t {
  bg,
  cs,
  da,
  de,
  el,
  en,
  es,
  et,
  fi,
  fr,
  ga,
  hr,
  hu,
  it,
  lt,
  lv,
  mt,
  nl,
  pl,
  pt,
  ro,
  sk,
  sl,
  sv
};
using LanguageMask = uint32_t;
constexpr LanguageMask bit(Language l) {
  return LanguageMask{1} << static_cast<unsigned>(l);
}

// What a word is evidence of. A denial says that a number is of another kind: an order, a version, a book.
struct Label {
  TypeMask types = 0;
  LanguageMask languages = 0;
  bool denies = false;
};

// Immutable; any thread. One table for all scanners.
class Labels {
 public:
  static const Labels& all();

  struct Match {
    const Label* label = nullptr;  // null: none begins here
    size_t end = 0;
  };
  // The longest label that begins at `pos`, which is the beginning of a word, and ends at or before `limit`. Case and
  // accents do not count; one space, dash, dot or apostrophe between words is like another.
  Match match(TextWindow& window, size_t pos, size_t limit) const;

 private:
  struct Edge {
    char16_t on;
    uint16_t to;
  };
  struct Node {
    std::vector<Edge> edges;  // sorted by `on`
    int16_t whole = -1;       // label of the word that ends here
    int16_t stem = -1;        // label of any word that begins so
  };
  Labels();
  void add(std::string_view words, const Label& label);
  const Edge* next(uint16_t node, char16_t on) const;

  std::vector<Node> nodes_;
  std::vector<Label> labels_;
};

// The words of the table (labels_table.cc).
struct LabelWords {
  std::string_view words;  // separated by commas; a * at the end: the word may go on (cases, compounds)
  Label label;
};
const std::vector<LabelWords>& label_table();

}  // namespace trine::guard

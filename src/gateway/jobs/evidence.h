// Where in a document's text the values of an answer stand, word for word. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "documents/text.h"

namespace trine::gateway {

struct Evidence {
  std::string path;   // "supplier.vat_id", "lines[2].price"
  std::string text;   // as it stands in the document
  int part = 0;       // index into the document's parts
  int page = 1;       // within its part
  size_t offset = 0;  // bytes into the text
  bool operator==(const Evidence&) const = default;
};

inline constexpr size_t kMostEvidence = 2000;
inline constexpr size_t kMostEvidenceWork = size_t{256} << 20;  // bytes that are searched, of one answer

// Strings and numbers of the JSON `answer` that the text has as whole words, each at its first place; a string that it
// does not have word for word, but with other blanks, counts as well. In the answer's order. Values that are not found
// have none: they may be right all the same (a date in another form) or made up.
std::vector<Evidence> find_evidence(std::string_view answer, const documents::Text& text);

}  // namespace trine::gateway

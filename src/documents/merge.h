// One JSON answer of the answers to the pieces of a document. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::documents {

// Two pieces that say different things about one field.
struct Conflict {
  std::string path;   // "supplier.vat_id"
  std::string kept;   // JSON
  std::string other;  // JSON
  size_t piece = 0;   // whose value `other` is
  bool operator==(const Conflict&) const = default;
};

struct Merged {
  std::string json;
  std::vector<Conflict> conflicts;  // the first 1000
};

// `answers` are JSON objects in the order of the pieces. Of a field that several have, the first that says something
// counts (not null, not "", not [] or {}); objects are merged field by field; arrays are joined, without elements that
// are the same as one before (pieces overlap). Fields keep the order in which they first appear. Errors
// (invalid_argument): an answer that is no JSON object, with its index.
Result<Merged> merge(std::span<const std::string_view> answers);

}  // namespace trine::documents

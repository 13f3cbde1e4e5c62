// Why a document could not be read, in words for the one who sent it. One row of one table each (problem.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace trine::documents {

enum class Problem : uint8_t {
  // of the document: the sender can do something about it (HTTP 422)
  encrypted,
  damaged,
  unsupported,
  empty,
  too_large,
  too_many_pages,
  too_many_pixels,
  too_compressed,
  too_deep,
  too_many_objects,
  too_much_text,
  too_slow,
  too_much_memory,
  crashed,
  // of the service: the same document may succeed later (HTTP 503)
  busy,
  no_worker,
};
inline constexpr int kProblems = 16;

const char* name(Problem problem);    // "encrypted"
const char* advice(Problem problem);  // "Remove the password and send it again."
bool is_documents(Problem problem);   // true: the document's fault, trying again does not help
// nullptr-safe reverse of name(); false when there is none.
bool problem_named(std::string_view name, Problem& out);

struct DocumentError {
  Problem problem = Problem::crashed;
  std::string message;  // what was found and what to do about it: for the client, holds nothing of the document's text
};

template <class T>
using DocumentResult = tl::expected<T, DocumentError>;

// `finding` is a clause about the document ("it has 100000 pages, 2000 are allowed").
tl::unexpected<DocumentError> refuse(Problem problem, std::string_view finding);

}  // namespace trine::documents

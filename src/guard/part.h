// A piece of a request or an answer, and who wrote it: the guard judges a system prompt, a user and a document by
// different rules.
#pragma once

#include <cstdint>
#include <string_view>

namespace trine::guard {

enum class Provenance : uint8_t { user, system, assistant, tool, document };

struct Part {
  Provenance provenance = Provenance::user;
  std::string_view text;  // UTF-8, decoded from JSON; the caller keeps it
};

// Tool results and documents are data: instructions in them are nobody's who may give any.
constexpr bool is_untrusted(Provenance p) {
  return p == Provenance::tool || p == Provenance::document;
}

std::string_view name(Provenance p);

}  // namespace trine::guard

// Which identifiers there are, and what has to speak for each besides its check digits.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "guard/pii/evidence.h"
#include "guard/pii/field.h"

namespace trine::guard {

enum class Need : uint8_t {
  nothing,   // form and check digits say enough: one wrong number in some hundreds passes, or fewer
  language,  // a label, or the language of the words before: one in a hundred passes
  label,     // a label: one in ten passes
};

struct IdRule {
  PiiType type;
  bool (*is_valid)(std::string_view);
  uint8_t shortest, longest;  // characters without separators
  bool digits_only;
  Need need;
  LanguageMask languages;
};

std::span<const IdRule> id_rules();

struct FoundId {
  PiiSpan span;
  size_t distance;  // of its label; EvidenceTrail::kNone without one
};

// The longest identifier that begins with the field, or with its first digits.
std::optional<FoundId> find_id(TextWindow& window, EvidenceTrail& evidence, const Field& field);

}  // namespace trine::guard

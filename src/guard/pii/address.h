// Postal addresses, as far as rules go: a street with its number ("Hauptstraße 82", "12 rue de la Paix", "62 Harbour
// Street"), and behind it a postal code with its town.
#pragma once

#include <optional>

#include "guard/pii/glyph.h"
#include "guard/pii/pii_type.h"

namespace trine::guard {

// Where a street whose name ends at `end`, and whose number may follow, begins; `end`: there is none.
size_t street_begin(std::string_view text, size_t end, size_t floor);

// Where a street may begin of which no more is there than what stands before `end`: at or before any street_begin() of
// the text as it may go on.
size_t unfinished_street_begin(std::string_view text, size_t end, size_t floor);

// `begin` is the first digit of a token.
std::optional<PiiSpan> find_address(TextWindow& window, size_t begin, size_t floor);

}  // namespace trine::guard

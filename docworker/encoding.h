// Text of any encoding as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trine::docworker {

// The code point at `i`, which moves behind it; negative for bytes that are none. REQUIRES: i < s.size().
int32_t next_code_point(std::string_view s, size_t& i);
bool is_utf8(std::string_view bytes);
// By byte-order mark, else UTF-8 if it is that, else as ICU's detector guesses (Windows-1252 when it cannot).
std::string to_utf8(std::string_view bytes);
// By the name that a document gives ("iso-8859-2"); an unknown name, or UTF-8 that is none, falls back on the above.
std::string to_utf8(std::string_view bytes, const std::string& charset);

// Of UTF-16 in the machine's order; half of a pair becomes U+FFFD.
std::string utf8_of(std::span<const uint16_t> utf16);

}  // namespace trine::docworker

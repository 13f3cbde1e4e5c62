// E-mail addresses, telephone numbers, IP addresses, dates of birth. Each function looks at one place and reads a
// bounded number of bytes around it; none begins a span before `floor`.
#pragma once

#include <optional>

#include "guard/pii/evidence.h"

namespace trine::guard {

inline constexpr size_t kLongestLocalPart = 64;  // RFC 5321

// Where the run of characters that may be the local part of an address, and end at `at`, begins.
size_t local_part_begin(std::string_view text, size_t at, size_t floor);

// The '@' that the run of such characters around each place leads to. A long run is read once, not once per digit of
// it; places never go down.
class AtSigns {
 public:
  size_t after(TextWindow& window, size_t pos);  // npos: none

 private:
  size_t read_ = 0;     // a run without '@' is known up to here
  bool ended_ = false;  // and ends there
};

std::optional<PiiSpan> find_email(TextWindow& window, size_t at_sign, size_t floor);

// `digit` is the first digit of a token that begins at `begin`.
std::optional<PiiSpan> find_ip(TextWindow& window, EvidenceTrail& evidence, size_t digit, size_t begin, size_t floor);
std::optional<PiiSpan> find_phone(TextWindow& window, EvidenceTrail& evidence, size_t begin, size_t floor);
std::optional<PiiSpan> find_birth_date(TextWindow& window, EvidenceTrail& evidence, size_t begin);

}  // namespace trine::guard

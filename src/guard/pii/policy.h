// What becomes of personal data: let through, blanked, or refused.
#pragma once

#include <array>
#include <cstdint>

#include "guard/pii/scanner.h"

namespace trine::guard {

enum class PiiAction : uint8_t {
  allow,
  redact,  // "[IBAN]"
  block,   // the text must not go on
};

struct PiiPolicy {
  std::array<PiiAction, kPiiTypes> actions{};
  float least_confidence = 0;  // findings of less are let through

  PiiAction of(const PiiSpan& s) const {
    return s.confidence < least_confidence ? PiiAction::allow : actions[static_cast<size_t>(s.type)];
  }
  void set_all(PiiAction a) { actions.fill(a); }
};

}  // namespace trine::guard

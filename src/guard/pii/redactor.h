// What becomes of personal data: let through, refused, blanked, or exchanged for a placeholder that the answer gives
// back. Works on decoded text; texts inside JSON are the caller's to take out and to put back.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "guard/pii/scanner.h"
#include "guard/pii/vault.h"

namespace trine::guard {

enum class PiiAction : uint8_t {
  allow,
  redact,  // "[IBAN]"
  token,   // "<IBAN_1>", which PiiRestorer turns back
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

struct PiiOutcome {
  std::vector<PiiSpan> spans;  // what was acted on, of the original text; 'allow' is not
  bool blocked = false;        // then the text that came out must not be used
};

// Immutable; any thread. The vault is the request's own; without one, and when it is full, 'token' is 'redact'.
class Redactor {
 public:
  Redactor(const PiiScanner& scanner, const PiiPolicy& policy) : scanner_(scanner), policy_(policy) {}
  PiiOutcome redact(std::string_view text, PiiVault* vault, std::string& out) const;

 private:
  friend class RedactStream;
  // Appends what the span becomes.
  void act(std::string_view original, const PiiSpan& span, PiiVault* vault, std::string& out,
           PiiOutcome& outcome) const;

  const PiiScanner& scanner_;
  PiiPolicy policy_;
};

// The same for a text in chunks: all of the output together is what redact() gives for all of the input together. Once
// blocked, nothing more comes out.
class RedactStream {
 public:
  explicit RedactStream(const Redactor& redactor, PiiVault* vault = nullptr)
      : redactor_(redactor), vault_(vault), stream_(redactor.scanner_) {}
  void push(std::string_view chunk, std::string& out);
  void finish(std::string& out);
  const PiiOutcome& outcome() const { return outcome_; }

 private:
  const Redactor& redactor_;
  PiiVault* vault_;
  PiiStream stream_;
  PiiOutcome outcome_;
};

}  // namespace trine::guard

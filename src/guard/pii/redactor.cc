#include "guard/pii/redactor.h"

namespace trine::guard {

void Redactor::act(std::string_view original, const PiiSpan& span, PiiVault* vault, std::string& out,
                   PiiOutcome& outcome) const {
  const PiiAction action = policy_.of(span);
  if (action == PiiAction::allow) {
    out += original;
    return;
  }
  outcome.spans.push_back(span);
  outcome.blocked = outcome.blocked || action == PiiAction::block;
  const std::string token = action == PiiAction::token && vault != nullptr ? vault->token(span.type, original) : "";
  if (!token.empty()) {
    out += token;
    return;
  }
  out += '[';
  out += name(span.type);
  out += ']';
}

PiiOutcome Redactor::redact(std::string_view text, PiiVault* vault, std::string& out) const {
  PiiOutcome outcome;
  std::vector<PiiSpan> spans;
  scanner_.scan(text, spans);
  size_t at = 0;
  for (const PiiSpan& s : spans) {
    out += text.substr(at, s.begin - at);
    act(text.substr(s.begin, s.end - s.begin), s, vault, out, outcome);
    at = s.end;
    if (outcome.blocked) return outcome;
  }
  out += text.substr(at);
  return outcome;
}

void RedactStream::push(std::string_view chunk, std::string& out) {
  if (outcome_.blocked) return;
  stream_.push(chunk, [&](std::string_view text, const PiiSpan* span) {
    if (outcome_.blocked) return;
    if (span == nullptr) {
      out += text;
    } else {
      redactor_.act(text, *span, vault_, out, outcome_);
    }
  });
}

void RedactStream::finish(std::string& out) {
  if (outcome_.blocked) return;
  stream_.finish([&](std::string_view text, const PiiSpan* span) {
    if (outcome_.blocked) return;
    if (span == nullptr) {
      out += text;
    } else {
      redactor_.act(text, *span, vault_, out, outcome_);
    }
  });
}

}  // namespace trine::guard

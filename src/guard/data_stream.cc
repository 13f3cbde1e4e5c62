#include "guard/data_stream.h"

#include <algorithm>

namespace trine::guard {
namespace {

bool acts_on_personal(const PiiPolicy& policy) {
  return std::any_of(policy.actions.begin(), policy.actions.end(), [](PiiAction a) { return a != PiiAction::allow; });
}

}  // namespace

bool DataPolicy::any() const {
  return secrets != PiiAction::allow || acts_on_personal(personal);
}

void DataStream::without_secrets(std::string_view piece, bool whole, RuleScratch& scratch, std::string& out) {
  const auto sink = [&](std::string_view text, SecretStream::Piece kind) {
    const std::string_view was = before_secrets_.take(text.size());
    if (kind == SecretStream::Piece::text) {
      out += was;
      return;
    }
    blocked_ = blocked_ || policy_.secrets == PiiAction::block;
    if (kind == SecretStream::Piece::secret) out += "[SECRET]";
  };
  secrets_.push(before_secrets_.push(piece), scratch, sink);
  if (whole) {
    secrets_.push(before_secrets_.finish(), scratch, sink);
    secrets_.finish(scratch, sink);
  }
  blocked_ = blocked_ || secrets_.overflowed();  // what cannot be cut out must not go out
}

void DataStream::without_personal_data(std::string_view piece, bool whole, std::string& out) {
  const auto sink = [&](std::string_view text, const PiiSpan* span) {
    const std::string_view was = before_personal_.take(text.size());
    const PiiAction action = span == nullptr ? PiiAction::allow : policy_.personal.of(*span);
    if (action == PiiAction::allow) {
      out += was;
      return;
    }
    blocked_ = blocked_ || action == PiiAction::block;
    out.append("[").append(name(span->type)).append("]");
  };
  personal_.push(before_personal_.push(piece), sink);
  if (whole) {
    personal_.push(before_personal_.finish(), sink);
    personal_.finish(sink);
  }
}

void DataStream::go_on(std::string_view piece, bool whole, RuleScratch& scratch, std::string& out) {
  if (blocked_) return;
  std::string kept;
  if (policy_.secrets != PiiAction::allow) {
    without_secrets(piece, whole, scratch, kept);
    piece = kept;
  }
  if (blocked_) return;
  if (acts_on_personal(policy_.personal))
    without_personal_data(piece, whole, out);
  else
    out += piece;
}

}  // namespace trine::guard

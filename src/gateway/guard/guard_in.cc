#include "gateway/guard/guard_in.h"

#include <algorithm>
#include <memory_resource>

#include "base/hash.h"
#include "gateway/guard/guarding.h"
#include "guard/canary.h"
#include "guard/pii/pii_type.h"
#include "guard/spotlight.h"
#include "json/escape.h"

namespace trine::gateway {
namespace {

using guard::Action;
using guard::Provenance;
using llm::ClientError;
using llm::ErrorCode;
using llm::TextPiece;
using llm::TextRole;

// More than this is not looked at on the worker's thread: at 50 MB/s it is a millisecond.
constexpr size_t kHere = 64 << 10;

// A tool's definition is the operator's, or his client's, as a system prompt is.
Provenance provenance_of(TextRole role) {
  switch (role) {
    case TextRole::user:
      return Provenance::user;
    case TextRole::system:
    case TextRole::definition:
      return Provenance::system;
    case TextRole::assistant:
      return Provenance::assistant;
    case TextRole::tool:
      return Provenance::tool;
    case TextRole::document:
      return Provenance::document;
  }
  return Provenance::user;
}

// One request's way through the guard.
class Stage {
 public:
  Stage(Exchange& x, const guard::Policy& policy) : x_(x), guards_(x.guarding->guards), policy_(policy) {}

  std::optional<ClientError> read();
  net::Task<void> look();
  net::Task<void> judge();
  std::optional<ClientError> act();

 private:
  void edit(const TextPiece& piece, std::string_view text) { x_.in_place.push_back({piece.raw, json::escaped(text)}); }
  std::string without_personal_data(const TextPiece& piece, const guard::Decision& decision);
  void mark(std::vector<std::string>& changed);
  void watch_answers(std::vector<std::string>& changed);
  std::string_view text_of(size_t i, const std::vector<std::string>& changed) const {
    return changed[i].empty() ? pieces_[i].text : std::string_view(changed[i]);
  }

  Exchange& x_;
  const std::shared_ptr<const Guards> guards_;
  const guard::Policy& policy_;
  std::pmr::monotonic_buffer_resource arena_;
  std::vector<TextPiece> pieces_;
  size_t bytes_ = 0;
  std::vector<guard::Finding> findings_;
  std::vector<guard::RiskSet> judgeable_;
  guard::Outcome outcome_;
};

std::optional<ClientError> Stage::read() {
  const auto facts = llm::read_texts(x_.endpoint, x_.body.view(), arena_, pieces_);
  if (!facts) return ClientError{ErrorCode::invalid_request, facts.error().message, {}};
  if (facts->token_ids > 0 && x_.endpoint != llm::Endpoint::embeddings)
    return ClientError{ErrorCode::invalid_request, "token ids cannot be looked at; send text", "prompt"};
  for (const TextPiece& p : pieces_) bytes_ += p.text.size();
  return {};
}

net::Task<void> Stage::look() {
  const auto inspect = [this](guard::GuardScratch& scratch) {
    for (const TextPiece& p : pieces_)
      findings_.push_back(guards_->guard()->inspect({provenance_of(p.role), p.text}, scratch));
  };
  if (bytes_ <= kHere) {
    inspect(x_.context.guard_scratch);
  } else {
    const auto elsewhere = [&inspect] {
      guard::GuardScratch scratch;
      inspect(scratch);
      return true;
    };
    if (!x_.context.executor || !co_await x_.context.executor->run(x_.context.loop, elsewhere))
      inspect(x_.context.guard_scratch);
  }
  // A text that is only to become numbers gives no orders.
  if (x_.endpoint == llm::Endpoint::embeddings)
    for (guard::Finding& f : findings_) {
      const double pii = f.scores[guard::Risk::pii];
      f.scores = {};
      f.scores[guard::Risk::pii] = pii;
      std::erase_if(f.rules, [](const guard::RuleEvidence& e) { return e.risk != guard::Risk::pii; });
    }
  if (guards_->judge())
    for (const TextPiece& p : pieces_) judgeable_.push_back(guard::judgeable(guards_->judge()->family, provenance_of(p.role)));
  outcome_ = guard::decide_all(policy_, findings_, judgeable_, {});
}

net::Task<void> Stage::judge() {
  if (outcome_.total.verdict.action == Action::block || outcome_.total.ask_judge.none()) co_return;
  std::vector<guard::Judged> judged(pieces_.size());
  for (size_t i = 0; i < pieces_.size(); ++i) {
    for (size_t r = 0; r < guard::kRisks; ++r) {
      if (!outcome_.parts[i].ask_judge.test(r) || judged[i].state != guard::JudgeState::not_asked) continue;
      const std::string_view text = findings_[i].worst.size() > 80 ? findings_[i].worst : pieces_[i].text;
      judged[i] = co_await ask_judge(
          x_, {.risk = guard::risk_at(r), .provenance = provenance_of(pieces_[i].role), .text = text, .asked = {}});
    }
  }
  outcome_ = guard::decide_all(policy_, findings_, judgeable_, judged);
}

std::string Stage::without_personal_data(const TextPiece& piece, const guard::Decision& decision) {
  std::string out;
  size_t at = 0;
  for (const guard::Entity& e : decision.redact) {
    if (e.start < at) continue;  // overlaps one before
    out.append(piece.text.substr(at, e.start - at));
    const auto type = guard::parse_pii_type(e.type);
    std::string placeholder;
    if (policy_.reversible && type) placeholder = x_.guarding->vault.token(*type, std::string(piece.text.substr(e.start, e.end - e.start)));
    out += placeholder.empty() ? fmt::format("[{}]", e.type) : placeholder;
    at = e.end;
  }
  return out.append(piece.text.substr(at));
}

// Untrusted parts between marks with a nonce of this request; what they mean stands before the first.
void Stage::mark(std::vector<std::string>& changed) {
  guard::Spotlight light{.nonce = hash64(x_.id_view(), x_.context.secret), .datamark = policy_.datamark};
  bool first = true;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (!guard::is_untrusted(provenance_of(pieces_[i].role))) continue;
    std::string marked = guard::spotlight(text_of(i, changed), light);
    if (std::exchange(first, false)) marked.insert(0, guard::spotlight_note(light) + "\n");
    changed[i] = std::move(marked);
  }
}

void Stage::watch_answers(std::vector<std::string>& changed) {
  Guarding& g = *x_.guarding;
  std::string prompt;
  std::string canary;
  size_t last = pieces_.size();
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].role != TextRole::system) continue;
    prompt.append(pieces_[i].text).append("\n");
    last = i;
  }
  if (last == pieces_.size()) return;
  if (guards_->canary()) {
    canary = guard::make_canary(std::to_string(x_.context.secret), static_cast<uint32_t>(hash64(prompt, x_.prefix_salt)));
    changed[last] = std::string(text_of(last, changed)) + "\n" + canary;
  }
  g.leaks = x_.context.leak_indexes.of(prompt, canary);
  if (!g.leaks) return;
  for (const TextPiece& p : pieces_)
    if (p.role == TextRole::user || p.role == TextRole::document) g.said.emplace_back(p.text);
}

std::optional<ClientError> Stage::act() {
  Guarding& g = *x_.guarding;
  g.action = outcome_.total.verdict.action;
  if (g.action != Action::allow) g.note = guard::explain(outcome_.total);
  if (g.action == Action::block)
    return ClientError{ErrorCode::content_blocked, {}, {}};
  std::vector<std::string> changed(pieces_.size());
  if (policy_.reversible)
    for (const TextPiece& p : pieces_) g.vault.avoid(p.text);
  for (size_t i = 0; i < pieces_.size(); ++i)
    if (!outcome_.parts[i].redact.empty()) changed[i] = without_personal_data(pieces_[i], outcome_.parts[i]);
  if (x_.endpoint == llm::Endpoint::embeddings) {
    for (size_t i = 0; i < pieces_.size(); ++i)
      if (!changed[i].empty()) edit(pieces_[i], changed[i]);
    return {};
  }
  if (policy_.delimit) mark(changed);
  if (policy_.of(guard::Risk::leak).strictest() != Action::allow) watch_answers(changed);
  for (size_t i = 0; i < pieces_.size(); ++i)
    if (!changed[i].empty()) edit(pieces_[i], changed[i]);
  return {};
}

}  // namespace

net::Task<std::optional<ClientError>> guard_in(Exchange& x) {
  if (!x.route) co_return std::nullopt;
  const auto& guards = x.snapshot->guards;
  const guard::Policy* policy = guards->policy(x.route->guard, x.key->guard);
  if (!policy) co_return std::nullopt;
  const Mono begin = x.now();
  x.guarding = std::make_unique<Guarding>();
  x.guarding->guards = guards;
  x.guarding->policy = policy;
  Stage stage(x, *policy);
  if (auto error = stage.read()) co_return error;
  co_await stage.look();
  co_await stage.judge();
  auto error = stage.act();
  x.context.counters.guarded[static_cast<size_t>(x.guarding->action)].add();
  x.context.counters.guard_ns.add((x.now() - begin).count());
  co_return error;
}

}  // namespace trine::gateway

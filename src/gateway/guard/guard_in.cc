#include "gateway/guard/guard_in.h"

#include <algorithm>
#include <memory_resource>

#include "base/hash.h"
#include "gateway/guard/guarding.h"
#include "gateway/guard/inspection.h"
#include "guard/canary.h"
#include "guard/spotlight.h"
#include "json/escape.h"

namespace trine::gateway {
namespace {

using guard::Action;
using llm::ClientError;
using llm::ErrorCode;
using llm::TextPiece;
using llm::TextRole;

// {"card":4111111111111111} as a text: what stands in its place must be a value of JSON.
bool is_number_of_json(std::string_view text, const guard::Entity& e) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first >= e.start || (text[first] != '{' && text[first] != '[')) return false;
  const size_t before = text.find_last_not_of(kBlank, e.start - 1), after = text.find_first_not_of(kBlank, e.end);
  return after != std::string_view::npos && std::string_view(":[,").find(text[before]) != std::string_view::npos &&
         std::string_view(",]}").find(text[after]) != std::string_view::npos &&
         text.substr(e.start, e.end - e.start).find_first_not_of("0123456789") == std::string_view::npos;
}

// One request's way through the guard.
class GuardStage {
 public:
  explicit GuardStage(Exchange& x) : x_(x), g_(*x.guarding), policy_(*x.guarding->policy) {
    seen_.only_data = x.endpoint == llm::Endpoint::embeddings;
  }

  std::optional<ClientError> read();
  net::Task<void> look() { co_await inspect(x_, seen_); }
  std::optional<ClientError> act();

 private:
  std::string_view text_of(size_t i) const {
    return changed_[i].empty() ? pieces_[i].text : std::string_view(changed_[i]);
  }
  std::string without_personal_data(size_t i);
  void mark_untrusted();
  void watch_answers();

  Exchange& x_;
  Guarding& g_;
  const guard::Policy& policy_;
  std::pmr::monotonic_buffer_resource arena_;
  std::vector<TextPiece> pieces_;
  Inspection seen_;
  std::vector<std::string> changed_;  // what stands in a piece's place; empty: itself
};

std::optional<ClientError> GuardStage::read() {
  const auto facts = llm::read_texts(x_.endpoint, x_.body.view(), arena_, pieces_);
  if (!facts) return ClientError{ErrorCode::invalid_request, facts.error().message, {}};
  if (facts->token_ids > 0 && !seen_.only_data)
    return ClientError{ErrorCode::invalid_request, "token ids cannot be looked at; send text", "prompt"};
  for (const TextPiece& p : pieces_) {
    const bool of_file = std::any_of(x_.document_parts.begin(), x_.document_parts.end(), [&p](std::string_view part) {
      return p.raw.data() >= part.data() && p.raw.data() < part.data() + part.size();
    });
    // What a file says, whoever sent it, is not what he says.
    seen_.parts.push_back({of_file ? guard::Provenance::document : provenance_of(p.role), p.text});
  }
  return {};
}

std::string GuardStage::without_personal_data(size_t i) {
  const std::string_view text = pieces_[i].text;
  std::string out;
  size_t at = 0;
  for (const guard::Entity& e : seen_.outcome.parts[i].redact) {
    out.append(text.substr(at, e.start - at));
    const auto type = guard::parse_pii_type(e.type);
    std::string placeholder;
    if (policy_.reversible && type)
      placeholder = g_.vault.token(*type, std::string(text.substr(e.start, e.end - e.start)));
    if (placeholder.empty()) placeholder = fmt::format("[{}]", e.type);
    out += is_number_of_json(text, e) ? fmt::format("\"{}\"", placeholder) : placeholder;
    at = e.end;
  }
  return out.append(text.substr(at));
}

// Untrusted parts between marks with a nonce of this request; what they mean stands before the first.
void GuardStage::mark_untrusted() {
  const guard::Spotlight light{.nonce = hash64(x_.id_view(), x_.context.secret), .datamark = policy_.datamark};
  bool first = true;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (!guard::is_untrusted(seen_.parts[i].provenance)) continue;
    std::string marked = guard::spotlight(text_of(i), light);
    if (std::exchange(first, false)) marked.insert(0, guard::spotlight_note(light) + "\n");
    changed_[i] = std::move(marked);
  }
}

void GuardStage::watch_answers() {
  std::string prompt;
  size_t last = pieces_.size();
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].role != TextRole::system) continue;
    prompt.append(pieces_[i].text).append("\n");
    last = i;
  }
  if (last == pieces_.size()) return;
  std::string canary;
  if (g_.guards->canary()) {
    canary =
        guard::make_canary(std::to_string(x_.context.secret), static_cast<uint32_t>(hash64(prompt, x_.prefix_salt)));
    changed_[last] = std::string(text_of(last)) + "\n" + canary;
  }
  g_.leaks = x_.context.leak_indexes.of(prompt, canary);
  if (!g_.leaks) return;
  for (const TextPiece& p : pieces_)
    if (p.role == TextRole::user || p.role == TextRole::document) g_.said.emplace_back(p.text);
}

std::optional<ClientError> GuardStage::act() {
  const guard::Decision& total = seen_.outcome.total;
  g_.action = total.verdict.action;
  if (g_.action != Action::allow) g_.note = guard::explain(total);
  if (g_.action == Action::block) return ClientError{ErrorCode::content_blocked, {}, {}};
  changed_.resize(pieces_.size());
  if (policy_.reversible)
    for (const TextPiece& p : pieces_) g_.vault.avoid(p.text);
  for (size_t i = 0; i < pieces_.size(); ++i)
    if (!seen_.outcome.parts[i].redact.empty()) changed_[i] = without_personal_data(i);
  if (!seen_.only_data) {
    if (policy_.delimit) mark_untrusted();
    if (policy_.of(guard::Risk::leak).strictest() != Action::allow) watch_answers();
  }
  for (size_t i = 0; i < pieces_.size(); ++i)
    if (!changed_[i].empty())
      x_.in_place.push_back({pieces_[i].raw, pieces_[i].bare ? fmt::format("\"{}\"", json::escaped(changed_[i]))
                                                             : json::escaped(changed_[i])});
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
  GuardStage stage(x);
  if (auto error = stage.read()) co_return error;
  co_await stage.look();
  auto error = stage.act();
  x.context.counters.guarded[static_cast<size_t>(x.guarding->action)].add();
  x.context.counters.guard_ns.add((x.now() - begin).count());
  co_return error;
}

}  // namespace trine::gateway

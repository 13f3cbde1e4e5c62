#include "gateway/watch/watch.h"

#include <algorithm>

#include "gateway/exchange.h"
#include "gateway/identify/identify.h"

namespace trine::gateway {
namespace {

constexpr Nanos kSlowness = std::chrono::seconds(2);  // of each request of a slowed key

uint64_t hash_of(std::string_view text) {
  return text.empty() ? 0 : std::max<uint64_t>(1, std::hash<std::string_view>{}(text));
}

std::optional<protect::Signal> signal_of(const Exchange& x) {
  // By our own codes: what an engine or a vendor answers is not the client's doing. Malformed requests count nothing: a
  // client under development makes hundreds of them.
  const auto is = [code = std::string_view(x.error)](llm::ErrorCode e) { return code == llm::row(e).code; };
  using enum llm::ErrorCode;
  if (is(unknown_model)) return protect::Signal::unknown_model;
  if (is(route_not_allowed) || is(endpoint_not_allowed) || is(weights_not_allowed)) return protect::Signal::refused;
  if (is(rate_limited) || is(budget_exhausted)) return protect::Signal::limited;
  if (is(content_blocked) || is(answer_withheld)) return protect::Signal::guard_block;
  if (x.guarding && x.guarding->action == guard::Action::flag) return protect::Signal::guard_flag;
  return std::nullopt;
}

}  // namespace

void WatchFeed::add(protect::Observation o) {
  notes_.push_back(std::move(o));
  if (notes_.size() >= kBatch) flush();
}

void WatchFeed::flush() {
  if (hand_ && !notes_.empty()) hand_(std::exchange(notes_, {}));
}

protect::WatchLevel WatchFeed::level(std::string_view key) const {
  if (!levels_) return protect::WatchLevel::none;
  const auto it = levels_->find(key);
  return it == levels_->end() ? protect::WatchLevel::none : it->second;
}

net::Task<std::optional<llm::ClientError>> watch(Exchange& x) {
  switch (x.context.watch.level(x.tenant.key)) {
    case protect::WatchLevel::suspended:
      co_return llm::ClientError{llm::ErrorCode::key_suspended, {}, {}};
    case protect::WatchLevel::slowed:
      co_await x.context.loop.sleep(kSlowness);
      co_return std::nullopt;
    case protect::WatchLevel::flagged:
    case protect::WatchLevel::none:
      break;
  }
  co_return std::nullopt;
}

void note_request(Exchange& x, energy::Outcome) {
  if (!x.context.watch.on() || !x.key || x.tenant.key.empty()) return;
  // Clients without a key are nobody in particular: one of them must not shut out the others.
  if (x.snapshot->anonymous && x.key == &*x.snapshot->anonymous) return;
  // A suspended key's requests are refused for what it did before: they are held against it no further.
  if (std::string_view(x.error) == llm::row(llm::ErrorCode::key_suspended).code) return;
  protect::Observation o;
  o.key = x.tenant.key;
  o.at = x.context.clock().wall();
  o.address = hash_of(client_address(*x.snapshot->config, x.client));
  o.agent = hash_of(x.client.head().find("user-agent").value_or(std::string_view{}));
  o.tokens = static_cast<double>(x.call.facts.in + x.call.facts.out);
  o.signal = signal_of(x);
  x.context.watch.add(std::move(o));
}

}  // namespace trine::gateway

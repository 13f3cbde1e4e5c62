#include "gateway/cache/keeping.h"

#include "gateway/cache/answer_cache.h"
#include "gateway/exchange.h"

namespace trine::gateway {

Keeping::Keeping(Exchange& x, const cache::Key& key, std::shared_ptr<Flight> flight)
    : x_(x), key_(key), flight_(std::move(flight)) {
  if (!flight_) return;
  flight_->abandon = [this] {
    if (!x_.client_gone) return;
    if (x_.leave_room)
      x_.leave_room();
    else if (x_.call.upstream)
      x_.call.upstream->abort();
  };
}

Keeping::~Keeping() {
  end_flight();
}

void Keeping::end_flight() {
  if (!flight_) return;
  flight_->abandon = nullptr;
  flight_->content = nullptr;
  if (flight_->state == Flight::State::running) flight_->state = Flight::State::failed;
  x_.context.flights.end(key_, flight_.get());
  flight_->wake();
  flight_.reset();
}

void Keeping::again() {
  answer_ = {};
  given_up_ = finished_ = false;
  published_ = 0;
}

void Keeping::stream(std::string_view content_type) {
  answer_.streamed = true;
  answer_.content_type = content_type;
}

void Keeping::give_up() {
  given_up_ = true;
  end_flight();
  answer_ = {};
}

// An answer that is too long to be kept is written down for those who follow it, and for nobody else.
bool Keeping::too_long(size_t more) {
  const size_t bytes = answer_.events.content.size() + answer_.whole.size() + more;
  const RouteCacheConfig& c = *x_.route->cache;
  const auto most = static_cast<size_t>(followed() ? x_.snapshot->config->limits.response_bytes : c.max_answer);
  if (bytes > most) give_up();
  return given_up_;
}

void Keeping::content(std::string_view events) {
  if (given_up_ || too_long(events.size())) return;
  answer_.events.content += events;
}

void Keeping::event(std::string_view bytes, const llm::EventFacts& facts) {
  using Kind = llm::EventFacts::Kind;
  if (facts.finish != llm::Finish::none || facts.kind == Kind::done) finished_ = true;
  switch (facts.kind) {
    case Kind::content:
      content(bytes);
      if (facts.usage) answer_.events.usage_within = true;
      return;
    case Kind::usage_only:
      answer_.events.usage = bytes;
      return;
    case Kind::done:
    case Kind::other:
      return;
    case Kind::error:
      give_up();
      return;
  }
}

void Keeping::publish() {
  if (!flight_) return;
  const size_t now = answer_.events.content.size();
  if (flight_->content && now == published_) return;
  flight_->content_type = answer_.content_type;
  flight_->content = &answer_.events.content;
  published_ = now;
  flight_->wake();
}

void Keeping::whole(std::string_view content_type, std::string_view body) {
  if (too_long(body.size())) return;
  answer_.content_type = content_type;
  answer_.whole = body;
}

void Keeping::complete() {
  if (given_up_ || (answer_.streamed && !finished_)) return;
  given_up_ = true;
  const RouteCacheConfig& c = *x_.route->cache;
  const Call& call = x_.call;
  answer_.request = x_.id_view();
  answer_.deployment = call.facts.deployment;
  answer_.key = x_.tenant.key;
  answer_.user = x_.scan.user;
  answer_.in = call.facts.in;
  answer_.out = call.facts.out;
  answer_.figures = call.figures;
  answer_.made = x_.context.clock().wall();
  answer_.expires = answer_.made + c.ttl;
  if (!answer_.streamed) cache::find_places(answer_);
  const bool short_enough = answer_.events.content.size() + answer_.whole.size() <= static_cast<size_t>(c.max_answer);
  const auto answer = std::make_shared<const cache::Answer>(std::move(answer_));
  if (short_enough && (c.exact || meaning_)) {
    x_.context.answers->keep(key_, answer, x_.tenant, c.persist);
    if (meaning_)
      x_.context.answers->vectors().put(meaning_->scope, std::move(meaning_->unit), key_,
                                        static_cast<size_t>(c.semantic->entries));
  }
  if (!flight_) return;
  flight_->answer = answer;
  flight_->state = Flight::State::done;
  end_flight();
}

bool nobody_waits(const Exchange& x) {
  return x.client_gone && !(x.keeping && x.keeping->followed());
}

}  // namespace trine::gateway

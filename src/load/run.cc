#include "load/run.h"

#include <algorithm>
#include <utility>

namespace trine::load {
namespace {

constexpr int kAtOnce = 64;  // then answers are read, even where we are behind with sending
constexpr Nanos kMostToConnect = std::chrono::seconds(10);

net::Origin origin_of(const Target& target, const RunOptions& o) {
  net::Origin origin = target.origin;
  origin.connect_timeout = std::min(o.timeout, kMostToConnect);
  origin.max_idle = o.most_open;
  return origin;
}

}  // namespace

Run::Run(net::Loop& loop, Target target, RunOptions options, net::Dialer* dialer)
    : net::Timer(loop),
      loop_(loop),
      target_(std::move(target)),
      o_(std::move(options)),
      pool_(loop, origin_of(target_, o_), dialer),
      schedule_(o_.pattern) {}

void Run::start(std::function<void()> ended) {
  ended_ = std::move(ended);
  start_ = loop_.clock().mono();
  next_ = schedule_.next();
  expired();
}

void Run::expired() {
  for (int n = 0; !stopped_ && next_; ++n) {
    const Nanos ahead = start_ + next_->at - loop_.clock().mono();
    if (ahead > Nanos(0) || n == kAtOnce) return arm(std::max(ahead, Nanos(0)));
    send(*next_);
    next_ = schedule_.next();
  }
  end_if_over();
}

void Run::send(const Arrival& arrival) {
  tally_.due(loop_.clock().mono() - (start_ + arrival.at));
  if (open_ >= o_.most_open) return tally_.not_sent();
  ++open_;
  net::spawn(one(arrival));
}

net::Task<void> Run::one(Arrival a) {
  const Tally::Sent sent{.scheduled = start_ + a.at, .document = a.document.has_value()};
  Body body = make_body(a, o_.body, o_.documents);
  const Outcome outcome =
      co_await call(loop_, pool_, target_, std::move(body), a.stream, sent.scheduled + o_.timeout, *this);
  tally_.over(sent, outcome);
  --open_;
  end_if_over();
}

void Run::carries(net::UpstreamConnection& c) {
  carrying_.insert(&c);
  if (stopped_) c.abort();
}

void Run::stop() {
  stopped_ = true;
  disarm();
  // Each ends its call, which takes it out of the set, maybe at once.
  const std::vector<net::UpstreamConnection*> all(carrying_.begin(), carrying_.end());
  for (auto* c : all)
    if (carrying_.contains(c)) c->abort();
  end_if_over();
}

void Run::end_if_over() {
  if (open_ > 0 || (next_ && !stopped_) || !ended_) return;
  end_ = loop_.clock().mono();
  // Not from inside: whoever is told may end the loop, or us.
  loop_.post(std::exchange(ended_, nullptr));
}

Nanos Run::elapsed() const {
  return end_.value_or(loop_.clock().mono()) - start_;
}

}  // namespace trine::load

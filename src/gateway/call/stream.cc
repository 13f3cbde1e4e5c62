#include <array>
#include <vector>

#include "gateway/call/relay.h"
#include "gateway/guard/answer.h"
#include "gateway/reply.h"
#include "gateway/settle/settle.h"
#include "gateway/watch/refusals.h"
#include "llm/event.h"
#include "net/sse_relay.h"

namespace trine::gateway {
namespace {

using energy::Outcome;
using llm::EventFacts;
using net::EventVerdict;

// Keep-alives: lines of comments, and nothing else.
bool is_comment(std::string_view event) {
  bool line_begins = true;
  for (const char c : event) {
    const bool ends = c == '\n' || c == '\r';
    if (line_begins && !ends && c != ':') return false;
    line_begins = ends;
  }
  return true;
}

constexpr size_t kMostHeld = 64 << 10;  // of what comes before the first token

// Sees each event: counts tokens, takes the usage, and settles before the event that tells the client that it has all.
class Sink final : public net::EventSink {
 public:
  Sink(Exchange& x, bool hides_usage, IdempotencyClaim& claim)
      : x_(x), hides_usage_(hides_usage), claim_(claim), read_(llm::has_model_body(x.endpoint)), last_event_(x.now()) {
    if (x.guarding && read_) guard_.emplace(x);
  }

  EventVerdict event(std::string_view bytes) override {
    // An engine that is stuck sends them too: they are neither progress nor the first token.
    if (is_comment(bytes)) return {};
    last_event_ = x_.now();
    if (!read_) {
      started_ = true;
      return {};
    }
    const EventFacts facts = llm::scan_event(bytes);
    if (facts.usage) x_.call.usage = facts.usage;
    if (facts.kind == EventFacts::Kind::content) {
      tokens_ += facts.tokens;
      if (facts.tokens > 0) started_ = true;
    } else {
      started_ = true;
    }
    if (!guard_) {
      if (x_.keeping) x_.keeping->event(bytes, facts);
      return ours(bytes, facts);
    }

    // 8 guard-out
    const bool ends = facts.kind != EventFacts::Kind::content || facts.finish != llm::Finish::none;
    EventVerdict guarded = guard_->event(bytes, ends);
    if (guard_->stopped()) return {.action = EventVerdict::Action::drop, .before = {}, .text = {}};
    const bool changed = guarded.action == EventVerdict::Action::replace;
    const EventFacts left = changed ? llm::scan_event(guarded.text) : facts;
    if (x_.keeping) {
      x_.keeping->content(guarded.before);
      if (guarded.action != EventVerdict::Action::drop) x_.keeping->event(changed ? guarded.text : bytes, left);
    }
    EventVerdict verdict = ours(changed ? std::string_view(guarded.text) : bytes, left);
    if (changed && verdict.action == EventVerdict::Action::pass) {
      verdict.action = EventVerdict::Action::replace;
      verdict.text = std::move(guarded.text);
    }
    verdict.before.insert(0, guarded.before);
    return verdict;
  }

  // The answer must not go on.
  bool stopped() const { return guard_ && guard_->stopped(); }
  // Writes down what the guard found. Before the request is recorded.
  void finish_guard() {
    if (guard_) guard_->finish();
    guard_.reset();
  }

  // It has ended, and nothing is wrong with it.
  void keep() {
    if (x_.keeping && !failed_ && !stopped() && read_) x_.keeping->complete();
  }

  // A token came, or anything else that the client must see at once.
  bool started() const { return started_; }
  Mono last_event() const { return last_event_; }
  // The engine is not to blame for a client that reads slowly.
  void waited_for_client(Nanos d) { last_event_ += d; }
  Tokens take_tokens() { return std::exchange(tokens_, 0); }

  // The answer is complete: recorded before its last byte is sent.
  void settle() {
    const Outcome outcome = failed_ ? Outcome::failed : Outcome::ok;
    if (tokens_ > 0) note_tokens();
    x_.status = x_.call.upstream->head().status;
    if (failed_) x_.error = "upstream_error";
    finish_guard();
    close_call(x_, outcome, x_.status);
    if (x_.client_gone) x_.status = 499;  // others waited for it
    close_request(x_, x_.client_gone && !failed_ ? Outcome::cancelled : outcome);
    Health& health = x_.call.deployment->state->health;
    if (failed_)
      health.failure(x_.now(), x_.call.start);
    else
      health.success();
    if (claim_ && !failed_) claim_.finish(nullptr);  // streams are not kept
  }

  void note_tokens() {
    if (x_.call.first_token == Mono{} && tokens_ > 0) {
      x_.call.first_token = x_.now();
      x_.call.facts.first_token = x_.context.clock().wall();
      x_.call.deployment->state->health.progress();
    }
    note_progress(x_.call, take_tokens(), 0, x_.context.clock().wall());
  }

 private:
  // What becomes of an event for the figures' sake.
  EventVerdict ours(std::string_view bytes, const EventFacts& facts) {
    switch (facts.kind) {
      case EventFacts::Kind::content:
      case EventFacts::Kind::other:
        return {};
      case EventFacts::Kind::usage_only:
        if (hides_usage_) return {.action = EventVerdict::Action::drop, .before = {}, .text = {}};
        return with_figures(bytes, facts);
      case EventFacts::Kind::done:
        if (!facts.usage_raw.empty()) return with_figures(bytes, facts);
        if (told_) return {};
        settle();
        return {.action = EventVerdict::Action::pass, .before = llm::trine_comment(figures_json(x_)), .text = {}};
      case EventFacts::Kind::error:
        failed_ = true;
        return {};
    }
    return {};
  }

  EventVerdict with_figures(std::string_view bytes, const EventFacts& facts) {
    settle();
    told_ = true;
    return {.action = EventVerdict::Action::replace,
            .before = {},
            .text = llm::event_with_trine(bytes, facts, figures_json(x_))};
  }

  Exchange& x_;
  bool hides_usage_;
  IdempotencyClaim& claim_;
  bool read_;
  Mono last_event_;
  bool started_ = false;
  bool failed_ = false;
  bool told_ = false;
  Tokens tokens_ = 0;
  std::optional<AnswerGuard> guard_;
};

std::string stream_head(const Exchange& x, bool chunked) {
  std::string head = head_from_upstream(x, x.call.upstream->head());
  if (chunked) head += "transfer-encoding: chunked\r\n";
  add_connection(head, x);
  head += "\r\n";
  return head;
}

// Keeps the exchange in the worker's list of running streams, for metering.
class Running {
 public:
  explicit Running(Exchange& x) : x_(x) {
    if (x.call.deployment->metered()) x.context.running.insert(&x);
  }
  ~Running() { x_.context.running.erase(&x_); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Exchange& x_;
};

// The rest of the answer must not go out: the engine is stopped, and the client told in the stream.
net::Task<void> withhold(Exchange& x, net::SseRelay& relay, IdempotencyClaim& claim) {
  if (x.call.upstream) x.call.upstream->abort();
  x.call.upstream.reset();
  const llm::ClientError told{llm::ErrorCode::answer_withheld, {}, {}};
  x.status = x.head_sent ? 200 : llm::status(told);
  x.error = llm::row(told.code).code;
  close_call(x, Outcome::cancelled, 200);
  close_request(x, Outcome::refused);
  note_refusal(x, told);
  if (claim) claim.finish(nullptr);
  if (!x.head_sent) {
    co_await send_error(x, told);
    co_return;
  }
  std::vector<std::string_view> out;
  relay.append(llm::openai_error_event(told, x.id_view()), out);
  relay.append_end(out);
  co_await x.client.send(out);
  x.client.close_after();
}

}  // namespace

net::Task<Relayed> relay_stream(Exchange& x, bool hides_usage, IdempotencyClaim& claim, llm::ClientError& error) {
  const Running running(x);
  net::UpstreamConnection& up = *x.call.upstream;
  const TimeoutsConfig& timeouts = x.snapshot->config->timeouts;
  const bool chunked = x.client.head().minor >= 1;
  if (!chunked || x.context.draining) x.client.close_after();
  Sink sink(x, hides_usage, claim);
  net::SseRelay relay(sink, up.head().chunked, up.head().content_length, chunked);
  using State = net::SseRelay::State;

  if (x.keeping) x.keeping->stream(up.head().find("content-type").value_or("text/event-stream"));
  std::string head = stream_head(x, chunked);
  std::string held;  // events before the first token
  std::vector<std::string_view> out;
  out.reserve(8);
  Error broken{Code::unavailable, {}};
  bool stopped = false;  // by the guard
  for (bool eof = false;;) {
    out.clear();
    if (!x.head_sent) out.push_back(head);
    const std::string_view in = up.unread();
    State state = State::more;
    if (eof)
      state = relay.closed(out);
    else if (!in.empty())
      state = relay.feed(in, out);
    x.call.bytes_out += in.size();
    if (x.call.open) sink.note_tokens();
    if (sink.stopped()) {
      stopped = true;
      if (x.keeping) x.keeping.reset();  // nobody gets more of it
      if (x.head_sent && !out.empty() && !co_await x.client.send(out)) x.client_gone = true;
      break;
    }
    if (state == State::end && x.call.open) sink.settle();
    if (state == State::end) sink.keep();
    const bool broke = state == State::bad || state == State::too_long;
    // What came whole before the break, in the same read, is the client's: it may have been its end, and on record.
    if (x.head_sent || sink.started() || state == State::end || (held.size() > kMostHeld && !broke)) {
      if (!held.empty()) out.insert(out.begin() + 1, held);
      x.head_sent = true;
      const Mono before = x.now();
      if (x.keeping) x.keeping->publish();
      if (!out.empty() && !co_await x.client.send(out)) {
        x.client_gone = true;
        if (nobody_waits(x)) break;
      }
      sink.waited_for_client(x.now() - before);
      if (!head.empty()) {
        // No other deployment can be asked any more: what it would have needed is not held for the life of a stream.
        head = held = {};
        x.body = {};
      }
    } else {
      for (size_t i = 1; i < out.size(); ++i) held += out[i];
    }
    if (broke) {
      broken.code = eof ? Code::unavailable : Code::data_loss;
      break;
    }
    up.consume(in.size());
    if (state == State::end) {
      if (!eof && up.head().keep_alive) up.mark_reusable();
      release_upstream(x);
      co_return Relayed::answered;
    }
    const Nanos patience = sink.last_event() + (sink.started() ? timeouts.stream_idle : timeouts.first_byte) - x.now();
    if (patience <= Nanos(0)) {  // with so many comments no read would ever be late
      broken.code = Code::deadline_exceeded;
      break;
    }
    up.deadline().arm(time_left(x, patience));
    const net::IoResult read = co_await up.more();
    if (nobody_waits(x)) break;
    eof = read.status == net::Status::eof;
    if (read.ok() || eof) continue;
    if (up.deadline().fired()) broken.code = Code::deadline_exceeded;
    break;
  }

  sink.finish_guard();
  if (nobody_waits(x)) {
    abandon(x);
    co_return Relayed::answered;
  }
  if (stopped) {
    co_await withhold(x, relay, claim);
    co_return Relayed::answered;
  }
  error = upstream_error(broken);
  x.call.upstream.reset();
  if (!x.head_sent) {
    close_call(x, Outcome::failed, 200);
    co_return Relayed::again;
  }
  if (x.recorded) {
    // It broke behind its last event: the client has all, and only the end of the coding is missing.
    out.clear();
    relay.append_end(out);
    co_await x.client.send(out);
    co_return Relayed::answered;
  }
  // The client has part of the answer: it is told in the stream.
  const llm::ClientError told{
      broken.code == Code::deadline_exceeded ? llm::ErrorCode::upstream_timeout : llm::ErrorCode::upstream_broke_stream,
      {},
      {}};
  x.call.deployment->state->health.failure(x.now(), x.call.start);
  x.status = 200;
  x.error = llm::row(told.code).code;
  close_request(x, Outcome::failed);
  out.clear();
  relay.append(llm::openai_error_event(told, x.id_view()), out);
  relay.append_end(out);
  co_await x.client.send(out);
  x.client.close_after();
  co_return Relayed::answered;
}

}  // namespace trine::gateway

#include "gateway/cache/give.h"

#include <algorithm>

#include "gateway/cache/flight.h"
#include "gateway/reply.h"
#include "gateway/settle/settle.h"
#include "llm/answer_form.h"
#include "llm/event.h"
#include "llm/response.h"

namespace trine::gateway {
namespace {

using energy::Outcome;

constexpr std::string_view kDone = "data: [DONE]\n\n";
constexpr Given kFollowed{"cache.coalesced", "coalesced"};

int64_t whole_seconds(Nanos age) {
  return std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

// The record, before the client has its last byte.
void settle_spared(Exchange& x, const cache::Answer& a, Given as, Nanos old) {
  x.spared.push_back({as.step, a.in, a.out, a.figures});
  const fmt::format_int age(whole_seconds(old));
  x.reason.clear();
  x.reason.reserve(128);
  x.reason.append(as.step).append(": the answer of ").append(a.deployment).append(" to ").append(a.request);
  x.reason.append(", ").append(age.data(), age.size()).append(" s old");
  x.status = 200;
  if (x.snapshot->baseline) x.given_from = x.snapshot->deployment(a.deployment);
  close_request(x, Outcome::ok);
}

std::string head_of(Exchange& x, std::string_view content_type, Given as, Nanos old) {
  x.cached_as = as.shown;
  std::string head = own_head(x, 200, content_type);
  const fmt::format_int age(whole_seconds(old));
  head.append("age: ").append(age.data(), age.size()).append("\r\n");
  return head;
}

// What comes behind the events with the answer's texts. REQUIRES: the request is settled.
std::string stream_end(const Exchange& x, const llm::AnswerEvents& events) {
  std::string out;
  if (x.scan.include_usage && !events.usage.empty())
    out = llm::event_with_trine(events.usage, llm::scan_event(events.usage), figures_json(x));
  else
    out = llm::trine_comment(figures_json(x));
  return out += kDone;
}

net::Task<void> give_events(Exchange& x, const cache::Answer& a, const llm::AnswerEvents& events, Given as, Nanos old) {
  settle_spared(x, a, as, old);
  std::string head = head_of(x, "text/event-stream; charset=utf-8", as, old);
  head += "cache-control: no-cache\r\n";
  add_figures(head, x);
  const std::string end = stream_end(x, events);
  const std::array<std::string_view, 2> body = {events.content, end};
  co_await send_whole(x, std::move(head), body);
}

// Where figures go; nothing in what is no JSON object.
std::optional<llm::ResponseScan> places_in(const cache::Answer& a, std::string_view body) {
  if (a.places && body.data() == a.whole.data()) {
    llm::ResponseScan scan;
    scan.usage_raw = body.substr(a.places->usage_at, a.places->usage_size);
    scan.trine_raw = body.substr(a.places->trine_at, a.places->trine_size);
    return scan;
  }
  auto scan = llm::scan_response(body);
  if (!scan) return std::nullopt;
  return std::move(*scan);
}

net::Task<void> give_whole(Exchange& x, IdempotencyClaim& claim, const cache::Answer& a, std::string_view body,
                           Given as, Nanos old) {
  settle_spared(x, a, as, old);
  std::string head = head_of(x, a.streamed ? "application/json" : std::string_view(a.content_type), as, old);
  add_figures(head, x);
  json::Splice spliced(body);
  if (const auto scan = places_in(a, body)) spliced = llm::splice_trine(body, *scan, figures_json(x));
  if (claim) {
    const bool kept = spliced.size() <= Idempotency::kMaxAnswer;
    claim.finish(kept ? std::make_shared<const StoredAnswer>(StoredAnswer{200, head, spliced.str()}) : nullptr);
  }
  const std::vector<std::string_view> pieces = spliced.pieces();
  co_await send_whole(x, std::move(head), pieces);
}

// One piece of a stream in HTTP's chunked coding.
std::string chunk(std::string_view bytes) {
  return bytes.empty() ? std::string() : fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

// The client left while it followed.
void leave(Exchange& x) {
  x.client_gone = true;
  x.status = 499;
  close_request(x, Outcome::cancelled);
}

// The call broke when this client had a part of its answer: it is told in the stream, as the first one is.
net::Task<void> tell_broken(Exchange& x) {
  const llm::ClientError told{llm::ErrorCode::upstream_broke_stream, {}, {}};
  x.status = 200;
  x.error = llm::row(told.code).code;
  close_request(x, Outcome::failed);
  const std::string last = chunk(llm::openai_error_event(told, x.id_view())) + "0\r\n\r\n";
  const std::array<std::string_view, 1> out = {last};
  co_await x.client.send(out);
  x.client.close_after();
}

// Events as they come. True: answered; else the call failed before a byte went out.
net::Task<bool> follow_events(Exchange& x, Follower& me) {
  Flight& flight = me.flight();
  size_t sent = 0;  // of the events
  for (;;) {
    if (x.client_gone) {
      leave(x);
      co_return true;
    }
    const bool done = flight.state == Flight::State::done;
    const bool late = !done && x.now() >= x.must_end;
    if (late || flight.state == Flight::State::failed || (done && !flight.answer->streamed)) {
      if (!x.head_sent) co_return false;
      co_await tell_broken(x);
      co_return true;
    }
    const std::string* content = done ? &flight.answer->events.content : flight.content;
    // A copy: the other one's answer grows while this is on its way.
    std::string out = content ? chunk(std::string_view(*content).substr(sent)) : std::string();
    if (content) sent = content->size();
    if (done) {
      settle_spared(x, *flight.answer, kFollowed, x.context.clock().wall() - flight.answer->made);
      out += chunk(stream_end(x, flight.answer->events)) + "0\r\n\r\n";
    }
    if (!out.empty()) {
      if (!x.head_sent) {
        if (x.context.draining) x.client.close_after();
        std::string head = head_of(x, flight.content_type, kFollowed, Nanos(0));
        head += "transfer-encoding: chunked\r\n";
        add_connection(head, x);
        out.insert(0, head + "\r\n");
        x.head_sent = true;
      }
      const std::array<std::string_view, 1> slices = {out};
      if (!co_await x.client.send(slices)) x.client_gone = true;
      if (done) co_return true;
      continue;
    }
    co_await me.wait(x.must_end - x.now());
  }
}

}  // namespace

net::Task<bool> give(Exchange& x, IdempotencyClaim& claim, const cache::Answer& a, Given as, Nanos old) {
  if (x.scan.stream) {
    std::optional<llm::AnswerEvents> made;
    if (!a.streamed) {
      made = llm::answer_events(x.endpoint, a.whole);
      if (!made) co_return false;
    }
    const llm::AnswerEvents& events = made ? *made : a.events;
    if (x.scan.include_usage && events.usage.empty() && !events.usage_within) co_return false;
    co_await give_events(x, a, events, as, old);
    if (claim) claim.finish(nullptr);  // streams are not kept
    co_return true;
  }
  std::optional<std::string> made;
  if (a.streamed) {
    made = llm::whole_answer(x.endpoint, a.events);
    if (!made) co_return false;
  }
  co_await give_whole(x, claim, a, made ? *made : a.whole, as, old);
  co_return true;
}

net::Task<bool> follow(Exchange& x, IdempotencyClaim& claim, std::shared_ptr<Flight> flight) {
  Follower me(x.context.loop, flight);
  x.client.watch([&x, &me] {
    x.client_gone = true;
    me.wake();
  });
  // Until it shows how it comes: a stream can be followed by who asked for one, all else is waited for.
  const bool chunked = x.client.head().minor >= 1;
  while (!x.client_gone && flight->state == Flight::State::running && !(flight->content && x.scan.stream && chunked)) {
    if (x.now() >= x.must_end) break;
    co_await me.wait(x.must_end - x.now());
  }
  bool answered = true;
  if (x.client_gone)
    leave(x);
  else if (flight->content && x.scan.stream && chunked)
    answered = co_await follow_events(x, me);
  else
    answered = flight->state == Flight::State::done &&
               co_await give(x, claim, *flight->answer, kFollowed, x.context.clock().wall() - flight->answer->made);
  if (answered && claim && x.status == 200 && !*x.error) claim.finish(nullptr);  // a stream: not kept
  // `me` ends here.
  x.client.watch([&x] { x.client_gone = true; });
  co_return answered;
}

}  // namespace trine::gateway

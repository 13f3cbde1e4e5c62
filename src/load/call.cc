#include "load/call.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "json/read.h"
#include "llm/event.h"
#include "llm/response.h"
#include "net/sse_relay.h"

namespace trine::load {
namespace {

using net::UpstreamConnection;

// What a failure is called: only what is a name, since it stands in tables and JSON.
std::string name_of(std::string_view text) {
  text = text.substr(0, kMaxCode);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  return plain ? std::string(text) : std::string();
}

// The code of {"error": {"code", "type"}}, of {"error": "text"} or of {"code"}; empty where there is none. The message
// is not taken: it may repeat what was sent.
std::string error_code(std::string_view json) {
  const auto error = json::member(json, "error");
  if (!error) return {};
  const std::string_view object = *error && (*error)->is_object() ? (*error)->raw : json;
  for (const char* key : {"code", "type"}) {
    const auto found = json::member(object, key);
    if (!found || !*found || (*found)->is_null()) continue;
    std::string name = name_of((*found)->is_string() ? (*found)->escaped() : (*found)->raw);
    if (!name.empty()) return name;
  }
  return {};
}

// The data of an event, for its error's code.
std::string_view data_of(std::string_view event) {
  const size_t at = event.find("data:");
  if (at == event.npos) return {};
  return trim(event.substr(at + 5, event.find_first_of("\r\n", at) - at - 5));
}

class Events final : public net::EventSink {
 public:
  Events(const Clock& clock, Outcome& out) : clock_(clock), out_(out) {}

  net::EventVerdict event(std::string_view bytes) override {
    using Kind = llm::EventFacts::Kind;
    const llm::EventFacts facts = llm::scan_event(bytes);
    if (facts.tokens > 0) {
      const Mono now = clock_.mono();
      if (!out_.first_token) out_.first_token = now;
      out_.last_token = now;
      out_.deltas += facts.tokens;
    }
    if (facts.usage) out_.usage = facts.usage;
    if (!facts.trine_raw.empty()) out_.figures = read_figures(facts.trine_raw);
    done |= facts.kind == Kind::done;
    if (facts.kind == Kind::error && !error) {
      error = true;
      out_.code = error_code(data_of(bytes));
    }
    return {.action = net::EventVerdict::Action::drop, .before = {}, .text = {}};
  }

  bool done = false, error = false;

 private:
  const Clock& clock_;
  Outcome& out_;
};

void fails(Outcome& out, std::string code, std::string problem = {}) {
  out.kind = Outcome::Kind::failed;
  out.code = std::move(code);
  out.problem = std::move(problem);
}

void fails(Outcome& out, const Error& e) {
  constexpr std::string_view kEngine = "the engine";  // net's sentences speak of engines
  std::string problem = e.message;
  if (problem.starts_with(kEngine)) problem = "the server" + problem.substr(kEngine.size());
  switch (e.code) {
    case Code::deadline_exceeded:
      return fails(out, "timeout");
    case Code::unavailable:
      return fails(out, "connection_closed", std::move(problem));
    case Code::out_of_range:
      return fails(out, "answer_too_large", std::move(problem));
    default:
      return fails(out, "not_http", std::move(problem));
  }
}

// Sends and receives on one connection.
class Exchange {
 public:
  Exchange(net::Loop& loop, UpstreamConnection& c, Mono until, Outcome& out)
      : loop_(loop), c_(c), until_(until), out_(out) {}

  net::Task<void> run(std::string_view head, const Body& body, bool stream) {
    const std::array<std::string_view, 4> slices = {head, body.head, body.document, body.tail};
    c_.deadline().arm(left());
    if (const net::IoResult sent = co_await c_.send(slices); !sent.ok() && c_.deadline().fired())
      co_return fails(out_, "timeout");
    // Where sending failed, an answer may be there all the same: a server that refuses a body need not read it.
    if (auto read = co_await c_.read_head(left()); !read) co_return fails(out_, read.error());
    out_.status = c_.head().status;
    const auto type = c_.head().find("content-type").value_or("");
    if (stream && out_.status == 200 && iequals(type.substr(0, 17), "text/event-stream"))
      co_await read_stream();
    else
      co_await read_whole();
  }

 private:
  Nanos left() const { return std::max(until_ - loop_.clock().mono(), Nanos(1)); }

  net::Task<void> read_whole() {
    std::string body;
    if (auto read = co_await c_.read_body(body, kMaxAnswer, json::kPadding, left()); !read)
      co_return fails(out_, read.error());
    if (out_.status != 200) co_return fails(out_, error_code(body));
    const auto scan = llm::scan_response(body);
    if (!scan) co_return fails(out_, "not_json", "the answer is no JSON object");
    if (scan->is_error) co_return fails(out_, error_code(body));
    out_.kind = Outcome::Kind::answered;
    out_.usage = scan->usage;
    out_.figures = scan->trine_raw.empty() ? read_figures(c_.head()) : read_figures(scan->trine_raw);
  }

  net::Task<void> read_stream() {
    using State = net::SseRelay::State;
    Events events(loop_.clock(), out_);
    net::SseRelay relay(events, c_.head().chunked, c_.head().content_length, false);
    std::vector<std::string_view> dropped;
    c_.deadline().arm(left());
    for (;;) {
      const std::string_view bytes = c_.unread();
      const State state = relay.feed(bytes, dropped);
      c_.consume(bytes.size());
      dropped.clear();
      if (state == State::end) {
        if (c_.head().keep_alive) c_.mark_reusable();
        break;
      }
      if (state != State::more) co_return fails(out_, "not_http", "the stream's framing is broken");
      const net::IoResult r = co_await c_.more();
      if (r.ok()) continue;
      if (c_.deadline().fired()) co_return fails(out_, "timeout");
      const State closed = r.status == net::Status::eof ? relay.closed(dropped) : State::bad;
      if (events.done || events.error || closed == State::end) break;
      co_return fails(out_, "stream_cut", "the server closed the connection in the middle of a stream");
    }
    c_.deadline().disarm();
    if (events.error) co_return fails(out_, std::exchange(out_.code, {}));
    if (!events.done) co_return fails(out_, "stream_cut", "a stream ended without [DONE]");
    out_.kind = Outcome::Kind::answered;
  }

  net::Loop& loop_;
  UpstreamConnection& c_;
  Mono until_;
  Outcome& out_;
};

std::string head_of(const Target& target, size_t length, bool stream) {
  std::string head = "POST " + target.path + " HTTP/1.1\r\nHost: " + target.authority +
                     "\r\nUser-Agent: trine-load\r\nContent-Type: application/json\r\nAccept-Encoding: identity\r\n";
  head.append("Accept: ").append(stream ? "text/event-stream" : "application/json").append("\r\n");
  if (!target.key.empty()) head.append("Authorization: Bearer ").append(target.key).append("\r\n");
  head.append("Content-Length: ").append(std::to_string(length)).append("\r\n\r\n");
  return head;
}

}  // namespace

net::Task<Outcome> call(net::Loop& loop, net::Pool& pool, const Target& target, Body body, bool stream, Mono until,
                        Carrier& carrier) {
  const std::string head = head_of(target, body.size(), stream);
  for (bool fresh = false;; fresh = true) {
    Outcome out;
    auto acquired = co_await pool.acquire(fresh);
    if (!acquired) {
      fails(out, acquired.error().code == Code::deadline_exceeded ? "connect_timeout" : "no_connection",
            std::move(acquired.error().message));
      out.end = loop.clock().mono();
      co_return out;
    }
    std::unique_ptr<UpstreamConnection> c = std::move(*acquired);
    carrier.carries(*c);
    co_await Exchange(loop, *c, until, out).run(head, body, stream);
    carrier.done(*c);
    out.end = loop.clock().mono();
    if (c->aborted()) {
      out.kind = Outcome::Kind::unfinished;
      co_return out;
    }
    const bool was_dead = c->reused() && !c->answered() && out.code == "connection_closed";
    if (was_dead && !fresh) continue;
    pool.release(std::move(c));
    co_return out;
  }
}

}  // namespace trine::load

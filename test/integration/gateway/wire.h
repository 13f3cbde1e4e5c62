// Both sides of the gateway as a test plays them: clients and engines on streams in memory, and what they say.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/chunked.h"
#include "net/http_head.h"
#include "net/memory.h"
#include "net/upstream.h"

namespace trine::gateway::test {

using namespace std::chrono_literals;
using std::string;
using std::string_view;

// One message, decoded.
struct Message {
  string start;  // "POST /v1/models HTTP/1.1", "HTTP/1.1 200 OK"
  int status = 0;
  std::vector<std::pair<string, string>> headers;
  string body;
  bool chunked = false;
  bool complete = false;

  string header(string_view lower_name) const {
    for (const auto& [name, value] : headers)
      if (iequals(name, lower_name)) return value;
    return {};
  }
  bool has(string_view lower_name) const {
    for (const auto& h : headers)
      if (iequals(h.first, lower_name)) return true;
    return false;
  }
};

// Takes one whole message from the front of `bytes`; an incomplete one (complete == false) takes nothing. A body
// without a length lasts to the end of the bytes.
inline Message take_message(string& bytes, bool request, bool no_body = false) {
  Message m;
  const size_t n = net::head_length(bytes);
  if (n == 0) return m;
  net::Head head;
  const string raw = bytes.substr(0, n);
  const auto error = request ? net::parse_request(raw, head) : net::parse_response(raw, head);
  if (error != net::HeadError::none) throw std::runtime_error("not HTTP: " + raw);
  m.start = raw.substr(0, raw.find("\r\n"));
  m.status = head.status;
  for (const auto& h : head.headers) m.headers.emplace_back(h.name, h.value);
  m.chunked = head.chunked;
  string_view rest = string_view(bytes).substr(n);
  if (no_body) {
    m.complete = true;
  } else if (head.chunked) {
    net::ChunkDecoder decoder;
    string_view piece;
    auto step = net::ChunkDecoder::Step::data;
    while ((step = decoder.next(rest, piece)) == net::ChunkDecoder::Step::data) m.body += piece;
    if (step == net::ChunkDecoder::Step::bad) throw std::runtime_error("broken chunks: " + bytes);
    m.complete = step == net::ChunkDecoder::Step::end;
  } else if (head.content_length) {
    m.body = rest.substr(0, static_cast<size_t>(*head.content_length));
    rest.remove_prefix(m.body.size());
    m.complete = m.body.size() == *head.content_length;
  } else if (request) {
    m.complete = true;
  } else {
    m.body = rest;
    rest = {};
  }
  if (m.complete) bytes.erase(0, bytes.size() - rest.size());
  return m;
}

// The far end of a connection: sends what the test says, and keeps all that comes.
class Peer : net::Stream::Done {
 public:
  explicit Peer(std::unique_ptr<net::Stream> stream, bool reads = true) : stream_(std::move(stream)) {
    if (reads) read();
  }
  virtual ~Peer() = default;

  void read() { stream_->read(buffer_, *this); }
  void send(string_view bytes) {
    const std::array<string_view, 1> slices = {kept_.emplace_back(bytes)};
    stream_->write(slices, sent_);
  }
  void leave() { stream_->close(); }

  string received;
  bool ended = false;

 protected:
  virtual void arrived() {}

 private:
  struct Ignore final : net::Stream::Done {
    void done(net::IoResult) override {}
  };
  void done(net::IoResult r) override {
    received.append(buffer_.data(), r.n);
    if (r.ok()) {
      arrived();
      read();
    } else {
      ended = true;
    }
  }

  std::unique_ptr<net::Stream> stream_;
  std::array<char, 4096> buffer_{};
  std::deque<string> kept_;
  Ignore sent_;
};

class Client final : public Peer {
 public:
  using Peer::Peer;
  // The answer at the front of what came; taken away if it is whole.
  Message answer(bool no_body = false) { return take_message(received, false, no_body); }
};

// ---- engines ----

class EngineSide;

// A server behind the gateway. By default it keeps what it is asked and says nothing.
struct Engine {
  std::function<void(EngineSide&, const Message&)> on_request;
  bool refuses = false;  // connections
  bool silent = false;   // does not even answer a SYN
  Nanos dial_takes{0};
  net::MemoryFaults to_engine, from_engine;
  std::deque<std::unique_ptr<EngineSide>> sides;  // by connection
  std::vector<Message> asked;

  EngineSide& side() const;  // the last
};

class EngineSide final : public Peer {
 public:
  EngineSide(Engine& engine, std::unique_ptr<net::Stream> stream) : Peer(std::move(stream)), engine_(engine) {}

 private:
  void arrived() override {
    for (;;) {
      Message m = take_message(received, true);
      if (!m.complete) return;
      engine_.asked.push_back(m);
      if (engine_.on_request) engine_.on_request(*this, m);
    }
  }
  Engine& engine_;
};

inline EngineSide& Engine::side() const {
  if (sides.empty()) throw std::runtime_error("nobody has called this engine");
  return *sides.back();
}

// Engines by host name, reached over streams in memory.
class Engines final : public net::Dialer {
 public:
  Engine& operator[](const string& host) { return engines_[host]; }

  net::Task<Result<std::unique_ptr<net::Stream>>> dial(net::Loop& loop, net::HostPort to, Nanos timeout) override {
    Engine& e = engines_[to.host];
    if (e.refuses) co_return fail(Code::unavailable, "{} refuses", to.host);
    if (e.silent) {
      co_await loop.sleep(timeout);
      co_return fail(Code::deadline_exceeded, "{} does not answer", to.host);
    }
    if (e.dial_takes > Nanos(0)) co_await loop.sleep(e.dial_takes);
    auto [ours, theirs] = net::memory_pair(loop, e.to_engine, e.from_engine);
    e.sides.push_back(std::make_unique<EngineSide>(e, std::move(theirs)));
    co_return std::move(ours);
  }
  void leave() {
    for (auto& [host, e] : engines_)
      for (auto& s : e.sides) s->leave();
  }

 private:
  std::map<string, Engine> engines_;
};

// ---- what they say ----

inline string json_answer(string_view body, int status = 200, string_view headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Type: application/json\r\n" + string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + string(body);
}
inline string usage_json(int in, int out, int cached = 0) {
  return fmt::format(
      R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}}}})",
      in, out, in + out, cached);
}
inline string completion(string_view usage, string_view text = "Guten Tag") {
  return fmt::format(
      R"({{"id":"c1","object":"chat.completion","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{}}})",
      text, usage);
}
inline constexpr string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
inline string chunk(string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}
inline constexpr string_view kLastChunk = "0\r\n\r\n";
inline string event(string_view data) {
  return "data: " + string(data) + "\n\n";
}
inline string role() {
  return event(R"({"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})");
}
inline string token(string_view text) {
  return event(
      fmt::format(R"({{"id":"c1","choices":[{{"index":0,"delta":{{"content":"{}"}},"finish_reason":null}}]}})", text));
}
inline string usage_event(int in, int out, int cached = 0) {
  return event(fmt::format(R"({{"id":"c1","choices":[],"usage":{}}})", usage_json(in, out, cached)));
}
inline const string kDone = "data: [DONE]\n\n";

inline string post(string_view target, string_view body, string_view headers = "Authorization: Bearer sk-one\r\n") {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}", target,
      headers, body.size(), body);
}
inline string get(string_view target, string_view headers = "Authorization: Bearer sk-one\r\n") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: gateway\r\n{}\r\n", target, headers);
}
inline constexpr string_view kChat = "/v1/chat/completions";
inline constexpr string_view kHello = R"({"model":"small","messages":[{"role":"user","content":"Bonjour"}]})";
inline constexpr string_view kHelloStream =
    R"({"model":"small","stream":true,"messages":[{"role":"user","content":"Bonjour"}]})";
inline constexpr string_view kHelloStreamUsage =
    R"({"model":"small","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Bonjour"}]})";

// Of an error in OpenAI's shape; empty where there is none.
inline string error_code(const Message& m) {
  const size_t at = m.body.find(R"("code":")");
  return at == string::npos ? string() : m.body.substr(at + 8, m.body.find('"', at + 8) - at - 8);
}

inline string chat(string_view body = kHello, string_view headers = "") {
  return post(kChat, body, "Authorization: Bearer sk-one\r\n" + string(headers));
}

}  // namespace trine::gateway::test

// Random messages in random pieces: what is read does not depend on how the bytes were cut.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "net/chunked.h"
#include "net/http_head.h"
#include "net/memory.h"
#include "net/server.h"
#include "net/sse_relay.h"

namespace trine::net::net_property_test {
namespace {

using std::string;
using std::string_view;

// `whole` cut into pieces, each a block of its own so that a view that outlives its piece is seen by the sanitizers.
std::vector<string> cut(const string& whole) {
  std::vector<string> pieces;
  for (size_t at = 0; at < whole.size();) {
    const size_t n = *rc::gen::inRange<size_t>(1, std::min<size_t>(whole.size() - at, 40) + 1);
    pieces.push_back(whole.substr(at, n));
    at += n;
  }
  return pieces;
}

string bytes() {
  return *rc::gen::container<string>(rc::gen::arbitrary<char>());
}

// Text that looks like the protocols' own structure.
rc::Gen<string> fragments(std::vector<string> alphabet) {
  return rc::gen::map(rc::gen::container<std::vector<string>>(rc::gen::elementOf(std::move(alphabet))),
                      [](const std::vector<string>& parts) {
                        string out;
                        for (const string& p : parts) out += p;
                        return out;
                      });
}

string chunk(string_view data, bool decorated) {
  char size[18];
  string line(size, write_chunk_size(size, data.size()));
  if (decorated) line.insert(line.size() - 2, *rc::gen::element<string>("", ";a", ";a=\"b\"", " ", " ;x"));
  return line + string(data) + "\r\n";
}

// `body` in chunks of random sizes.
string chunked(const string& body, bool decorated) {
  string out;
  for (size_t at = 0; at < body.size();) {
    const size_t n = *rc::gen::inRange<size_t>(1, body.size() - at + 1);
    out += chunk(string_view(body).substr(at, n), decorated);
    at += n;
  }
  return out +
         (decorated ? *rc::gen::element<string>("0\r\n\r\n", "00;z\r\n\r\n", "0\r\nA: b\r\nC:\r\n\r\n") : "0\r\n\r\n");
}

struct Decoded {
  ChunkDecoder::Step last = ChunkDecoder::Step::more;
  string body;
  size_t taken = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(const std::vector<string>& pieces) {
  ChunkDecoder decoder;
  Decoded d;
  for (const string& piece : pieces) {
    string_view in = piece;
    string_view data;
    while ((d.last = decoder.next(in, data)) == ChunkDecoder::Step::data) d.body += data;
    d.taken += piece.size() - in.size();
    if (d.last != ChunkDecoder::Step::more) break;
  }
  return d;
}

RC_GTEST_PROP(ChunkDecoder, GivesBackWhatWasChunkedHoweverItIsCut, ()) {
  const string body = bytes();
  const string wire = chunked(body, true);
  const auto d = decode(cut(wire + bytes()));
  RC_ASSERT(d.last == ChunkDecoder::Step::end);
  RC_ASSERT(d.body == body);
  RC_ASSERT(d.taken == wire.size());
}

RC_GTEST_PROP(ChunkDecoder, JudgesAnyBytesAlikeHoweverTheyAreCut, ()) {
  const string wire = *fragments({"0", "1", "5", "a", "\r\n", "\r", "\n", ";", " ", "x", "hello", ":", "1\r\nx\r\n"});
  const auto whole = decode({wire});
  const auto pieces = decode(cut(wire));
  RC_ASSERT(pieces.body == whole.body);
  if (!wire.empty()) RC_ASSERT(pieces.last == whole.last);
}

RC_GTEST_PROP(ChunkDecoder, AWholeChunkIsWhatItWouldDecode, ()) {
  const string wire = *fragments({"0", "1", "5", "\r\n", ";", "x", "hello", "1\r\nx\r\n", "5\r\nhello\r\n"});
  ChunkDecoder decoder;
  string_view data;
  const size_t n = decoder.whole_chunk(wire, data);
  RC_PRE(n > 0);
  const auto d = decode({wire.substr(0, n)});
  RC_ASSERT(d.last == ChunkDecoder::Step::more);
  RC_ASSERT(d.body == string(data));
  RC_ASSERT(d.taken == n);
}

// --- heads ---

string token() {
  return *rc::gen::nonEmpty(rc::gen::container<string>(rc::gen::elementOf(string("abcXYZ019-_.!#$%&'*+^`|~"))));
}

struct Sent {
  string text;
  string method, target;
  std::vector<std::pair<string, string>> headers;
};

Sent request() {
  Sent r;
  r.method = token();
  r.target = "/" + token();
  std::replace(r.target.begin(), r.target.end(), '#', '?');  // a fragment is no part of a target
  r.text = r.method + " " + r.target + " HTTP/1.1\r\n";
  r.headers.emplace_back("Host", token());
  const int n = *rc::gen::inRange(0, 8);
  for (int i = 0; i < n; ++i) {
    string value = *rc::gen::container<string>(rc::gen::elementOf(string("abc 019\t,;:=\"/\xc3\xa9(){}")));
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.erase(0, 1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    r.headers.emplace_back("X-" + token(), value);
  }
  for (const auto& [name, value] : r.headers)
    r.text.append(name)
        .append(*rc::gen::element<string>(":", ": ", ":\t "))
        .append(value)
        .append(*rc::gen::element<string>("\r\n", " \r\n"));
  r.text += "\r\n";
  return r;
}

RC_GTEST_PROP(Heads, AreReadAsTheyWereWritten, ()) {
  const Sent r = request();
  Head h;
  RC_ASSERT(head_length(r.text + bytes()) == r.text.size());
  RC_ASSERT(parse_request(r.text, h) == HeadError::none);
  RC_ASSERT(string(h.method) == r.method);
  RC_ASSERT(string(h.target) == r.target);
  RC_ASSERT(h.headers.size() == r.headers.size());
  for (size_t i = 0; i < r.headers.size(); ++i) {
    RC_ASSERT(string(h.headers[i].name) == r.headers[i].first);
    RC_ASSERT(string(h.headers[i].value) == r.headers[i].second);
  }
}

RC_GTEST_PROP(Heads, EndWhereTheyEndHoweverTheirBytesCome, ()) {
  const string text = *fragments({"\r", "\n", "\r\n", "a", "ab: c"});
  const size_t whole = head_length(text);
  size_t seen = 0;
  size_t found = 0;
  bool bare = false;
  string so_far;
  for (const string& piece : cut(text)) {
    so_far += piece;
    found = head_length(so_far, seen);
    if (found > 0) break;
    bare = bare || has_bare_lf(so_far, seen);
    seen = so_far.size();
  }
  RC_ASSERT(found == whole);
  if (whole == 0) RC_ASSERT(bare == has_bare_lf(text));
}

RC_GTEST_PROP(Heads, WithABareLineFeedAreNeverAccepted, ()) {
  const Sent r = request();
  string text = r.text;
  // A CR LF loses its CR, or an LF comes in where none was.
  const size_t at = *rc::gen::inRange<size_t>(0, text.size());
  if (text[at] == '\r')
    text.erase(at, 1);
  else if (text[at] != '\n')
    text.insert(at, "\n");
  else
    text.insert(at, "x");  // parts the CR from its LF
  Head h;
  RC_ASSERT(parse_request(text, h) != HeadError::none);
}

// --- a server session ---

// The whole of what a server answers to `pieces`, each delivered by itself.
string served(const std::vector<string>& pieces) {
  struct Echo final : Handler {
    Task<void> serve(ServerConnection& c) override {
      Body body;
      const BodyError e = co_await c.read_body(body, 1000);
      const string text = string(c.head().method) + " " + string(c.head().target) + " " +
                          std::to_string(static_cast<int>(e)) + " " + string(body.view());
      const string out = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
      const std::array<string_view, 1> slices = {out};
      co_await c.send(slices);
    }
    string refuse(Refusal, string_view sentence) override { return "refused: " + string(sentence) + "\n"; }
  } handler;
  struct Ignore final : Stream::Done {
    void done(IoResult) override {}
  } ignore;
  VirtualClock clock;
  Loop loop(clock);
  string out;
  {
    Server server(loop, handler, {});
    auto pair = memory_pair(loop);
    const std::unique_ptr<Stream> client = std::move(pair.first);
    server.serve(std::move(pair.second));
    std::array<char, 4096> buffer{};
    const auto drain = [&] {
      loop.run_virtual(clock, Nanos(0));
      for (IoResult r = client->read_now(buffer); r.ok() && r.n > 0; r = client->read_now(buffer))
        out.append(buffer.data(), r.n);
    };
    for (const string& piece : pieces) {
      const std::array<string_view, 1> slices = {piece};
      client->write(slices, ignore);
      drain();
    }
    client->shutdown_write();
    drain();
    client->close();
    loop.run_virtual(clock, std::chrono::hours(1));
  }
  return out;
}

RC_GTEST_PROP(Sessions, AnswerAlikeHoweverTheirBytesCome, ()) {
  string wire;
  const int n = *rc::gen::inRange(1, 4);
  for (int i = 0; i < n; ++i) {
    Sent r = request();
    const string body = *rc::gen::container<string>(rc::gen::elementOf(string("abc\r\n0")));
    const int kind = *rc::gen::inRange(0, 3);
    string lines;
    if (kind == 1) lines = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    if (kind == 2) lines = "Transfer-Encoding: chunked\r\n";
    r.text.insert(r.text.size() - 2, lines);
    wire += r.text + (kind == 1 ? body : kind == 2 ? chunked(body, true) : "");
  }
  if (*rc::gen::inRange(0, 3) == 0) wire += *fragments({"GET / HTTP/1.1\r\n", "\r\n", "\n", "Host: a\r\n", "x"});
  const std::vector<string> pieces = cut(wire);
  RC_LOG() << "pieces: ";
  for (const string& p : pieces) RC_LOG() << testing::PrintToString(p) << ' ';
  RC_ASSERT(served(pieces) == served({wire}));
}

// The stray line end comes in two pieces.
TEST(Sessions, ABareLineFeedBehindAStrayLineEndIsSeenHoweverItsBytesCome) {
  const string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const string whole = served({request + "\r\n\nx"});
  EXPECT_NE(whole.find("every line ends with CR LF"), string::npos) << whole;
  EXPECT_EQ(served({request + "\r", "\n\nx"}), whole);
}

// --- SseRelay ---

struct Sink final : EventSink {
  EventVerdict event(string_view e) override {
    seen.emplace_back(e);
    EventVerdict v;
    if (!judges) return v;
    // Any fixed rule will do, as long as it depends on the event alone.
    switch (e.size() % 5) {
      case 0:
        v.action = EventVerdict::Action::drop;
        break;
      case 1:
        v.action = EventVerdict::Action::replace;
        v.text = "data: other\n\n";
        break;
      case 2:
        v.before = ": before\n\n";
        break;
      default:
        break;
    }
    return v;
  }
  bool judges = false;
  std::vector<string> seen;
};

struct Relayed {
  SseRelay::State state = SseRelay::State::more;
  string body;
  std::vector<string> events;
};

Relayed relay(const std::vector<string>& pieces, bool chunked_in, bool chunked_out, bool judges) {
  Sink sink;
  sink.judges = judges;
  SseRelay r(sink, chunked_in, std::nullopt, chunked_out);
  Relayed out;
  string wire;
  for (const string& piece : pieces) {
    std::vector<string_view> slices;
    out.state = r.feed(piece, slices);
    for (string_view s : slices) wire += s;
    if (out.state != SseRelay::State::more) break;
  }
  if (out.state == SseRelay::State::more) {
    std::vector<string_view> slices;
    out.state = r.closed(slices);
    for (string_view s : slices) wire += s;
  }
  if (chunked_out) {
    const auto d = decode({wire});
    RC_ASSERT(d.last == (out.state == SseRelay::State::end ? ChunkDecoder::Step::end : ChunkDecoder::Step::more) ||
              wire.empty());
    RC_ASSERT(d.taken == wire.size());
    out.body = d.body;
  } else {
    out.body = wire;
  }
  out.events = sink.seen;
  return out;
}

rc::Gen<string> stream() {
  return fragments({"data: x", "data: [DONE]", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", ": c", "event: e"});
}

RC_GTEST_PROP(SseRelay, WhatPassesIsByteForByteWhatCame, (bool chunked_in, bool chunked_out)) {
  const string body = *stream();
  const auto r =
      relay(cut(chunked_in ? chunked(body, *rc::gen::arbitrary<bool>()) : body), chunked_in, chunked_out, false);
  RC_ASSERT(r.state == SseRelay::State::end);
  RC_ASSERT(r.body == body);
  string shown;
  for (const string& e : r.events) shown += e;
  RC_ASSERT(shown == body);  // the sink saw all of it
}

RC_GTEST_PROP(SseRelay, VerdictsDoNotDependOnHowTheBytesCome, (bool chunked_in, bool chunked_out)) {
  const string body = *stream();
  RC_PRE(!body.empty());
  const auto whole = relay({chunked_in ? chunk(body, false) + "0\r\n\r\n" : body}, chunked_in, chunked_out, true);
  const auto pieces = relay(cut(chunked_in ? chunked(body, true) : body), chunked_in, chunked_out, true);
  RC_ASSERT(pieces.state == whole.state);
  RC_ASSERT(pieces.body == whole.body);
  RC_ASSERT(pieces.events == whole.events);
}

RC_GTEST_PROP(SseRelay, NoBytesDoItHarm, (bool chunked_in, bool chunked_out, bool judges)) {
  const string wire = *rc::gen::oneOf(rc::gen::container<string>(rc::gen::arbitrary<char>()), stream(),
                                      fragments({"5", "\r\n", "a\n\nbc", "0\r\n\r\n", ";", "1\r\nx\r\n"}));
  const auto whole = relay({wire}, chunked_in, chunked_out, judges);
  const auto pieces = relay(cut(wire), chunked_in, chunked_out, judges);
  RC_ASSERT(pieces.state == whole.state);
  RC_ASSERT(pieces.body == whole.body);
}

}  // namespace
}  // namespace trine::net::net_property_test

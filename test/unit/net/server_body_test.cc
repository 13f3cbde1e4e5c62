// Bodies and answers of the server: limits, chunks, 100-continue, clients that leave or do not read.
#include <cstring>

#include "net/chunked.h"
#include "net_fixture.h"

namespace trine::net::server_body_test {
namespace {

using std::string;
using std::string_view;

struct BodyTest : testing::Test, ServedNet {
  BodyTest() {
    handler.on_request = [this](ServerConnection& c) -> Task<void> {
      Body body;
      const BodyError e = co_await c.read_body(body, max);
      errors.push_back(e);
      string text;
      if (e == BodyError::none) {
        for (size_t i = 0; i < Body::kPadding; ++i) padded = padded && body.bytes[body.size + i] == '\0';
        text = string(body.view());
      }
      bodies.push_back(text);
      string bytes = response(e == BodyError::none ? "ok" : "no");
      co_await answer(c, std::move(bytes));
    };
  }
  size_t max = 1 << 20;
  std::vector<BodyError> errors;
  std::vector<string> bodies;
  bool padded = true;
};

string length(size_t n) {
  return "Content-Length: " + std::to_string(n) + "\r\n";
}
const string kChunked = "Transfer-Encoding: chunked\r\n";
const string kExpect = "Expect: 100-continue\r\n";
const string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// A body that is unlike itself shifted by any number of bytes.
string pattern(size_t n) {
  string s(n, ' ');
  for (size_t i = 0; i < n; ++i) s[i] = static_cast<char>('a' + (i * i / 7 + i) % 26);
  return s;
}

string chunks(string_view body, size_t each) {
  string out;
  char size[18];
  for (size_t at = 0; at < body.size(); at += each) {
    const string_view part = body.substr(at, each);
    out.append(size, write_chunk_size(size, part.size())).append(part).append("\r\n");
  }
  return out + "0\r\n\r\n";
}

TEST_F(BodyTest, IsReadWholeWithZeroBytesBehindIt) {
  for (size_t n : {0, 1, 100, 5000, 500'000}) {
    for (size_t at_most : {size_t{1000}, SIZE_MAX}) {
      MemoryFaults split;
      split.deliver_at_most = at_most;
      Peer& client = connect(split);
      client.send(post("/", length(n), pattern(n)));
      settle();
      EXPECT_EQ(client.received, response("ok"));
      EXPECT_TRUE(bodies.back() == pattern(n)) << n;
    }
  }
  EXPECT_TRUE(padded);
}

TEST_F(BodyTest, ARequestWithoutOneHasAnEmptyOne) {
  Peer& client = connect();
  client.send(get("/"));
  settle();
  EXPECT_EQ(bodies, std::vector<string>{""});
  EXPECT_EQ(client.received, response("ok"));
}

TEST_F(BodyTest, ChunkedIsDecoded) {
  for (size_t n : {0, 1, 100, 5000, 500'000})
    for (size_t each : {size_t{1000}, size_t{100'000}})
      for (size_t at_most : {size_t{777}, SIZE_MAX}) {
        MemoryFaults split;
        split.deliver_at_most = at_most;
        Peer& client = connect(split);
        client.send(post("/", kChunked, chunks(pattern(n), each)) + get("/next"));
        settle();
        EXPECT_EQ(client.received, response("ok") + response("ok")) << n;
        EXPECT_TRUE(bodies.at(bodies.size() - 2) == pattern(n)) << n;
      }
  EXPECT_TRUE(padded);
}

TEST_F(BodyTest, ItsLimitIsExact) {
  max = 1000;
  for (const string& headers : {length(1000), kChunked}) {
    const bool chunked = headers == kChunked;
    Peer& fits = connect();
    fits.send(post("/", headers, chunked ? chunks(pattern(1000), 300) : pattern(1000)));
    settle();
    EXPECT_EQ(errors.back(), BodyError::none);
    EXPECT_EQ(bodies.back(), pattern(1000));
    Peer& over = connect();
    over.send(post("/", chunked ? kChunked : length(1001), chunked ? chunks(pattern(1001), 300) : pattern(1001)));
    settle();
    EXPECT_EQ(errors.back(), BodyError::too_large);
    EXPECT_EQ(over.received, response("no"));
    EXPECT_TRUE(over.ended || !chunked) << "what follows is the rest of the body, not a request";
  }
}

TEST_F(BodyTest, AHugeLengthIsRefusedBeforeAnyMemoryIsTaken) {
  Peer& client = connect();
  client.send(post("/", length(999'999'999'999'999'999)));
  settle();
  EXPECT_EQ(errors.back(), BodyError::too_large);
  EXPECT_EQ(client.received, response("no"));
}

TEST_F(BodyTest, ThatDoesNotArriveInTimeIsGivenUp) {
  limits.body = 60s;
  for (const string& headers : {length(1000), kChunked}) {
    Peer& client = connect();
    client.send(post("/", headers, "3\r\nabc"));
    advance(59s);
    client.send("x");  // a byte now and then does not help
    EXPECT_EQ(client.received, "");
    advance(1s);
    EXPECT_EQ(client.received, response("no"));
    EXPECT_TRUE(client.ended);
    EXPECT_EQ(errors.back(), headers == kChunked ? BodyError::bad_chunk : BodyError::timed_out);
    errors.back() = BodyError::timed_out;
  }
}

TEST_F(BodyTest, AChunkedOneThatStopsIsGivenUpToo) {
  limits.body = 60s;
  Peer& client = connect();
  client.send(post("/", kChunked, "3\r\nabc\r\n"));
  advance(60s);
  EXPECT_EQ(errors.back(), BodyError::timed_out);
  EXPECT_EQ(client.received, response("no"));
}

TEST_F(BodyTest, BrokenChunksEndTheConnection) {
  Peer& client = connect();
  client.send(post("/", kChunked, "3\r\nabcd\r\n0\r\n\r\n") + get("/smuggled"));
  settle();
  EXPECT_EQ(errors, std::vector{BodyError::bad_chunk});
  EXPECT_EQ(client.received, response("no"));
  EXPECT_TRUE(client.ended);
}

TEST_F(BodyTest, AClientThatLeavesInTheMiddleIsGone) {
  for (const string& headers : {length(1000), kChunked}) {
    Peer& client = connect();
    client.send(post("/", headers, "3\r\nabc\r\n"));
    settle();
    client.leave();
    settle();
    EXPECT_EQ(errors.back(), BodyError::gone);
  }
}

TEST_F(BodyTest, ThatNobodyReadsEndsTheConnectionUnlessItIsHereAlready) {
  handler.on_request = [](ServerConnection& c) -> Task<void> {
    string bytes = response(c.head().target);
    co_await answer(c, std::move(bytes));
  };
  Peer& here = connect();
  here.send(post("/1", length(3), "abc") + get("/2"));
  settle();
  EXPECT_EQ(here.received, response("/1") + response("/2"));
  Peer& later = connect();
  later.send(post("/1", length(3), "ab"));
  settle();
  later.send("c" + get("/2"));
  settle();
  EXPECT_EQ(later.received, response("/1"));
  EXPECT_TRUE(later.ended);
  Peer& chunked = connect();
  chunked.send(post("/1", kChunked, "0\r\n\r\n") + get("/2"));
  settle();
  EXPECT_EQ(chunked.received, response("/1"));
}

TEST_F(BodyTest, ClientsThatExpectItAreToldToContinue) {
  Peer& client = connect();
  client.send(post("/", length(3) + kExpect));
  settle();
  EXPECT_EQ(client.take(), kContinue);
  client.send("abc");
  settle();
  EXPECT_EQ(client.take(), response("ok"));
  EXPECT_EQ(bodies.back(), "abc");
  client.send(post("/", kChunked + kExpect));
  settle();
  EXPECT_EQ(client.take(), kContinue);
  client.send(chunks("abc", 2));
  settle();
  EXPECT_EQ(client.take(), response("ok"));
}

TEST_F(BodyTest, ClientsThatSentItAnywayAreNot) {
  Peer& client = connect();
  client.send(post("/", length(3) + kExpect, "abc"));
  settle();
  EXPECT_EQ(client.take(), response("ok"));
  client.send(post("/", length(0) + kExpect));
  settle();
  EXPECT_EQ(client.take(), response("ok"));
}

TEST_F(BodyTest, ClientsThatExpectALimitToBeCheckedGetTheAnswerInstead) {
  max = 10;
  Peer& client = connect();
  client.send(post("/", length(1000) + kExpect));
  settle();
  EXPECT_EQ(client.received, response("no"));
  EXPECT_TRUE(client.ended);
}

TEST_F(BodyTest, OfAPipelinedRequestIsReadWholeThoughTheWatchOfTheOneBeforeReadsToo) {
  const auto read = handler.on_request;
  handler.on_request = [read](ServerConnection& c) -> Task<void> {
    c.watch([] {});  // as a call to an engine does
    co_await c.loop().yield();
    co_await read(c);
  };
  for (const string& headers : {length(5000), kChunked}) {
    const string body = headers == kChunked ? chunks(pattern(5000), 1000) : pattern(5000);
    Peer& client = connect();
    client.send(get("/1") + post("/2", headers, body.substr(0, 10)));
    settle();
    client.send(body.substr(10, 2000));
    settle();
    client.send(body.substr(2010) + get("/3"));
    settle();
    EXPECT_EQ(client.received, response("ok") + response("ok") + response("ok"));
    ASSERT_GE(bodies.size(), 3u);
    EXPECT_TRUE(bodies[bodies.size() - 2] == pattern(5000));
  }
}

// --- while an answer is made and sent ---

struct AnswerTest : testing::Test, ServedNet {};

TEST_F(AnswerTest, AClientThatLeavesIsKnownBeforeTheNextChunk) {
  std::vector<string> order;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    c.watch([&] { order.emplace_back("gone"); });
    const std::array<string_view, 1> head = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"};
    co_await c.send(head);
    for (int i = 0; i < 3; ++i) {
      co_await loop.sleep(10ms);
      const std::array<string_view, 1> slices = {"1\r\nx\r\n"};
      const bool sent = co_await c.send(slices);
      order.emplace_back(sent ? "sent" : "refused");
      if (!sent) co_return;
    }
  };
  Peer& client = connect();
  client.send(get("/"));
  advance(15ms);
  client.leave();
  advance(1s);
  EXPECT_EQ(order, (std::vector<string>{"sent", "gone", "refused"}));
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(AnswerTest, AClientThatLeftBeforeTheWatchIsKnownAtOnce) {
  int told = 0;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    co_await loop.sleep(1s);
    c.watch([&] { ++told; });
    co_await loop.sleep(1s);
    EXPECT_TRUE(c.gone());
  };
  Peer& client = connect();
  client.send(get("/"));
  settle();
  client.leave();
  advance(10s);
  EXPECT_EQ(told, 1);
}

TEST_F(AnswerTest, ABodyMayBeReadUnderTheWatchWhichGoesOn) {
  for (const string& headers : {length(5000), kChunked}) {
    bool told = false;
    BodyError read = BodyError::gone;
    handler.on_request = [&](ServerConnection& c) -> Task<void> {
      c.watch([&] { told = true; });
      Body body;
      read = co_await c.read_body(body, 10'000);
      while (!told) co_await loop.sleep(1s);
    };
    Peer& client = connect();
    const string body = headers == kChunked ? chunks(pattern(5000), 1000) : pattern(5000);
    client.send(post("/", headers, body.substr(0, 100)));
    settle();
    client.send(body.substr(100));
    settle();
    EXPECT_EQ(read, BodyError::none);
    EXPECT_FALSE(told);
    client.leave();
    settle();
    EXPECT_TRUE(told);
    advance(2s);
  }
}

TEST_F(AnswerTest, TheWatchEndsWithTheAnswer) {
  int told = 0;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    c.watch([&] { ++told; });
    string bytes = response("");
    co_await answer(c, std::move(bytes));
  };
  Peer& client = connect();
  client.send(get("/"));
  settle();
  client.leave();
  settle();
  EXPECT_EQ(told, 0);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(AnswerTest, WhatAClientSendsEarlyIsKeptWithinTheLimitOfAHead) {
  limits.head_bytes = 1000;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    c.watch([] {});
    co_await loop.sleep(1s);
    string bytes = response(c.head().target);
    co_await answer(c, std::move(bytes));
  };
  MemoryFaults socket;
  socket.capacity = 100;
  Peer& client = connect(socket);
  client.send(get("/1"));
  advance(500ms);
  string many;
  for (int i = 2; i < 102; ++i) many += get("/" + std::to_string(i));
  client.send(many);
  advance(499ms);
  EXPECT_EQ(client.received, "");
  advance(200s);
  EXPECT_EQ(handler.targets.size(), 101u) << "and none is lost";
}

TEST_F(AnswerTest, AClientThatDoesNotReadHoldsTheHandlerBack) {
  size_t sent = 0;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    const string block(1000, 'x');
    const std::array<string_view, 1> slices = {block};
    while (co_await c.send(slices)) sent += block.size();
  };
  MemoryFaults socket;
  socket.capacity = 64'000;
  Peer& client = connect({}, socket, false);
  client.send(get("/"));
  advance(1s);
  EXPECT_LE(sent, 64'000u);
  EXPECT_GE(sent, 63'000u);
  std::array<char, 10'000> buffer{};
  EXPECT_EQ(client.stream().read_now(buffer).n, 10'000u);
  advance(1s);
  EXPECT_LE(sent, 74'000u);
  EXPECT_GE(sent, 73'000u);
}

TEST_F(AnswerTest, AClientThatDoesNotReadForTooLongIsGivenUp) {
  limits.write = 60s;
  std::optional<Nanos> given_up;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    const string block(1000, 'x');
    const std::array<string_view, 1> slices = {block};
    while (co_await c.send(slices)) {
    }
    given_up = elapsed();
  };
  MemoryFaults socket;
  socket.capacity = 1500;
  Peer& client = connect({}, socket, false);
  client.send(get("/"));
  advance(50s);
  std::array<char, 1000> buffer{};
  client.stream().read_now(buffer);  // it reads a little: the clock starts again
  advance(59s);
  EXPECT_FALSE(given_up);
  advance(2s);
  EXPECT_EQ(given_up, 110s);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(AnswerTest, AConnectionThatBreaksInTheAnswerIsGone) {
  bool sent = true;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    const string block(1000, 'x');
    const std::array<string_view, 1> slices = {block};
    for (int i = 0; sent && i < 10; ++i) sent = co_await c.send(slices);
    EXPECT_TRUE(c.gone());
  };
  MemoryFaults broken;
  broken.break_after = 2500;
  Peer& client = connect({}, broken);
  client.send(get("/"));
  settle();
  EXPECT_FALSE(sent);
  EXPECT_EQ(client.received.size(), 2500u);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(AnswerTest, ATimeOutOfTheBodyDoesNotReachIntoTheAnswer) {
  limits.body = 5s;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    Body body;
    EXPECT_EQ(co_await c.read_body(body, 10), BodyError::too_large);
    bool left = false;
    c.watch([&] { left = true; });
    co_await loop.sleep(20s);
    EXPECT_FALSE(left);
    string bytes = response("too large");
    EXPECT_TRUE(co_await answer(c, std::move(bytes)));
  };
  Peer& client = connect();
  client.send(post("/", kChunked, chunks(string(100, 'x'), 50)));
  advance(30s);
  EXPECT_EQ(client.received, response("too large"));
}

}  // namespace
}  // namespace trine::net::server_body_test

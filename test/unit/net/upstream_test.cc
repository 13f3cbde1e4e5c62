// One call to an engine, on a stream in memory. Pools and real connections: test/integration/net.
#include "net/upstream.h"

#include "net_fixture.h"

namespace trine::net::upstream_test {
namespace {

using std::string;
using std::string_view;

struct UpstreamTest : testing::Test, VirtualNet {
  void open(MemoryFaults to_us = {}) {
    auto [ours, theirs] = memory_pair(loop, {}, to_us);
    connection = std::make_unique<UpstreamConnection>(loop, std::move(ours));
    engine = std::make_unique<Peer>(std::move(theirs));
    head.reset();
    body.reset();
    bytes.clear();
  }
  // Begins to read; the outcome is in `head` and `body` when it has come.
  void read(size_t max = 1 << 20, Nanos head_timeout = 5s, Nanos body_timeout = 5s) {
    const auto task = [](UpstreamTest& t, size_t limit, Nanos h, Nanos b) -> Task<void> {
      t.head = co_await t.connection->read_head(h);
      if (!*t.head) co_return;
      t.status = t.connection->head().status;
      t.body = co_await t.connection->read_body(t.bytes, limit, 64, b);
    };
    spawn(task(*this, max, head_timeout, body_timeout));
    settle();
  }
  Code failed(const std::optional<Result<void>>& r) const {
    EXPECT_TRUE(r && !*r);
    return r && !*r ? r->error().code : Code::internal;
  }

  std::unique_ptr<UpstreamConnection> connection;
  std::unique_ptr<Peer> engine;
  std::optional<Result<void>> head, body;
  int status = 0;
  string bytes;
};

TEST_F(UpstreamTest, SendsARequestAndReadsItsAnswer) {
  open();
  bool sent = false;
  const auto send = [&]() -> Task<void> {
    const std::array<string_view, 2> slices = {"POST / HTTP/1.1\r\n", "Host: a\r\n\r\n"};
    sent = (co_await connection->send(slices)).ok();
  };
  spawn(send());
  read();
  EXPECT_TRUE(sent);
  EXPECT_EQ(engine->received, "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(connection->answered());
  engine->send("H");
  settle();
  EXPECT_TRUE(connection->answered()) << "from the first byte on";
  engine->send("TTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  settle();
  ASSERT_TRUE(body && *body);
  EXPECT_EQ(status, 200);
  EXPECT_EQ(bytes, "hello");
  for (int i = 0; i < 64; ++i) EXPECT_EQ(bytes.data()[5 + i], '\0') << "padding for parsers";
}

TEST_F(UpstreamTest, AnAnswerMayComeInAnyPieces) {
  const string wire =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
  for (size_t at_most = 1; at_most <= wire.size(); ++at_most) {
    MemoryFaults split;
    split.deliver_at_most = at_most;
    open(split);
    read();
    engine->send(wire);
    settle();
    ASSERT_TRUE(body && *body) << at_most;
    EXPECT_EQ(bytes, "hello world");
    EXPECT_EQ(connection->unread(), "");
  }
}

TEST_F(UpstreamTest, WhatWasInTheTextBeforeIsReplaced) {
  open();
  bytes = "of an earlier call, longer than this body";
  read();
  engine->send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  settle();
  EXPECT_EQ(bytes, "hello");
}

TEST_F(UpstreamTest, InterimAnswersAreSkipped) {
  open();
  read();
  engine->send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  settle();
  EXPECT_FALSE(head);
  engine->send(response("ok"));
  settle();
  EXPECT_EQ(status, 200);
  EXPECT_EQ(bytes, "ok");
}

TEST_F(UpstreamTest, ABodyWithoutALengthEndsWithTheConnection) {
  open();
  read();
  engine->send("HTTP/1.1 200 OK\r\n\r\nhel");
  settle();
  engine->send("lo");
  settle();
  EXPECT_FALSE(body);
  engine->leave();
  settle();
  ASSERT_TRUE(body && *body);
  EXPECT_EQ(bytes, "hello");
}

TEST_F(UpstreamTest, SomeStatusesHaveNoBodyWhateverTheHeadSays) {
  for (const char* line : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
                           "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    open();
    read();
    engine->send(line);
    settle();
    EXPECT_TRUE(body && *body) << line;
    EXPECT_EQ(bytes, "");
  }
}

TEST_F(UpstreamTest, AnAnswerToHeadHasNoBodyWhateverItsHeadSays) {
  for (const char* headers : {"Content-Length: 15\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    open();
    connection->expect_no_body();
    read(10);
    engine->send("HTTP/1.1 200 OK\r\n" + string(headers) + "\r\n");
    settle();
    EXPECT_TRUE(body && *body) << headers;
    EXPECT_EQ(bytes, "");
  }
}

TEST_F(UpstreamTest, AHeadThatDoesNotComeInTimeIsATimeOut) {
  open();
  read(1000, 500ms);
  advance(400ms);
  engine->send("HTTP/1.1 200 OK\r\n");
  advance(99ms);
  EXPECT_FALSE(head);
  advance(1ms);
  EXPECT_EQ(failed(head), Code::deadline_exceeded);
  EXPECT_NE(head->error().message.find("0.5 s"), string::npos) << head->error().message;
}

TEST_F(UpstreamTest, ABodyThatDoesNotComeInTimeIsATimeOut) {
  for (const char* headers : {"Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    open();
    read();
    engine->send("HTTP/1.1 200 OK\r\n" + string(headers) + "\r\n1\r\n");
    advance(4s);
    EXPECT_FALSE(body);
    advance(1s);
    EXPECT_EQ(failed(body), Code::deadline_exceeded) << headers;
  }
}

TEST_F(UpstreamTest, AnEngineThatDiesBeforeItsAnswerIsUnavailable) {
  for (const char* part : {"", "HTTP/1.1 200 OK\r\nContent-"}) {
    open();
    read();
    engine->send(part);
    settle();
    engine->leave();
    settle();
    EXPECT_EQ(failed(head), Code::unavailable);
    EXPECT_EQ(connection->answered(), *part != '\0') << "tells whether it may be sent again elsewhere";
  }
}

TEST_F(UpstreamTest, AnEngineThatDiesInItsAnswerIsUnavailable) {
  for (const char* headers : {"Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    open();
    read();
    engine->send("HTTP/1.1 200 OK\r\n" + string(headers));
    settle();
    engine->leave();
    settle();
    EXPECT_EQ(failed(body), Code::unavailable) << headers;
  }
}

TEST_F(UpstreamTest, WhatIsNotHttpIsDataLoss) {
  for (const char* junk :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n"}) {
    open();
    read();
    engine->send(junk);
    settle();
    EXPECT_EQ(failed(head), Code::data_loss) << junk;
  }
  open();
  read();
  engine->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello");
  settle();
  EXPECT_EQ(failed(body), Code::data_loss);
}

TEST_F(UpstreamTest, AHeadWithoutAnEndIsDataLossInBoundedMemory) {
  open();
  read();
  engine->send("HTTP/1.1 200 OK\r\nX: " + string(70 << 10, 'x'));
  settle();
  EXPECT_EQ(failed(head), Code::data_loss);
}

TEST_F(UpstreamTest, TheLimitOfABodyIsExact) {
  for (const char* framing :
       {"Content-Length: 10\r\n\r\n0123456789",
        "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n", "\r\n0123456789"})
    for (size_t max : {size_t{10}, size_t{9}}) {
      open();
      read(max);
      engine->send("HTTP/1.1 200 OK\r\n" + string(framing));
      settle();
      engine->leave();
      settle();
      if (max == 10) {
        EXPECT_TRUE(body && *body) << framing;
        EXPECT_EQ(bytes, "0123456789");
      } else {
        EXPECT_EQ(failed(body), Code::out_of_range) << framing;
      }
    }
}

TEST_F(UpstreamTest, AbortEndsWhoeverWaits) {
  open();
  read();
  connection->abort();
  settle();
  EXPECT_EQ(failed(head), Code::unavailable);
  EXPECT_TRUE(connection->aborted());
  EXPECT_TRUE(engine->ended) << "and the engine sees it";
}

TEST_F(UpstreamTest, TheBodyOnTheWireIsThereForWhoRelaysIt) {
  open();
  std::vector<string> reads;
  const auto relay = [&]() -> Task<void> {
    co_await connection->read_head(5s);
    connection->deadline().arm(30s);
    for (;;) {
      if (!connection->unread().empty()) reads.emplace_back(connection->unread());
      connection->consume(connection->unread().size());
      const IoResult r = co_await connection->more();
      if (!r.ok()) break;
      connection->deadline().arm(30s);
    }
    reads.emplace_back(connection->deadline().fired() ? "time-out" : "end");
  };
  spawn(relay());
  engine->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na\n\nb\r\n");
  advance(20s);
  engine->send("3\r\n\n\nc\r\n");
  advance(31s);
  EXPECT_EQ(reads, (std::vector<string>{"4\r\na\n\nb\r\n", "3\r\n\n\nc\r\n", "time-out"}));
}

}  // namespace
}  // namespace trine::net::upstream_test

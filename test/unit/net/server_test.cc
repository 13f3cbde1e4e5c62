// Connections of the server: one request after the other, refusals, time-outs, drain.
#include "net/server.h"

#include <stdexcept>

#include "net_fixture.h"

namespace trine::net::server_test {
namespace {

using std::string;

const string kRefused = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

struct ServerTest : testing::Test, ServedNet {};

TEST_F(ServerTest, AnswersOneRequestAfterTheOtherOnOneConnection) {
  Peer& client = connect();
  client.send(get("/1"));
  settle();
  EXPECT_EQ(client.take(), response("/1"));
  advance(10s);
  client.send(get("/2"));
  settle();
  EXPECT_EQ(client.take(), response("/2"));
  EXPECT_FALSE(client.ended);
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  Peer& client = connect();
  client.send(get("/1") + post("/2", "Content-Length: 3\r\n", "abc") + get("/3"));
  settle();
  EXPECT_EQ(client.received, response("/1") + response("/2") + response("/3"));
}

TEST_F(ServerTest, AHeadMayArriveByteByByte) {
  MemoryFaults dribble;
  dribble.deliver_at_most = 1;
  Peer& client = connect(dribble);
  client.send(get("/1") + get("/2"));
  settle();
  EXPECT_EQ(client.received, response("/1") + response("/2"));
}

TEST_F(ServerTest, KnowsWhenTheFirstByteOfARequestCame) {
  std::vector<Nanos> arrivals;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    arrivals.push_back(c.arrived() - start);
    string bytes = response("");
    co_await answer(c, std::move(bytes));
  };
  Peer& client = connect();
  advance(2s);
  client.send("GET / HT");
  advance(3s);
  client.send("TP/1.1\r\nHost: a\r\n\r\n");
  settle();
  EXPECT_EQ(arrivals, std::vector<Nanos>{2s});
}

TEST_F(ServerTest, ClosesWhereTheClientAsksForIt) {
  Peer& client = connect();
  client.send(get("/1", "Connection: close\r\n") + get("/2"));
  settle();
  EXPECT_EQ(client.received, response("/1"));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(handler.targets, std::vector<string>{"/1"});
}

TEST_F(ServerTest, ClosesBehindAnHttp10Answer) {
  Peer& client = connect();
  client.send("GET /1 HTTP/1.0\r\n\r\n");
  settle();
  EXPECT_TRUE(client.ended);
  Peer& keeper = connect();
  keeper.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  settle();
  EXPECT_FALSE(keeper.ended);
}

TEST_F(ServerTest, ClosesWhereTheHandlerAsksForIt) {
  handler.on_request = [](ServerConnection& c) -> Task<void> {
    EXPECT_TRUE(c.keeps_alive());
    c.close_after();
    EXPECT_FALSE(c.keeps_alive());
    string bytes = response("last");
    co_await answer(c, std::move(bytes));
  };
  Peer& client = connect();
  client.send(get("/1") + get("/2"));
  settle();
  EXPECT_EQ(client.received, response("last"));
  EXPECT_TRUE(client.ended);
}

TEST_F(ServerTest, ForgivesOneLineEndBeforeARequest) {  // RFC 9112 §2.2
  Peer& client = connect();
  client.send("\r\n" + get("/1") + "\r\n" + get("/2"));
  settle();
  EXPECT_EQ(client.take(), response("/1") + response("/2"));
  client.send("\r");
  settle();
  client.send("\n");
  settle();
  client.send(get("/3"));
  settle();
  EXPECT_EQ(client.received, response("/3"));
}

TEST_F(ServerTest, ForgivesNoSecondOneHoweverTheBytesAreSplit) {
  for (size_t at_most : {size_t{1}, size_t{2}, SIZE_MAX}) {
    MemoryFaults split;
    split.deliver_at_most = at_most;
    Peer& client = connect(split);
    client.send("\r\n\r\n" + get("/1"));
    settle();
    EXPECT_EQ(client.received, kRefused) << at_most;
  }
}

TEST_F(ServerTest, RefusesABadHeadWithASentenceAndCloses) {
  Peer& client = connect();
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nGET /admin HTTP/1.1");
  settle();
  EXPECT_EQ(client.received, kRefused);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(handler.refusals, std::vector{Refusal::bad_head});
  EXPECT_EQ(handler.sentence, explain(HeadError::length_and_chunked));
  EXPECT_TRUE(handler.targets.empty());
}

TEST_F(ServerTest, RefusesABareLineFeedAtOnceThoughTheHeadNeverEnds) {
  for (const char* head : {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\n", "\nGET"}) {
    Peer& client = connect();
    client.send(head);
    settle();
    EXPECT_EQ(client.received, kRefused) << head;
    EXPECT_EQ(handler.refusals.back(), Refusal::bad_head);
    EXPECT_EQ(handler.sentence, explain(HeadError::bad_line));
  }
}

TEST_F(ServerTest, ALineFeedThatComesBehindItsCarriageReturnIsNotBare) {
  Peer& client = connect();
  for (const char* part : {"GET / HTTP/1.1\r", "\nHost: a\r", "\n\r", "\n"}) {
    client.send(part);
    settle();
  }
  EXPECT_EQ(client.received, response("/"));
}

TEST_F(ServerTest, RefusesAHeadThatIsTooLarge) {
  limits.head_bytes = 1000;
  const string frame = get("/", "X: \r\n");
  Peer& fits = connect();
  fits.send(get("/", "X: " + string(1000 - frame.size(), 'x') + "\r\n"));
  settle();
  EXPECT_EQ(fits.received, response("/"));
  Peer& over = connect();
  over.send(get("/", "X: " + string(1001 - frame.size(), 'x') + "\r\n"));
  settle();
  EXPECT_EQ(over.received, kRefused);
  Peer& endless = connect();
  endless.send(string(100'000, 'x'));
  settle();
  EXPECT_EQ(endless.received, kRefused);
  EXPECT_EQ(handler.refusals, (std::vector{Refusal::head_too_large, Refusal::head_too_large}));
}

TEST_F(ServerTest, RefusesTooManyHeadersAsTooLarge) {
  string lines;
  for (size_t i = 0; i <= kMaxHeaders; ++i) lines += "X: y\r\n";
  connect().send(get("/", lines));
  settle();
  EXPECT_EQ(handler.refusals, std::vector{Refusal::head_too_large});
}

TEST_F(ServerTest, RefusesAHeadThatDoesNotArriveInTime) {
  limits.head = 10s;
  Peer& client = connect();
  advance(60s);  // idle time does not count
  client.send("GET / ");
  advance(9s);
  client.send("HTTP/1.1\r\n");  // one byte now and then does not help
  EXPECT_EQ(client.received, "");
  advance(1s);
  EXPECT_EQ(client.received, kRefused);
  EXPECT_EQ(handler.refusals, std::vector{Refusal::head_timeout});
}

TEST_F(ServerTest, RefusesAHeadThatEndsInTheMiddle) {
  Peer& client = connect();
  client.send("GET / HTTP/1.1\r\nHost:");
  client.half_close();
  settle();
  EXPECT_EQ(client.received, kRefused);
  EXPECT_EQ(handler.sentence, explain(HeadError::incomplete));
}

TEST_F(ServerTest, ClosesAnIdleConnectionInSilence) {
  limits.idle = 75s;
  Peer& fresh = connect();
  Peer& used = connect();
  advance(20s);
  used.send(get("/"));
  advance(54s);
  EXPECT_FALSE(fresh.ended);
  advance(1s);
  EXPECT_TRUE(fresh.ended);
  EXPECT_EQ(fresh.received, "");
  advance(19s);
  EXPECT_FALSE(used.ended);
  advance(1s);
  EXPECT_TRUE(used.ended);
  EXPECT_TRUE(handler.refusals.empty());
}

TEST_F(ServerTest, AConnectionThatLeavesWithoutARequestIsForgotten) {
  connect().leave();
  connect().half_close();
  settle();
  EXPECT_EQ(server->connections(), 0u);
  EXPECT_TRUE(handler.refusals.empty());
}

TEST_F(ServerTest, HasAsManyConnectionsAsItsLimitSays) {
  limits.connections = 2;
  connect();
  Peer& second = connect();
  Peer& third = connect();
  settle();
  EXPECT_EQ(third.received, kRefused);
  EXPECT_TRUE(third.ended);
  EXPECT_EQ(handler.refusals, std::vector{Refusal::too_many_connections});
  second.leave();
  settle();
  Peer& fourth = connect();
  fourth.send(get("/"));
  settle();
  EXPECT_EQ(fourth.received, response("/"));
}

TEST_F(ServerTest, ReadsOnForAMomentSoThatARefusedClientSeesTheAnswer) {  // RFC 9112 §9.6
  Peer& client = connect();
  client.send("GET / HTTP/1.1\nHost: a\r\n\r\n");
  settle();
  EXPECT_EQ(client.received, kRefused);
  EXPECT_EQ(server->connections(), 1u);
  client.send(string(100'000, 'x'));
  settle();
  EXPECT_EQ(server->connections(), 1u);
  advance(2s);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(ServerTest, ReadsOnForNoMoreThanAMomentAndNotForever) {
  Peer& client = connect();
  client.send("GET / HTTP/1.1\nHost: a\r\n\r\n");
  settle();
  for (int i = 0; i < 65; ++i) client.send(string(1 << 20, 'x'));
  settle();
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(ServerTest, AHandlerThatThrowsEndsItsConnectionOnly) {
  log::set_level(log::Level::off);
  Peer& other = connect();
  const auto normal = handler.on_request;
  handler.on_request = [](ServerConnection&) -> Task<void> {
    throw std::runtime_error("a defect");
    co_return;
  };
  Peer& client = connect();
  client.send(get("/"));
  settle();
  log::set_level(log::Level::info);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(server->connections(), 1u);
  handler.on_request = normal;
  other.send(get("/fine"));
  settle();
  EXPECT_EQ(other.received, response("/fine"));
}

TEST_F(ServerTest, NewLimitsHoldForOpenConnectionsFromTheirNextRequestOn) {
  Peer& client = connect();
  client.send(get("/"));
  settle();
  limits.idle = 5s;
  server->set_limits(limits);
  client.send(get("/"));
  advance(4s);
  EXPECT_FALSE(client.ended);
  advance(1s);
  EXPECT_TRUE(client.ended);
}

// --- drain ---

struct DrainTest : ServerTest {
  // A handler that answers after `d`.
  void answer_after(Nanos d) {
    handler.on_request = [this, d](ServerConnection& c) -> Task<void> {
      co_await loop.sleep(d);
      string bytes = response(c.head().target, c.keeps_alive() ? "" : "Connection: close\r\n");
      co_await answer(c, std::move(bytes));
    };
  }
  void drain() {
    server->drain([this] { drained = elapsed(); });
  }
  std::optional<Nanos> drained;
};

TEST_F(DrainTest, WithoutConnectionsIsDoneAtOnce) {
  serve();
  drain();
  EXPECT_EQ(drained, 0s);
}

TEST_F(DrainTest, EndsIdleConnectionsAtOnce) {
  Peer& fresh = connect();
  Peer& used = connect();
  used.send(get("/"));
  settle();
  EXPECT_EQ(used.received, response("/"));
  drain();
  settle();
  EXPECT_TRUE(fresh.ended);
  EXPECT_TRUE(used.ended);
  EXPECT_EQ(drained, 0s);
}

TEST_F(DrainTest, LetsRequestsFinishAndTellsTheirClientsToClose) {
  answer_after(5s);
  Peer& client = connect();
  client.send(get("/long") + get("/next"));
  advance(1s);
  drain();
  advance(1s);
  EXPECT_FALSE(drained);
  advance(10s);
  EXPECT_EQ(client.received, response("/long", "Connection: close\r\n"));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(handler.targets, std::vector<string>{"/long"}) << "the one behind it is not begun";
  ASSERT_TRUE(drained);
  EXPECT_GE(*drained, 5s);
  EXPECT_LE(*drained, 5s + 2s) << "the last bytes and the wait for the client's end";
}

TEST_F(DrainTest, LetsAHeadThatHasBegunFinish) {
  Peer& client = connect();
  client.send("GET /half HTTP/1.1\r\n");
  settle();
  drain();
  settle();
  EXPECT_FALSE(client.ended);
  client.send("Host: a\r\n\r\n");
  settle();
  EXPECT_EQ(client.received, response("/half"));
  EXPECT_TRUE(client.ended);
}

TEST_F(DrainTest, WaitsForConnectionsThatAreStillShakingHands) {
  Server::Upgrade upgrade = [this](std::unique_ptr<Stream> s) -> Task<std::unique_ptr<Stream>> {
    co_await loop.sleep(3s);
    co_return std::move(s);
  };
  server = std::make_unique<Server>(loop, handler, limits, upgrade);
  Peer& client = connect();
  settle();
  drain();
  EXPECT_FALSE(drained) << "or the server could go while a session of it is still to come";
  client.leave();
  advance(10s);
  EXPECT_EQ(drained, 3s);
}

TEST_F(DrainTest, WaitsForHandshakesThatFail) {
  Server::Upgrade upgrade = [this](std::unique_ptr<Stream>) -> Task<std::unique_ptr<Stream>> {
    co_await loop.sleep(3s);
    co_return nullptr;
  };
  server = std::make_unique<Server>(loop, handler, limits, upgrade);
  connect();
  settle();
  drain();
  EXPECT_FALSE(drained);
  advance(10s);
  EXPECT_EQ(drained, 3s);
}

TEST_F(DrainTest, WaitsForRefusalsUnderWay) {
  limits.connections = 0;
  limits.write = 5s;
  MemoryFaults stuck;
  stuck.capacity = 1;
  connect({}, stuck, false);
  settle();
  drain();
  EXPECT_FALSE(drained);
  advance(10s);
  EXPECT_EQ(drained, 5s);
}

TEST_F(DrainTest, CloseAllEndsEveryConnectionNow) {
  Peer& idle = connect();
  bool told = false;
  bool sent = true;
  handler.on_request = [&](ServerConnection& c) -> Task<void> {
    c.watch([&] { told = true; });
    co_await loop.sleep(1h);
    string bytes = response("late");
    sent = co_await answer(c, std::move(bytes));
  };
  Peer& busy = connect();
  busy.send(get("/"));
  settle();
  drain();
  server->close_all();
  settle();
  EXPECT_TRUE(idle.ended);
  EXPECT_TRUE(busy.ended);
  EXPECT_TRUE(told) << "a handler that waits for an engine must learn of it";
  advance(2h);
  EXPECT_FALSE(sent);
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace trine::net::server_test

// TCP streams, listeners, and pools of connections to one origin, over real sockets.
#include "net/tcp.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/memory.h"
#include "real_net.h"

namespace trine::net::tcp_test {
namespace {

using std::string;
using std::string_view;

struct TcpTest : testing::Test, RealNet {
  // Both ends of one connection.
  void open() {
    listener = listen([this](std::unique_ptr<Stream> s) { accepted.push_back(std::move(s)); });
    auto s = get(net::connect(loop, {"127.0.0.1", listener->port()}, 5s));
    ASSERT_TRUE(s) << s.error().message;
    ours = std::move(*s);
    ASSERT_TRUE(until([&] { return !accepted.empty(); }));
    theirs = std::move(accepted.back());
    accepted.pop_back();
  }
  std::vector<std::unique_ptr<Stream>> accepted;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> ours, theirs;
};

TEST_F(TcpTest, BytesGoBothWays) {
  open();
  EXPECT_EQ(theirs->peer_address(), "127.0.0.1");
  Side a(std::move(ours)), b(std::move(theirs));
  a.send("ping");
  ASSERT_TRUE(until([&] { return b.received == "ping"; }));
  b.send("pong");
  ASSERT_TRUE(until([&] { return a.received == "pong"; }));
  b.stream().shutdown_write();
  ASSERT_TRUE(until([&] { return a.ended.has_value(); }));
  EXPECT_EQ(a.ended, Status::eof);
  a.send("still");
  ASSERT_TRUE(until([&] { return b.received == "pingstill"; }));
}

TEST_F(TcpTest, AGatherListOfAnyShapeArrivesWhole) {
  open();
  std::vector<string> pieces;
  string all;
  for (size_t i = 0; i < 20'000; ++i) {
    pieces.emplace_back(i % 7 == 0 ? 0 : i % 1000, static_cast<char>('a' + i % 26));
    all += pieces.back();
  }
  const std::vector<string_view> slices(pieces.begin(), pieces.end());
  bool ok = false;
  const auto write = [&]() -> Task<void> { ok = (co_await write_all(*ours, slices)).ok(); };
  spawn(write());
  EXPECT_FALSE(ok) << "more than a socket takes at once";
  Side b(std::move(theirs));
  ASSERT_TRUE(until([&] { return ok && b.received.size() == all.size(); }));
  EXPECT_TRUE(b.received == all);
}

TEST_F(TcpTest, AWriterWaitsForAReaderAndCanBeCancelled) {
  open();
  Side a(std::move(ours), false);
  a.send(string(64 << 20, 'x'));
  loop.run_virtual(clock, Nanos(0));
  EXPECT_EQ(a.written(), 0u);
  a.stream().cancel();
  loop.run_virtual(clock, Nanos(0));
  EXPECT_EQ(a.written(), 0u);
}

TEST_F(TcpTest, StaleIsWhatEndedOrSpokeUnasked) {
  open();
  EXPECT_FALSE(ours->stale());
  Side b(std::move(theirs), false);
  b.send("!");
  ASSERT_TRUE(until([&] { return ours->stale(); }));
  std::array<char, 8> buffer{};
  ASSERT_TRUE(until([&] { return ours->read_now(buffer).n == 1; }));
  EXPECT_FALSE(ours->stale());
  EXPECT_TRUE(ours->read_now(buffer).ok()) << "nothing there, and no error";
  b.leave();
  ASSERT_TRUE(until([&] { return ours->stale(); }));
  EXPECT_TRUE(until([&] { return ours->read_now(buffer).status == Status::eof; }));
}

TEST_F(TcpTest, AWriteToAPeerThatIsGoneIsAnErrorAndNoSignal) {
  open();
  Side a(std::move(ours), false);
  theirs.reset();
  size_t sent = 0;
  ASSERT_TRUE(until([&] {
    const size_t before = a.written();
    a.send("x");
    ++sent;
    return a.written() == before;
  }));
  EXPECT_GT(sent, 0u);
}

TEST_F(TcpTest, ClosedStreamsAnswerWithCancelled) {
  open();
  ours->close();
  Side a(std::move(ours), false);
  a.send("x");
  EXPECT_EQ(a.written(), 0u);
  a.read();
  ASSERT_TRUE(until([&] { return a.ended.has_value(); }));
  EXPECT_EQ(a.ended, Status::cancelled);
}

TEST_F(TcpTest, ConnectingWhereNobodyListensIsUnavailable) {
  open();
  const uint16_t port = listener->port();
  listener.reset();
  const auto r = get(net::connect(loop, {"127.0.0.1", port}, 5s));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unavailable);
  EXPECT_NE(r.error().message.find("127.0.0.1:" + std::to_string(port)), string::npos) << r.error().message;
}

TEST_F(TcpTest, ANameThatDoesNotExistIsUnavailable) {
  const auto r = get(net::connect(loop, {"no-such-host.invalid", 80}, 5s));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unavailable);
  EXPECT_NE(r.error().message.find("no-such-host.invalid"), string::npos);
}

TEST_F(TcpTest, ANameIsResolved) {
  auto l = Listener::open(loop, {"localhost", 0}, false, [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(l) << l.error().message;
  EXPECT_TRUE(get(net::connect(loop, {"localhost", (*l)->port()}, 5s)));
}

TEST_F(TcpTest, ConnectingGivesUpAtItsTimeOut) {
  // A listener whose queue is full answers no further connection request.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(fd, 0), 0);
  socklen_t size = sizeof at;
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const HostPort full{"127.0.0.1", ntohs(at.sin_port)};
  const auto first = get(net::connect(loop, full, 5s));
  ASSERT_TRUE(first);
  std::optional<Result<std::unique_ptr<Stream>>> result;
  const auto connecting = [&]() -> Task<void> { result = co_await net::connect(loop, full, 5s); };
  spawn(connecting());
  advance(4900ms);
  EXPECT_FALSE(result);
  advance(200ms);
  ASSERT_TRUE(until([&] { return result.has_value(); }));
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code, Code::deadline_exceeded);
  EXPECT_NE(result->error().message.find("5.0 s"), string::npos) << result->error().message;
  ::close(fd);
}

TEST_F(TcpTest, APortThatIsTakenIsAnErrorUnlessItIsShared) {
  const auto ignore = [](std::unique_ptr<Stream>) {};
  auto first = Listener::open(loop, {"127.0.0.1", 0}, true, ignore);
  ASSERT_TRUE(first);
  const HostPort same{"127.0.0.1", (*first)->port()};
  EXPECT_TRUE(Listener::open(loop, same, true, ignore));
  const auto alone = Listener::open(loop, same, false, ignore);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, Code::unavailable);
  EXPECT_NE(alone.error().message.find(std::to_string(same.port)), string::npos) << alone.error().message;
}

TEST_F(TcpTest, ListeningOnWhatIsNoAddressIsAnError) {
  const auto r = Listener::open(loop, {"no-such-host.invalid", 0}, false, [](std::unique_ptr<Stream>) {});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::invalid_argument);
}

TEST_F(TcpTest, AListenerThatFailedOrWasClosedDoesNotKeepTheLoop) {
  const auto ignore = [](std::unique_ptr<Stream>) {};
  Loop own;
  auto first = Listener::open(own, {"127.0.0.1", 0}, false, ignore);
  ASSERT_TRUE(first);
  ASSERT_FALSE(Listener::open(own, {"127.0.0.1", (*first)->port()}, false, ignore));
  (*first)->close();
  own.run(false);
  SUCCEED() << "it ended";
}

TEST_F(TcpTest, AReadOfSeveralBufferfulsIsReadWhole) {
  open();
  Side b(std::move(theirs), false);
  string sent;
  for (int i = 0; i < 100'000; ++i) sent += std::to_string(i);
  b.send(sent);
  ASSERT_TRUE(until([&] { return b.written() == 1; }));
  b.leave();
  Side a(std::move(ours));
  ASSERT_TRUE(until([&] { return a.ended.has_value(); }));
  EXPECT_TRUE(a.received == sent);
  EXPECT_EQ(a.ended, Status::eof);
}

TEST_F(TcpTest, ACancelledReadMayBeTriedAgain) {
  open();
  Side a(std::move(ours));
  a.stream().cancel();
  ASSERT_TRUE(until([&] { return a.ended.has_value(); }));
  EXPECT_EQ(a.ended, Status::cancelled);
  a.ended.reset();
  Side b(std::move(theirs));
  b.send("hello");
  ASSERT_TRUE(until([&] { return b.written() == 1; }));
  a.read();
  ASSERT_TRUE(until([&] { return a.received == "hello"; }));
}

TEST_F(TcpTest, AStreamMayGoWhileItsReaderIsTold) {
  struct Suicidal final : Stream::Done {
    void done(IoResult) override { stream.reset(); }
    std::unique_ptr<Stream> stream;
  } reader;
  open();
  reader.stream = std::move(ours);
  std::array<char, 8> buffer{};
  reader.stream->read(buffer, reader);
  Side b(std::move(theirs));
  b.send("x");
  ASSERT_TRUE(until([&] { return b.ended.has_value(); }));
  EXPECT_FALSE(reader.stream);
}

TEST_F(TcpTest, OneStreamMayEndAnotherOfTheSameTurn) {
  open();
  struct Ender final : Stream::Done {
    void done(IoResult) override { other->reset(); }
    std::unique_ptr<Stream>* other = nullptr;
  } ends_second, ends_first;
  auto second = get(net::connect(loop, {"127.0.0.1", listener->port()}, 5s)).value();
  ASSERT_TRUE(until([&] { return !accepted.empty(); }));
  std::array<char, 8> one{}, two{};
  ends_second.other = &second;
  ends_first.other = &ours;
  ours->read(one, ends_second);
  second->read(two, ends_first);
  Side a(std::move(theirs), false), b(std::move(accepted.back()), false);
  a.send("x");
  b.send("y");
  ASSERT_TRUE(until([&] { return !ours || !second; }));
  EXPECT_TRUE(ours || second) << "whoever came first";
}

TEST_F(TcpTest, AClosedListenerAcceptsNoMore) {
  open();
  const HostPort at{"127.0.0.1", listener->port()};
  listener->close();
  EXPECT_FALSE(get(net::connect(loop, at, 5s)));
  EXPECT_TRUE(accepted.empty());
}

// --- Pool ---

struct PoolTest : testing::Test, RealNet {
  EchoHandler handler;
  ServerAtPort server{*this, handler};
  Origin origin() { return {server.address(), nullptr, "", {}, "", 3s, 60s, 2}; }
};

TEST_F(PoolTest, KeepsAConnectionForTheNextCall) {
  Pool pool(loop, origin());
  EXPECT_EQ(get(call(pool, "/1", "abc")).value(), "/1 3");
  EXPECT_EQ(pool.idle(), 1u);
  EXPECT_EQ(get(call(pool, "/2")).value(), "/2 0");
  EXPECT_EQ(pool.idle(), 1u);
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(PoolTest, TellsWhetherAConnectionWasUsedBefore) {
  Pool pool(loop, origin());
  get(call(pool, "/1")).value();
  auto kept = get(pool.acquire()).value();
  EXPECT_TRUE(kept->reused());
  EXPECT_FALSE(kept->answered()) << "not in this call";
  auto fresh = get(pool.acquire(true)).value();
  EXPECT_FALSE(fresh->reused());
}

TEST_F(PoolTest, TwoCallsAtOnceHaveTwoConnections) {
  Pool pool(loop, origin());
  auto a = get(pool.acquire()).value();
  auto b = get(pool.acquire()).value();
  ASSERT_TRUE(until([&] { return server->connections() == 2; }));
}

TEST_F(PoolTest, KeepsNoMoreThanItsLimit) {
  Pool pool(loop, origin());
  std::vector<std::unique_ptr<UpstreamConnection>> three;
  for (int i = 0; i < 3; ++i) {
    three.push_back(get(pool.acquire()).value());
    three.back()->mark_reusable();
  }
  for (auto& c : three) pool.release(std::move(c));
  EXPECT_EQ(pool.idle(), 2u);
}

TEST_F(PoolTest, KeepsOnlyWhatWasReadToItsEnd) {
  Pool pool(loop, origin());
  auto unread = get(pool.acquire()).value();
  pool.release(std::move(unread));
  EXPECT_EQ(pool.idle(), 0u);
  auto aborted = get(pool.acquire()).value();
  aborted->mark_reusable();
  aborted->abort();
  pool.release(std::move(aborted));
  EXPECT_EQ(pool.idle(), 0u);
}

TEST_F(PoolTest, AConnectionThatTheServerClosedIsNotUsedAgain) {
  Pool pool(loop, origin());
  get(call(pool, "/1")).value();
  server->close_all();
  ASSERT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ(pool.idle(), 1u);
  auto c = get(pool.acquire()).value();
  EXPECT_FALSE(c->reused());
  EXPECT_EQ(pool.idle(), 0u);
}

TEST_F(PoolTest, AConnectionWithBytesThatNobodyAskedForIsNotUsedAgain) {
  std::vector<std::unique_ptr<Side>> engines;
  auto odd = listen([&](std::unique_ptr<Stream> s) { engines.push_back(std::make_unique<Side>(std::move(s))); });
  Origin o = origin();
  o.address.port = odd->port();
  Pool pool(loop, o);
  auto c = get(pool.acquire()).value();
  c->mark_reusable();
  pool.release(std::move(c));
  ASSERT_TRUE(until([&] { return engines.size() == 1; }));
  engines[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  ASSERT_TRUE(until([&] { return engines[0]->written() == 1; }));
  auto next = get(pool.acquire()).value();
  EXPECT_FALSE(next->reused()) << "its answer would be taken for that of the next call";
}

TEST_F(PoolTest, AConnectionWithBytesBehindItsAnswerIsNotKept) {
  std::vector<std::unique_ptr<Side>> engines;
  auto odd = listen([&](std::unique_ptr<Stream> s) {
    engines.push_back(std::make_unique<Side>(std::move(s)));
    engines.back()->send(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  });
  Origin o = origin();
  o.address.port = odd->port();
  Pool pool(loop, o);
  EXPECT_EQ(get(call(pool, "/")).value(), "ok");
  EXPECT_EQ(pool.idle(), 0u);
}

TEST_F(PoolTest, IdleConnectionsAreSweptWhenTheyAreOldOrEnded) {
  Pool pool(loop, origin());
  get(call(pool, "/1")).value();
  advance(10s);
  EXPECT_EQ(pool.idle(), 1u);
  server->close_all();
  ASSERT_TRUE(until([&] { return server->connections() == 0; }));
  advance(6s);
  EXPECT_EQ(pool.idle(), 0u) << "ended";
  get(call(pool, "/2")).value();
  advance(50s);
  EXPECT_EQ(pool.idle(), 1u);
  advance(16s);
  EXPECT_EQ(pool.idle(), 0u) << "too old";
}

TEST_F(PoolTest, ATooOldConnectionIsNotUsedThoughNoSweepHasSeenIt) {
  Origin o = origin();
  o.idle_timeout = 1s;
  Pool pool(loop, o);
  get(call(pool, "/1")).value();
  advance(2s);
  EXPECT_EQ(pool.idle(), 1u);
  EXPECT_FALSE(get(pool.acquire()).value()->reused());
}

TEST_F(PoolTest, LargeBodiesGoThroughWhole) {
  handler.tail = string(5 << 20, 'y');
  Pool pool(loop, origin());
  const string got = get(call(pool, "/1", string(5 << 20, 'x'))).value();
  EXPECT_TRUE(got == "/1 5242880" + handler.tail);
}

TEST_F(PoolTest, AnEngineThatIsNotThereIsUnavailable) {
  Origin o = origin();
  {
    auto closed = listen([](std::unique_ptr<Stream>) {});
    o.address.port = closed->port();
  }
  Pool pool(loop, o);
  const auto r = get(call(pool, "/"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unavailable);
}

TEST_F(PoolTest, SpeaksOverWhatItsDialerMakes) {
  struct InMemory final : Dialer {
    explicit InMemory(Server& s) : server(s) {}
    Task<Result<std::unique_ptr<Stream>>> dial(Loop& loop, HostPort to, Nanos) override {
      dialed.push_back(to.host + ":" + std::to_string(to.port));
      auto [ours, theirs] = memory_pair(loop);
      server.serve(std::move(theirs));
      co_return std::move(ours);
    }
    Server& server;
    std::vector<string> dialed;
  } dialer(*server);
  Origin o = origin();
  o.address = {"engine.example", 8000};
  Pool pool(loop, o, &dialer);
  EXPECT_EQ(get(call(pool, "/1", "abc")).value(), "/1 3");
  EXPECT_EQ(get(call(pool, "/2")).value(), "/2 0");
  EXPECT_EQ(dialer.dialed, std::vector<string>{"engine.example:8000"}) << "once: the connection is kept";
}

// --- a proxy ---

struct ProxyTest : PoolTest {
  // Answers CONNECT with `reply`, and then is the engine itself.
  void proxy_answers(const string& reply) {
    proxy = listen([this, reply](std::unique_ptr<Stream> s) {
      const auto tunnel = [](ProxyTest& t, std::unique_ptr<Stream> stream, string bytes) -> Task<void> {
        Reader reader(*stream, 1024, 4096);
        while (head_length(reader.unread()) == 0)
          if (!(co_await reader.more()).ok()) co_return;
        t.asked.emplace_back(reader.unread());
        const std::array<string_view, 1> slices = {bytes};
        co_await write_all(*stream, slices);
        t.server->serve(std::move(stream));
      };
      spawn(tunnel(*this, std::move(s), reply));
    });
  }
  Origin proxied(string host) {
    Origin o = origin();
    o.address = {std::move(host), 8000};
    o.proxy = HostPort{"127.0.0.1", proxy->port()};
    return o;
  }
  std::unique_ptr<Listener> proxy;
  std::vector<string> asked;
};

TEST_F(ProxyTest, IsAskedToConnectAndThenCarriesTheCall) {
  proxy_answers("HTTP/1.1 200 Connection established\r\n\r\n");
  Pool pool(loop, proxied("engine.example"));
  EXPECT_EQ(get(call(pool, "/1", "abc")).value(), "/1 3");
  EXPECT_EQ(get(call(pool, "/2")).value(), "/2 0");
  EXPECT_EQ(asked, std::vector<string>{"CONNECT engine.example:8000 HTTP/1.1\r\nHost: engine.example:8000\r\n\r\n"});
}

TEST_F(ProxyTest, IsGivenItsCredentials) {
  proxy_answers("HTTP/1.0 200 OK\r\n\r\n");
  Origin o = proxied("engine.example");
  o.proxy_credentials = "Aladdin:open sesame";  // RFC 7617 §2
  Pool pool(loop, o);
  EXPECT_EQ(get(call(pool, "/1")).value(), "/1 0");
  EXPECT_NE(asked.at(0).find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), string::npos);
}

TEST_F(ProxyTest, SeesIpv6AddressesInBrackets) {
  proxy_answers("HTTP/1.1 200 OK\r\n\r\n");
  Pool pool(loop, proxied("2001:db8::1"));
  EXPECT_EQ(get(call(pool, "/1")).value(), "/1 0");
  EXPECT_EQ(asked, std::vector<string>{"CONNECT [2001:db8::1]:8000 HTTP/1.1\r\nHost: [2001:db8::1]:8000\r\n\r\n"});
}

TEST_F(ProxyTest, ThatRefusesMakesTheEngineUnavailable) {
  proxy_answers("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  Pool pool(loop, proxied("engine.example"));
  const auto r = get(call(pool, "/"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unavailable);
  EXPECT_NE(r.error().message.find("407"), string::npos) << r.error().message;
}

// --- the server on a real port ---

struct RealServerTest : PoolTest {
  std::unique_ptr<Side> client() {
    return std::make_unique<Side>(get(net::connect(loop, server.address(), 5s)).value());
  }
};

TEST_F(RealServerTest, AnswersPipelinedRequestsAndCloses) {
  auto c = client();
  c->send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(until([&] { return c->ended.has_value(); }));
  EXPECT_EQ(c->ended, Status::eof);
  EXPECT_EQ(c->received,
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n/1 0"
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n/2 0");
}

TEST_F(RealServerTest, ARefusalReachesAClientThatIsStillSending) {
  auto c = client();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n" + string(300'000, 'x'));
  ASSERT_TRUE(until([&] { return c->ended.has_value(); }));
  EXPECT_EQ(c->ended, Status::eof) << "no reset";
  EXPECT_TRUE(c->received.ends_with(explain(HeadError::bad_length))) << c->received;
}

TEST_F(RealServerTest, KnowsAtOnceThatAClientLeft) {
  struct Waiting final : Handler {
    explicit Waiting(Loop& l) : loop(l) {}
    Task<void> serve(ServerConnection& c) override {
      ++serving;
      c.watch([this] { gone = true; });
      while (!gone) co_await loop.sleep(1ms);
    }
    std::string refuse(Refusal, std::string_view) override { return {}; }
    Loop& loop;
    int serving = 0;
    bool gone = false;
  } waiting(loop);
  ServerAtPort other(*this, waiting);
  auto c = std::make_unique<Side>(get(net::connect(loop, other.address(), 5s)).value());
  c->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return waiting.serving == 1; }));
  EXPECT_FALSE(waiting.gone);
  c->leave();
  ASSERT_TRUE(until([&] { return waiting.gone; }));
  advance(1s);
}

}  // namespace
}  // namespace trine::net::tcp_test

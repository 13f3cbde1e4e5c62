// TLS both ways: the server's side, the upstream's side, mutual TLS, and OpenSSL's own client as a stranger.
#include "net/tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "certificates.h"
#include "net/memory.h"
#include "real_net.h"

namespace trine::net::tls_test {
namespace {

using std::string;
using std::string_view;

// An OpenSSL client that blocks nobody: each call goes as far as it can now.
class Stranger {
 public:
  using Configure = std::function<void(SSL_CTX*)>;
  explicit Stranger(const HostPort& to, const Configure& configure = {}, SSL_SESSION* resume = nullptr)
      : context_(SSL_CTX_new(TLS_client_method())), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(to.port);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("no connection");
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    if (configure) configure(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_);
    if (resume) SSL_set_session(ssl_.get(), resume);
    SSL_set_connect_state(ssl_.get());
  }
  ~Stranger() { ::close(fd_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  bool shaken() { return go(SSL_do_handshake(ssl_.get())) == 1; }
  bool write(string_view bytes) { return go(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))) > 0; }
  // Reads what is there; true once no more comes.
  bool read() {
    char buffer[4096];
    while (true) {
      const int n = go(SSL_read(ssl_.get(), buffer, sizeof buffer));
      if (n <= 0) return error != 0;
      received.append(buffer, static_cast<size_t>(n));
    }
  }
  SSL* ssl() { return ssl_.get(); }

  string received;
  int error = 0;  // SSL_ERROR_*; 0 while it only has to wait
  string words;

 private:
  int go(int n) {
    if (n > 0) return n;
    const int e = SSL_get_error(ssl_.get(), n);
    if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
      error = e;
      const char* reason = ERR_reason_error_string(ERR_get_error());
      words = reason ? reason : "";
    }
    ERR_clear_error();
    return n;
  }
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
  int fd_;
};

const string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const string kAnswer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\n/hello 0";

struct TlsTest : testing::Test, RealNet {
  Authority ca{"test authority"};
  Authority other{"another authority"};
  EchoHandler handler;
  std::shared_ptr<TlsContext> server_context;
  std::vector<Error> server_errors;
  int accepted = 0;
  std::unique_ptr<ServerAtPort> server;

  void serve(const Authority::Files& files, const string& client_ca = "") {
    auto context = tls_server({files.cert, files.key, client_ca});
    if (!context) throw_error(context.error());
    server_context = *context;
    Server::Upgrade upgrade = [this](std::unique_ptr<Stream> s) -> Task<std::unique_ptr<Stream>> {
      ++accepted;
      auto tls = co_await tls_accept(loop, server_context, std::move(s), 10s);
      if (tls) co_return std::move(*tls);
      server_errors.push_back(tls.error());
      co_return nullptr;
    };
    server = std::make_unique<ServerAtPort>(*this, handler, ServerLimits{}, upgrade);
  }
  Origin origin(const TlsClientOptions& options, string name = "localhost") {
    auto context = tls_client(options);
    if (!context) throw_error(context.error());
    return {server->address(), *context, std::move(name), {}, "", 3s, 60s, 8};
  }
  Result<string> call_once(const TlsClientOptions& options, string name = "localhost") {
    Pool pool(loop, origin(options, std::move(name)));
    return get(call(pool, "/1", "abc"));
  }
};

TEST_F(TlsTest, TheServerKnowsWhoTheClientIsByAVerifiedCertificateOnly) {
  string seen;
  struct Look final : Handler {
    string& seen;
    explicit Look(string& s) : seen(s) {}
    Task<void> serve(ServerConnection& c) override {
      const PeerCertificate* p = c.peer_certificate();
      seen = p ? p->common_name : "nobody";
      if (p) seen += " " + std::to_string(p->fingerprint.size());
      if (p)
        for (const string& n : p->names) seen += " " + n;
      const std::array<string_view, 1> answer = {"HTTP/1.1 204 No Content\r\n\r\n"};
      co_await c.send(answer);
    }
    string refuse(Refusal, string_view) override { return {}; }
  } look(seen);
  const auto client = ca.issue("client", "URI:spiffe://example.org/billing,DNS:client.test,IP:10.0.0.1");
  const auto own = ca.issue("server", "DNS:localhost");
  for (const string& authority : {ca.ca_file(), string()}) {
    auto context = tls_server({own.cert, own.key, authority});
    ASSERT_TRUE(context);
    server_context = *context;
    Server::Upgrade upgrade = [this](std::unique_ptr<Stream> s) -> Task<std::unique_ptr<Stream>> {
      auto tls = co_await tls_accept(loop, server_context, std::move(s), 10s);
      co_return tls ? std::move(*tls) : nullptr;
    };
    server = std::make_unique<ServerAtPort>(*this, look, ServerLimits{}, upgrade);
    (void)call_once({ca.ca_file(), client.cert, client.key, true});
    server.reset();
    EXPECT_EQ(seen, authority.empty() ? "nobody" : "client 64 spiffe://example.org/billing client.test");
  }
}

TEST_F(TlsTest, ACallGoesThroughAndItsConnectionIsKept) {
  serve(ca.issue("server", "DNS:localhost"));
  Pool pool(loop, origin({ca.ca_file(), "", "", true}));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(get(call(pool, "/" + std::to_string(i), "abc")).value(), "/" + std::to_string(i) + " 3");
    EXPECT_EQ(pool.idle(), 1u);
    EXPECT_EQ((*server)->connections(), 1u) << "the session tickets of TLS 1.3 do not make it stale";
  }
}

TEST_F(TlsTest, LargeBodiesGoBothWaysWhole) {
  serve(ca.issue("server", "DNS:localhost"));
  handler.tail = string(5 << 20, 'y');
  Pool pool(loop, origin({ca.ca_file(), "", "", true}));
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(get(call(pool, "/", string(5 << 20, 'x'))).value() == "/ 5242880" + handler.tail);
}

TEST_F(TlsTest, GatherListsOfAnyShapeArriveWhole) {
  serve(ca.issue("server", "DNS:localhost"));
  Pool pool(loop, origin({ca.ca_file(), "", "", true}));
  std::vector<string> pieces;
  size_t total = 0;
  for (size_t i = 0; i < 2000; ++i) {
    pieces.emplace_back(i % 5 == 0 ? 0 : i % 50 == 1 ? 100'000 : i % 300, 'x');
    total += pieces.back().size();
  }
  const string head = "POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n";
  std::vector<string_view> slices = {head};
  slices.insert(slices.end(), pieces.begin(), pieces.end());
  auto c = get(pool.acquire()).value();
  const auto send = [](UpstreamConnection& to, std::span<const string_view> what) -> Task<bool> {
    co_return (co_await to.send(what)).ok();
  };
  EXPECT_TRUE(get(send(*c, slices)));
  ASSERT_TRUE(get(c->read_head(5s)));
  string text;
  ASSERT_TRUE(get(c->read_body(text, 1000, 0, 5s)));
  EXPECT_EQ(text, "/sum " + std::to_string(total));
}

TEST_F(TlsTest, ACertificateOfAnUnknownAuthorityIsRefused) {
  serve(other.issue("server", "DNS:localhost"));
  const auto r = call_once({ca.ca_file(), "", "", true});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unavailable);
  EXPECT_NE(r.error().message.find("certificate"), string::npos) << r.error().message;
  EXPECT_TRUE(call_once({ca.ca_file(), "", "", false})) << "unless verification is switched off";
}

TEST_F(TlsTest, ACertificateOfAnotherNameIsRefused) {
  serve(ca.issue("server", "DNS:engine.example,DNS:*.wild.example"));
  EXPECT_FALSE(call_once({ca.ca_file(), "", "", true}, "localhost"));
  EXPECT_TRUE(call_once({ca.ca_file(), "", "", true}, "engine.example"));
  EXPECT_TRUE(call_once({ca.ca_file(), "", "", true}, "one.wild.example"));
  EXPECT_FALSE(call_once({ca.ca_file(), "", "", true}, "two.one.wild.example"));
}

TEST_F(TlsTest, AnAddressIsMatchedAsAnAddress) {
  serve(ca.issue("server", "IP:127.0.0.1,DNS:localhost"));
  EXPECT_TRUE(call_once({ca.ca_file(), "", "", true}, "127.0.0.1"));
  EXPECT_FALSE(call_once({ca.ca_file(), "", "", true}, "127.0.0.2"));
}

TEST_F(TlsTest, ACertificateThatHasEndedIsRefused) {
  serve(ca.issue("server", "DNS:localhost", -60));
  const auto r = call_once({ca.ca_file(), "", "", true});
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message.find("expired"), string::npos) << r.error().message;
}

TEST_F(TlsTest, MutualTlsLetsInWhoHasACertificateOfTheClientAuthority) {
  serve(ca.issue("server", "DNS:localhost"), other.ca_file());
  const auto good = other.issue("client", "DNS:gateway");
  const auto r = call_once({ca.ca_file(), good.cert, good.key, true});
  EXPECT_TRUE(r) << r.error().message;
}

TEST_F(TlsTest, MutualTlsKeepsOutWhoHasNone) {
  serve(ca.issue("server", "DNS:localhost"), other.ca_file());
  EXPECT_FALSE(call_once({ca.ca_file(), "", "", true}));
  const auto wrong = ca.issue("client", "DNS:gateway");
  EXPECT_FALSE(call_once({ca.ca_file(), wrong.cert, wrong.key, true}));
  ASSERT_TRUE(until([&] { return server_errors.size() == 2; }));
  EXPECT_EQ(handler.requests, 0);
  for (const Error& e : server_errors) EXPECT_EQ(e.code, Code::unavailable);
}

TEST_F(TlsTest, AStrangerSeesAProperEndOfTheConnection) {  // else it has to take the answer for cut off
  serve(ca.issue("server", "DNS:localhost"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Stranger client(server->address(), [&](SSL_CTX* c) {
      SSL_CTX_set_min_proto_version(c, version);
      SSL_CTX_set_max_proto_version(c, version);
    });
    ASSERT_TRUE(until([&] { return client.shaken(); })) << client.words;
    ASSERT_TRUE(client.write(kGet));
    ASSERT_TRUE(until([&] { return client.read(); }));
    EXPECT_EQ(client.received, kAnswer);
    EXPECT_EQ(client.error, SSL_ERROR_ZERO_RETURN) << client.words;
    advance(3s);
  }
}

TEST_F(TlsTest, OldProtocolsAreRefused) {
  serve(ca.issue("server", "DNS:localhost"));
  Stranger client(server->address(), [](SSL_CTX* c) {
    SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(c, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(c, "ALL:@SECLEVEL=0");
  });
  EXPECT_TRUE(until([&] { return client.shaken() || client.error != 0; }));
  EXPECT_NE(client.error, 0);
}

TEST_F(TlsTest, AStrangerMayResumeItsSessionUnderMutualTls) {
  serve(ca.issue("server", "DNS:localhost"), other.ca_file());
  const auto files = other.issue("client", "DNS:gateway");
  const auto identify = [&](SSL_CTX* c) {
    SSL_CTX_use_certificate_chain_file(c, files.cert.c_str());
    SSL_CTX_use_PrivateKey_file(c, files.key.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
  };
  std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>> session;
  for (int i = 0; i < 2; ++i) {
    Stranger client(server->address(), identify, session.get());
    ASSERT_TRUE(until([&] { return client.shaken() || client.error != 0; }));
    ASSERT_EQ(client.error, 0) << i << ": " << client.words;
    ASSERT_TRUE(client.write(kGet));
    ASSERT_TRUE(until([&] { return client.read(); }));
    EXPECT_EQ(client.received, kAnswer);
    session.reset(SSL_get1_session(client.ssl()));
    advance(3s);
  }
}

TEST_F(TlsTest, ClientsMayRenewTheirKeysInMidStream) {
  serve(ca.issue("server", "DNS:localhost"));
  Stranger client(server->address());
  ASSERT_TRUE(until([&] { return client.shaken(); }));
  SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
  ASSERT_TRUE(until([&] { return client.write(kGet); }));
  ASSERT_TRUE(until([&] { return client.read(); }));
  EXPECT_EQ(client.received, kAnswer);
  advance(3s);
}

TEST_F(TlsTest, PlainHttpOnATlsPortIsRefused) {
  serve(ca.issue("server", "DNS:localhost"));
  Side client(get(connect(loop, server->address(), 5s)).value());
  client.send(kGet);
  ASSERT_TRUE(until([&] { return client.ended.has_value(); }));
  ASSERT_EQ(server_errors.size(), 1u);
  EXPECT_EQ(server_errors[0].code, Code::unavailable);
  EXPECT_EQ(handler.requests, 0);
}

TEST_F(TlsTest, AClientThatSaysNothingIsGivenUp) {
  serve(ca.issue("server", "DNS:localhost"));
  Side client(get(connect(loop, server->address(), 5s)).value());
  ASSERT_TRUE(until([&] { return accepted == 1; }));
  advance(11s);
  ASSERT_TRUE(until([&] { return client.ended.has_value(); }));
  ASSERT_EQ(server_errors.size(), 1u);
  EXPECT_EQ(server_errors[0].code, Code::deadline_exceeded);
}

TEST_F(TlsTest, AServerThatSaysNothingIsGivenUp) {
  serve(ca.issue("server", "DNS:localhost"));
  std::vector<std::unique_ptr<Stream>> silent;
  auto l = listen([&](std::unique_ptr<Stream> s) { silent.push_back(std::move(s)); });
  Origin o = origin({ca.ca_file(), "", "", true});
  o.address.port = l->port();
  Pool pool(loop, o);
  std::optional<Result<string>> result;
  const auto calling = [&]() -> Task<void> { result = co_await call(pool, "/"); };
  spawn(calling());
  ASSERT_TRUE(until([&] { return silent.size() == 1; }));
  advance(4s);
  ASSERT_TRUE(until([&] { return result.has_value(); }));
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code, Code::deadline_exceeded);
}

TEST_F(TlsTest, APeerThatBreaksOffInTheHandshakeIsUnavailable) {
  serve(ca.issue("server", "DNS:localhost"));
  auto client = get(connect(loop, server->address(), 5s)).value();
  client.reset();
  ASSERT_TRUE(until([&] { return server_errors.size() == 1; }));
  EXPECT_EQ(server_errors[0].code, Code::unavailable);
}

TEST_F(TlsTest, AConnectionThatTheServerClosedIsNotUsedAgain) {
  serve(ca.issue("server", "DNS:localhost"));
  Pool pool(loop, origin({ca.ca_file(), "", "", true}));
  get(call(pool, "/1")).value();
  (*server)->close_all();
  ASSERT_TRUE(until([&] { return (*server)->connections() == 0; }));
  ASSERT_EQ(pool.idle(), 1u);
  EXPECT_FALSE(get(pool.acquire()).value()->reused());
}

// Both ends of one TLS connection.
struct TlsStreams : TlsTest {
  TlsStreams() {
    const auto files = ca.issue("server", "DNS:localhost");
    server_context = tls_server({files.cert, files.key, ""}).value();
    client_context = tls_client({ca.ca_file(), "", "", true}).value();
    std::optional<Result<std::unique_ptr<Stream>>> far_end;
    listener = listen([&](std::unique_ptr<Stream> s) {
      const auto accept = [](TlsStreams& t, std::unique_ptr<Stream> tcp,
                             std::optional<Result<std::unique_ptr<Stream>>>& into) -> Task<void> {
        into = co_await tls_accept(t.loop, t.server_context, std::move(tcp), 10s);
      };
      spawn(accept(*this, std::move(s), far_end));
    });
    auto tcp = get(connect(loop, {"127.0.0.1", listener->port()}, 5s)).value();
    ours = get(tls_connect(loop, client_context, std::move(tcp), "localhost", 5s)).value();
    EXPECT_TRUE(until([&] { return far_end.has_value(); }));
    theirs = std::move(far_end->value());
  }
  std::shared_ptr<TlsContext> client_context;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> ours, theirs;
};

TEST_F(TlsStreams, KnowTheAddressOfThePeer) {
  EXPECT_EQ(theirs->peer_address(), "127.0.0.1");
}

TEST_F(TlsStreams, ACancelledReadMayBeTriedAgain) {
  Side a(std::move(ours));
  a.stream().cancel();
  ASSERT_TRUE(until([&] { return a.ended.has_value(); }));
  EXPECT_EQ(a.ended, Status::cancelled);
  a.ended.reset();
  Side b(std::move(theirs));
  b.send("hello");
  a.read();
  ASSERT_TRUE(until([&] { return a.received == "hello"; }));
}

TEST_F(TlsStreams, AWriterWaitsForAReader) {
  Side a(std::move(ours), false);
  a.send(string(32 << 20, 'x'));
  advance(1s);
  EXPECT_EQ(a.written(), 0u);
  Side b(std::move(theirs));
  ASSERT_TRUE(until([&] { return b.received.size() == 32u << 20; }));
  EXPECT_EQ(a.written(), 1u);
}

TEST_F(TlsStreams, AreReadWithoutWaitingToo) {
  std::array<char, 100> buffer{};
  EXPECT_EQ(ours->read_now(buffer).n, 0u);
  EXPECT_TRUE(ours->read_now(buffer).ok());
  EXPECT_FALSE(ours->stale());
  Side b(std::move(theirs), false);
  b.send("hello");
  ASSERT_TRUE(until([&] { return ours->stale(); }));
  EXPECT_EQ(ours->read_now(buffer).n, 5u);
  EXPECT_FALSE(ours->stale());
  b.leave();
  ASSERT_TRUE(until([&] { return ours->stale(); }));
  EXPECT_EQ(ours->read_now(buffer).status, Status::eof);
}

TEST_F(TlsStreams, TheEndOfOneDirectionLeavesTheOther) {
  Side a(std::move(ours)), b(std::move(theirs));
  a.stream().shutdown_write();
  ASSERT_TRUE(until([&] { return b.ended.has_value(); }));
  EXPECT_EQ(b.ended, Status::eof);
  b.send("still");
  ASSERT_TRUE(until([&] { return a.received == "still"; }));
}

TEST_F(TlsStreams, AWriteToAPeerThatIsGoneIsAnErrorAndNoSignal) {
  Side a(std::move(ours), false);
  theirs.reset();
  EXPECT_TRUE(until([&] {
    const size_t before = a.written();
    a.send("x");
    advance(1ms);
    return a.written() == before;
  }));
}

TEST_F(TlsStreams, DestroyedWithAReadAndAWritePendingTheyTouchNothing) {
  for (int i = 0; i < 2; ++i) {
    auto buffer = std::make_unique<Side>(std::move(i == 0 ? ours : theirs));
    buffer->send(string(8 << 20, 'x'));
    loop.run_virtual(clock, Nanos(0));
    buffer.reset();
  }
  advance(1s);
}

// TLS over streams in memory: the same under faults, in virtual time.
struct TlsOverMemory : TlsTest {
  TlsOverMemory() {
    const auto files = ca.issue("server", "DNS:localhost");
    server_context = tls_server({files.cert, files.key, ""}).value();
    client_context = tls_client({ca.ca_file(), "", "", true}).value();
  }
  void shake(MemoryFaults to_server, MemoryFaults to_client) {
    auto [client, ours] = memory_pair(loop, to_server, to_client);
    const auto accept = [](TlsOverMemory& t, std::unique_ptr<Stream> s) -> Task<void> {
      t.server_end = co_await tls_accept(t.loop, t.server_context, std::move(s), 10s);
    };
    const auto connect = [](TlsOverMemory& t, std::unique_ptr<Stream> s) -> Task<void> {
      t.client_end = co_await tls_connect(t.loop, t.client_context, std::move(s), "localhost", 5s);
    };
    spawn(accept(*this, std::move(ours)));
    spawn(connect(*this, std::move(client)));
  }
  std::shared_ptr<TlsContext> client_context;
  std::optional<Result<std::unique_ptr<Stream>>> server_end, client_end;
};

TEST_F(TlsOverMemory, BytesMayTrickleAndBuffersBeSmall) {
  MemoryFaults trickle;
  trickle.deliver_at_most = 7;
  trickle.capacity = 50;
  shake(trickle, trickle);
  advance(1s);
  ASSERT_TRUE(client_end && *client_end);
  Side a(std::move(**client_end));  // reads the session tickets, which the server waits to send
  advance(1s);
  ASSERT_TRUE(server_end && *server_end);
  Side b(std::move(**server_end));
  a.send(string(40'000, 'x'));
  b.send(string(40'000, 'y'));
  advance(1s);
  EXPECT_EQ(b.received, string(40'000, 'x'));
  EXPECT_EQ(a.received, string(40'000, 'y'));
  a.stream().shutdown_write();
  advance(1s);
  EXPECT_EQ(b.ended, Status::eof);
}

TEST_F(TlsOverMemory, AHandshakeThatTakesTooLongIsGivenUpByEachSideAtItsOwnTime) {
  MemoryFaults slow;
  slow.delay = 6s;
  shake({}, slow);
  advance(5s);
  ASSERT_TRUE(client_end && !*client_end);
  EXPECT_EQ(client_end->error().code, Code::deadline_exceeded);
  EXPECT_NE(client_end->error().message.find("5.0 s"), string::npos) << client_end->error().message;
  advance(5s);
  ASSERT_TRUE(server_end && !*server_end);
  EXPECT_EQ(server_end->error().code, Code::unavailable) << "its client has gone";
}

TEST_F(TlsOverMemory, AConnectionThatBreaksAnywhereInTheHandshakeIsUnavailable) {
  for (size_t after = 0; after < 3000; after += 101) {
    MemoryFaults broken;
    broken.break_after = after;
    server_end.reset();
    client_end.reset();
    shake({}, broken);
    advance(20s);
    ASSERT_TRUE(server_end && client_end) << after;
    for (const auto* end : {&client_end, &server_end}) {
      if (**end) continue;
      EXPECT_EQ((**end).error().code, Code::unavailable) << after;
    }
    EXPECT_FALSE(after < 500 && *client_end) << after;
  }
}

TEST_F(TlsOverMemory, ACorruptedRecordIsAnErrorAndNotTheEnd) {
  auto [left, left_far] = memory_pair(loop);
  auto [right_far, right] = memory_pair(loop);
  // Hands on what comes, one byte changed once it is told to.
  bool corrupt = false;
  const auto carry = [](Stream& from, Stream& to, bool& now) -> Task<void> {
    std::array<char, 4096> buffer{};
    for (;;) {
      const IoResult r = co_await read_some(from, buffer);
      if (!r.ok()) co_return to.shutdown_write();
      if (now) buffer[r.n - 1] ^= 1;
      const std::array<string_view, 1> slices = {string_view(buffer.data(), r.n)};
      if (!(co_await write_all(to, slices)).ok()) co_return;
    }
  };
  bool never = false;
  spawn(carry(*left_far, *right_far, corrupt));
  spawn(carry(*right_far, *left_far, never));
  const auto accept = [](TlsOverMemory& t, std::unique_ptr<Stream> s) -> Task<void> {
    t.server_end = co_await tls_accept(t.loop, t.server_context, std::move(s), 10s);
  };
  const auto connect = [](TlsOverMemory& t, std::unique_ptr<Stream> s) -> Task<void> {
    t.client_end = co_await tls_connect(t.loop, t.client_context, std::move(s), "localhost", 5s);
  };
  spawn(accept(*this, std::move(right)));
  spawn(connect(*this, std::move(left)));
  advance(1s);
  ASSERT_TRUE(server_end && *server_end && client_end && *client_end);
  Side a(std::move(**client_end), false), b(std::move(**server_end));
  corrupt = true;
  a.send("transfer 100 EUR");
  advance(1s);
  EXPECT_EQ(b.received, "");
  EXPECT_EQ(b.ended, Status::error);
  a.leave();
  b.leave();
  advance(1s);
}

TEST(TlsOptions, WhatCannotBeReadIsSaid) {
  Authority ca("authority");
  const auto files = ca.issue("server", "DNS:localhost");
  const string missing = files.cert + ".missing";
  const string junk = files.cert + ".junk";
  std::ofstream(junk) << "not a certificate\n";
  const auto wrong_key = ca.issue("other", "DNS:localhost").key;
  const auto says = [](const auto& result, const string& what) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::invalid_argument);
    EXPECT_NE(result.error().message.find(what), string::npos) << result.error().message;
  };
  says(tls_server({missing, files.key, ""}), missing);
  says(tls_server({junk, files.key, ""}), junk);
  says(tls_server({files.cert, missing, ""}), missing);
  says(tls_server({files.cert, wrong_key, ""}), wrong_key);
  says(tls_server({files.cert, files.key, missing}), missing);
  says(tls_client({missing, "", "", true}), missing);
  says(tls_client({"", files.cert, missing, true}), missing);
  EXPECT_TRUE(tls_client({"", "", "", true}));
}

}  // namespace
}  // namespace trine::net::tls_test

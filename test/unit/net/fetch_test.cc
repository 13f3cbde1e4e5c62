// Small exchanges over a pool whose connections are in memory.
#include "net/fetch.h"

#include "net_fixture.h"

namespace trine::net::fetch_test {
namespace {

using std::string;

TEST(FetchUrl, IsASchemeAHostAndATarget) {
  const auto plain = parse_fetch_url("http://engine.example/metrics?x=1");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->address.host, "engine.example");
  EXPECT_EQ(plain->address.port, 80);
  EXPECT_EQ(plain->target, "/metrics?x=1");
  EXPECT_EQ(plain->authority(), "engine.example");
  const auto secure = parse_fetch_url("https://[::1]:9400?a");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->address.host, "::1");
  EXPECT_EQ(secure->target, "/?a");
  EXPECT_EQ(secure->authority(), "[::1]:9400");
  EXPECT_EQ(parse_fetch_url("https://a")->address.port, 443);
}

TEST(FetchUrl, RefusesWhatItCannotReachOrShouldNotHold) {
  for (const char* bad : {"", "engine/metrics", "ftp://a/", "http://", "http:///x", "http://a:0/", "http://a:x/",
                          "http://user:secret@a/", "http://a/#part", "http://a/ b", "http://a/\n", "http://[::1/"})
    EXPECT_FALSE(parse_fetch_url(bad)) << bad;
}

TEST(FetchUrl, PartsAreEncodedByPercent) {
  EXPECT_EQ(percent_encoded("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(percent_encoded("a b&c=\xc3\xa9/"), "a%20b%26c%3D%C3%A9%2F");
}

// A pool on whose connections the test is the server.
struct FetchTest : testing::Test, VirtualNet, Dialer {
  FetchTest() : pool(loop, Origin{{"server", 8000}, nullptr, "", {}, "", 3s, 60s, 4}, this) {}

  Task<Result<std::unique_ptr<Stream>>> dial(Loop&, HostPort, Nanos) override {
    if (!there) co_return fail(Code::unavailable, "cannot connect");
    auto pair = memory_pair(loop);
    peers.push_back(std::make_unique<Peer>(std::move(pair.second)));
    co_return std::move(pair.first);
  }
  // Begins an exchange; its outcome is in `result` once it is there.
  void begin(FetchRequest request = {}, FetchLimits limits = {}) {
    result.reset();
    const auto run = [](FetchTest& t, FetchRequest r, FetchLimits l) -> Task<void> {
      t.result = co_await fetch(t.loop, t.pool, std::move(r), l);
    };
    spawn(run(*this, std::move(request), limits));
    settle();
  }
  void answer(const string& bytes) {
    peers.back()->send(bytes);
    settle();
  }
  Code failed() const {
    EXPECT_TRUE(result && !*result);
    return result && !*result ? result->error().code : Code::internal;
  }

  bool there = true;
  std::vector<std::unique_ptr<Peer>> peers;
  Pool pool;
  std::optional<Result<FetchResponse>> result;
};

TEST_F(FetchTest, SendsARequestAndGivesItsAnswer) {
  FetchRequest request;
  request.method = "POST";
  request.target = "/query?x=1";
  request.headers.emplace_back("Authorization", "Bearer k");
  request.body = "a=b";
  begin(request);
  EXPECT_EQ(peers.at(0)->received,
            "POST /query?x=1 HTTP/1.1\r\nHost: server:8000\r\nAccept-Encoding: identity\r\nAuthorization: Bearer k\r\n"
            "Content-Length: 3\r\n\r\na=b");
  answer("HTTP/1.1 404 Not Found\r\nX-Why: none\r\nContent-Length: 4\r\n\r\ngone");
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->status, 404) << "any status is an answer";
  EXPECT_EQ((*result)->body, "gone");
  EXPECT_EQ((*result)->find("x-why"), "none");
  EXPECT_EQ(pool.idle(), 1u);
}

TEST_F(FetchTest, AHeadRequestHasNoBodyWhateverItsHeadSays) {
  FetchRequest request;
  request.method = "HEAD";
  begin(request);
  answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->body, "");
}

TEST_F(FetchTest, WhatCannotBeWrittenIsNotSentAndNoSecretIsShown) {
  std::vector<FetchRequest> bad(5);
  bad[0].method = "GET /";
  bad[1].target = "metrics";
  bad[2].target = "/a b";
  bad[3].headers.emplace_back("X Y", "v");
  bad[4].headers.emplace_back("Authorization", "secret\r\nX: smuggled");
  for (const FetchRequest& request : bad) {
    begin(request);
    EXPECT_EQ(failed(), Code::invalid_argument);
    EXPECT_EQ(result->error().message.find("secret"), string::npos);
  }
  EXPECT_TRUE(peers.empty());
}

TEST_F(FetchTest, TheTimeIsForAllOfIt) {
  FetchLimits limits;
  limits.timeout = 10s;
  begin({}, limits);
  advance(6s);
  answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
  advance(3900ms);
  EXPECT_FALSE(result);
  advance(200ms);
  EXPECT_EQ(failed(), Code::deadline_exceeded);
  EXPECT_NE(result->error().message.find("server:8000"), string::npos) << result->error().message;
  EXPECT_NE(result->error().message.find("10 s"), string::npos) << result->error().message;
}

TEST_F(FetchTest, ABodyOverTheLimitIsOutOfRange) {
  FetchLimits limits;
  limits.max_bytes = 3;
  begin({}, limits);
  answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
  EXPECT_EQ(failed(), Code::out_of_range);
}

TEST_F(FetchTest, AnEncodedBodyIsNotTakenForText) {
  begin();
  answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b");
  EXPECT_EQ(failed(), Code::data_loss);
}

TEST_F(FetchTest, AServerThatIsNotThereIsUnavailable) {
  there = false;
  begin();
  EXPECT_EQ(failed(), Code::unavailable);
}

// A kept connection may die just when it is used again.
struct KeptConnection : FetchTest {
  KeptConnection() {
    begin();
    answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(pool.idle(), 1u);
    peers.back()->take();
  }
  void again(string method) {
    FetchRequest request;
    request.method = std::move(method);
    begin(request);
    EXPECT_EQ(peers.size(), 1u) << "on the kept connection";
    peers.back()->leave();
    settle();
  }
};

TEST_F(KeptConnection, ThatDiedUnusedIsReplacedOnce) {
  again("GET");
  ASSERT_EQ(peers.size(), 2u);
  answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->body, "ok");
}

TEST_F(KeptConnection, IsReplacedByOneThatMayNotDieToo) {
  again("GET");
  ASSERT_EQ(peers.size(), 2u);
  peers.back()->leave();
  settle();
  EXPECT_EQ(peers.size(), 2u);
  EXPECT_EQ(failed(), Code::unavailable);
}

TEST_F(KeptConnection, IsNotReplacedWhereTheRequestMayHaveDoneSomething) {
  again("POST");
  EXPECT_EQ(peers.size(), 1u);
  EXPECT_EQ(failed(), Code::unavailable);
}

}  // namespace
}  // namespace trine::net::fetch_test

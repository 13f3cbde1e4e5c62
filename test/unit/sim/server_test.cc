// The HTTP front over memory streams in virtual time, and once over a real socket.
#include "sim/server.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "net/awaiters.h"
#include "net/memory.h"
#include "unit/sim/sim_fixture.h"

namespace trine::sim::server_test {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chat(const Json& more = Json::object()) {
  Json j{{"model", "llama-3-8b"}, {"messages", Json::array({{{"role", "user"}, {"content", "Hi there"}}})}};
  j.update(more);
  return post("/v1/chat/completions", j.dump());
}

// One client connection and everything that came back on it.
struct Peer {
  std::unique_ptr<net::Stream> stream;
  std::string got;
  bool closed = false;

  net::Task<void> send(std::string bytes) {
    const std::array<std::string_view, 1> slices = {bytes};
    co_await net::write_all(*stream, slices);
  }
  net::Task<void> collect() {
    std::array<char, 4096> buffer;
    for (;;) {
      const auto r = co_await net::read_some(*stream, buffer);
      if (!r.ok()) break;
      got.append(buffer.data(), r.n);
    }
    closed = true;
  }
};

struct EngineServerTest : testing::Test {
  VirtualClock clock;
  net::Loop loop{clock};
  std::unique_ptr<EngineServer> server;
  std::vector<std::unique_ptr<Peer>> peers;

  void SetUp() override {
    SimOptions o;
    o.spec = small_spec();
    server = EngineServer::open(loop, std::move(o)).value();
  }
  void TearDown() override {
    for (const auto& p : peers) p->stream->close();
    server->drain([] {});
    loop.run_virtual(clock, 1h);  // every session ends
  }
  Peer& connect(const std::string& bytes) {
    auto [client, far] = net::memory_pair(loop);
    server->serve_stream(std::move(far));
    Peer& peer = *peers.emplace_back(std::make_unique<Peer>());
    peer.stream = std::move(client);
    net::spawn(peer.collect());
    net::spawn(peer.send(bytes));
    return peer;
  }
  // Leaves the connection before the idle time-out of the server.
  std::string talk(const std::string& bytes, Nanos how_long = 30s) {
    Peer& peer = connect(bytes);
    loop.run_virtual(clock, how_long);
    peer.stream->close();
    loop.run_virtual(clock, 1ms);
    return peer.got;
  }
  const Engine& engine() const { return server->service().engine(); }
};

TEST_F(EngineServerTest, AnswersRequestsOneAfterTheOtherOnOneConnection) {
  const std::string got = talk("GET /health HTTP/1.1\r\nhost: x\r\n\r\n" + chat({{"max_tokens", 3}}) +
                               "HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\nGET /version HTTP/1.1\r\nhost: x\r\n\r\n");
  size_t answers = 0;
  for (size_t at = 0; (at = got.find("HTTP/1.1 200 OK\r\n", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 4u) << got;
  EXPECT_NE(got.find("\"completion_tokens\":3"), std::string::npos);
  EXPECT_EQ(got.find("vllm:"), std::string::npos) << "HEAD has no body";
  EXPECT_NE(got.find("x-trine-simulated: true"), std::string::npos);
}

TEST_F(EngineServerTest, StreamsInChunksAndKeepsTheConnection) {
  const std::string got = talk(chat({{"stream", true}, {"max_tokens", 3}}) + "GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_NE(got.find("content-type: text/event-stream"), std::string::npos);
  EXPECT_NE(got.find("transfer-encoding: chunked"), std::string::npos);
  const size_t end = got.find("data: [DONE]\n\n\r\n0\r\n\r\n");
  ASSERT_NE(end, std::string::npos) << got;
  EXPECT_NE(got.find("HTTP/1.1 200 OK", end), std::string::npos);
}

TEST_F(EngineServerTest, TokensArriveWhenTheEngineMakesThem) {
  Peer& peer = connect(chat({{"stream", true}, {"ignore_eos", true}, {"max_tokens", 100}}));
  const auto tokens = [&] {
    size_t n = 0;
    for (size_t at = 0; (at = peer.got.find("\"content\":\"", at)) != std::string::npos; ++at) ++n;
    return n - 1;  // the role's own event
  };
  loop.run_virtual(clock, 0ms);
  EXPECT_NE(peer.got.find("HTTP/1.1 200 OK"), std::string::npos);
  loop.run_virtual(clock, 100ms);
  const size_t early = tokens();
  EXPECT_GE(early, 10u);
  EXPECT_LE(early, 13u);
  loop.run_virtual(clock, 2s);
  EXPECT_EQ(tokens(), 100u);
}

TEST_F(EngineServerTest, AClientThatLeavesStopsTheEngineWithinAStep) {
  Peer& peer = connect(chat({{"stream", true}, {"ignore_eos", true}, {"max_tokens", 5000}}));
  loop.run_virtual(clock, 100ms);
  const Tokens then = engine().stats().generation_tokens;
  ASSERT_GT(then, 5);
  peer.stream->close();
  loop.run_virtual(clock, 10s);
  EXPECT_EQ(engine().stats().finished_cancelled, 1u);
  EXPECT_LE(engine().stats().generation_tokens, then + 2);
  EXPECT_EQ(engine().running(), 0);
}

TEST_F(EngineServerTest, DyingClosesTheConnectionWithoutAnEnd) {
  Peer& peer = connect(post("/sim/fault", R"({"die_after_tokens":2})") + chat({{"stream", true}}));
  loop.run_virtual(clock, 10s);
  EXPECT_TRUE(peer.closed);
  EXPECT_NE(peer.got.find("text/event-stream"), std::string::npos);
  EXPECT_EQ(peer.got.find("[DONE]"), std::string::npos);
  EXPECT_FALSE(peer.got.ends_with("0\r\n\r\n"));
}

TEST_F(EngineServerTest, RefusesWhatIsNotHttpOrTooLarge) {
  EXPECT_TRUE(talk("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(talk("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(talk("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
                  .starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\nhost: x\r\na: " + std::string(100'000, 'a')).starts_with("HTTP/1.1 431 "));
}

TEST_F(EngineServerTest, DrainsWhatIsUnderWay) {
  Peer& peer = connect(chat({{"stream", true}, {"max_tokens", 20}}));
  loop.run_virtual(clock, 50ms);
  bool drained = false;
  server->drain([&] { drained = true; });
  EXPECT_FALSE(drained);
  loop.run_virtual(clock, 10s);
  EXPECT_TRUE(drained);
  EXPECT_NE(peer.got.find("[DONE]"), std::string::npos);
  peer.stream->close();
}

TEST(EngineServer, ListensOnAFreePort) {
  net::Loop loop;
  SimOptions o;
  o.spec = small_spec();
  o.time_scale = 1000;
  const auto server = EngineServer::open(loop, std::move(o)).value();
  ASSERT_TRUE(server->listen({"127.0.0.1", 0}));
  Peer peer;
  const auto conversation = [&]() -> net::Task<void> {
    const net::HostPort at{"127.0.0.1", server->port()};  // a braced temporary here is freed twice by g++ 12
    auto stream = co_await net::connect(loop, at, 5s);
    EXPECT_TRUE(stream);
    peer.stream = std::move(*stream);
    std::string q = chat({{"max_tokens", 5}});
    q.insert(q.find("\r\n") + 2, "connection: close\r\n");
    co_await peer.send(q);
    co_await peer.collect();
    peer.stream->close();
    server->drain([&] { loop.stop(); });
  };
  net::spawn(conversation());
  loop.run();
  EXPECT_TRUE(peer.got.starts_with("HTTP/1.1 200 OK")) << peer.got;
  EXPECT_NE(peer.got.find("\"completion_tokens\":5"), std::string::npos);
}

}  // namespace
}  // namespace trine::sim::server_test

// Whose request is it, and where does it come from?
#include "gateway/identify/identify.h"

#include "integration/gateway/harness.h"

namespace trine::gateway::test::identify_test {
namespace {

// ---- keys ----

struct Identify : testing::Test {
  // Which key a request with these headers counts for; the status where it is refused.
  string who(const string& headers, bool anonymous = false) {
    Sample s;
    if (anonymous) s.more = "anonymous: true";
    Harness h(s);
    h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(1, 1))));
    const Message m = h.ask(post(kChat, kHello, headers));
    return m.status == 200 ? h.record(m).facts.tenant.key : std::to_string(m.status);
  }
};

TEST_F(Identify, ByBearerToken) {
  EXPECT_EQ(who("Authorization: Bearer sk-one\r\n"), "one");
  EXPECT_EQ(who("authorization: bearer   sk-two  \r\n"), "two");
  EXPECT_EQ(who("Authorization: Bearer sk-onE\r\n"), "401");
  EXPECT_EQ(who("Authorization: Bearer \r\n"), "401");
}

TEST_F(Identify, ByTheHeaderOfAzuresClients) {
  EXPECT_EQ(who("api-key: sk-one\r\n"), "one");
  EXPECT_EQ(who("api-key: sk-no\r\n"), "401");
}

TEST_F(Identify, AnotherSchemeIsNoKey) {
  EXPECT_EQ(who("Authorization: Basic sk-one\r\n"), "401");
  EXPECT_EQ(who("Authorization: sk-one\r\n"), "401");
  EXPECT_EQ(who("Authorization: Basic x\r\napi-key: sk-one\r\n"), "401") << "one that is there is meant";
}

TEST_F(Identify, WhereAnyoneMayComeAnyKeyIsWelcomeAndAKnownOneCounts) {
  EXPECT_EQ(who("", true), "anonymous");
  EXPECT_EQ(who("Authorization: Bearer whatever\r\n", true), "anonymous");
  EXPECT_EQ(who("Authorization: Bearer sk-one\r\n", true), "one");
  EXPECT_EQ(who(""), "401");
}

// ---- addresses ----

// A connection from somewhere.
class FromAfar final : public net::Stream {
 public:
  FromAfar(std::unique_ptr<net::Stream> s, string address) : s_(std::move(s)), address_(std::move(address)) {}
  void read(std::span<char> into, Done& done) override { s_->read(into, done); }
  net::IoResult read_now(std::span<char> into) override { return s_->read_now(into); }
  std::optional<net::IoResult> write(std::span<const string_view> slices, Done& done) override {
    return s_->write(slices, done);
  }
  void cancel() override { s_->cancel(); }
  void shutdown_write() override { s_->shutdown_write(); }
  void close() override { s_->close(); }
  bool stale() override { return s_->stale(); }
  string peer_address() const override { return address_; }

 private:
  std::unique_ptr<net::Stream> s_;
  string address_;
};

string address_of(const string& peer, const string& headers, const string& trusted = "[10.0.0.0/8]") {
  struct Ask final : net::Handler {
    std::shared_ptr<const Config> config;
    string address;
    net::Task<void> serve(net::ServerConnection& c) override {
      address = client_address(*config, c);
      co_return;
    }
    string refuse(net::Refusal, string_view) override { return {}; }
  } handler;
  handler.config = load_text(Sample{.more = "trusted_proxies: " + trusted}.yaml());
  VirtualClock clock;
  net::Loop loop(clock);
  net::Server server(loop, handler, {});
  auto [client, ours] = net::memory_pair(loop);
  server.serve(std::make_unique<FromAfar>(std::move(ours), peer));
  Peer side(std::move(client));
  side.send("GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
  loop.run_virtual(clock, Nanos(0));
  side.leave();
  loop.run_virtual(clock, 1h);
  return handler.address;
}

TEST(ClientAddress, IsThePeersUnlessThePeerIsATrustedProxy) {
  EXPECT_EQ(address_of("192.0.2.1", ""), "192.0.2.1");
  EXPECT_EQ(address_of("192.0.2.1", "X-Forwarded-For: 198.51.100.7\r\n"), "192.0.2.1") << "anybody can write that";
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 198.51.100.7\r\n", "[]"), "10.0.0.7");
  EXPECT_EQ(address_of("10.0.0.7", ""), "10.0.0.7");
}

TEST(ClientAddress, IsTheLastThatNoTrustedProxyHas) {
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 198.51.100.7\r\n"), "198.51.100.7");
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 203.0.113.9, 198.51.100.7 ,10.1.1.1\r\n"), "198.51.100.7")
      << "what the client wrote before it does not count";
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 10.2.2.2, 10.1.1.1\r\n"), "10.0.0.7");
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 198.51.100.7,\r\n"), "198.51.100.7");
}

TEST(ClientAddress, OfSeveralHeadersTheLastCounts) {
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7\r\n"), "198.51.100.7")
      << "the proxy adds its own behind the client's";
  EXPECT_EQ(address_of("10.0.0.7", "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 10.1.1.1\r\n"), "198.51.100.7");
}

}  // namespace
}  // namespace trine::gateway::test::identify_test

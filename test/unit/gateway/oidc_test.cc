// Key sets fetched over connections in memory, under a virtual clock; tokens signed as a provider signs them.
#include "gateway/identify/oidc.h"

#include "catalog/load.h"
#include "unit/net/net_fixture.h"
#include "unit/protect/provider.h"

namespace trine::gateway::oidc_test {
namespace {

using namespace std::chrono_literals;
using net::HostPort;
using protect::ProviderKey;
using std::string;

struct OidcTest : testing::Test, net::VirtualNet, net::Dialer {
  OidcTest()
      : keys(
            loop, [this](auto p) { providers = std::move(p); }, this) {
    config.jwks_url = "http://login.example/keys";
    config.issuer = "http://login.example";
    config.audiences = {"trine"};
    config.groups.push_back({.value = "llm-billing",
                             .rights = {.org = "acme",
                                        .team = "billing",
                                        .project = "invoices",
                                        .workload = "",
                                        .routes = {"chat"},
                                        .endpoints = {"chat"}},
                             .role = protect::Role::operator_});
    config.groups.push_back(
        {.value = "everybody",
         .rights = {.org = "acme", .team = "", .project = "", .workload = "", .routes = {}, .endpoints = {}},
         .role = protect::Role::none});
  }
  net::Task<Result<std::unique_ptr<net::Stream>>> dial(net::Loop&, HostPort to, Nanos) override {
    dialled.push_back(to.host);
    if (!there) co_return fail(Code::unavailable, "cannot connect");
    auto pair = net::memory_pair(loop);
    peers.push_back(std::make_unique<net::Peer>(std::move(pair.second)));
    co_return std::move(pair.first);
  }
  // The rest of the configuration is no matter here.
  std::shared_ptr<const Snapshot> snapshot() const {
    auto c = std::make_shared<Config>();
    c->oidc = {config};
    c->guard.on = false;
    auto s = make_snapshot(std::move(c), *catalog::load());
    EXPECT_TRUE(s) << s.error().message;
    return s.value_or(nullptr);
  }
  void use() {
    ASSERT_TRUE(keys.use(snapshot()));
    settle();
  }
  void answer(const string& body) {
    peers.back()->send(net::response(body));
    settle();
  }
  string token(const string& groups, const string& kid = "k", long long life = 600) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
    return signer.token(
        fmt::format(R"({{"alg":"ES256","kid":"{}"}})", kid),
        fmt::format(R"({{"iss":"http://login.example","aud":"trine","sub":"alice","groups":{},"iat":{},"exp":{}}})",
                    groups, now, now + life));
  }
  OidcVerdict check(const string& t) { return check_token(*providers, t, clock.wall()); }
  string set(const string& kid = "k") const { return "{\"keys\":[" + signer.jwk(kid) + "]}"; }

  const ProviderKey signer{ProviderKey::Kind::ec};
  OidcConfig config;
  bool there = true;
  std::vector<string> dialled;
  std::vector<std::unique_ptr<net::Peer>> peers;
  std::shared_ptr<const OidcProviders> providers;
  OidcKeys keys;
};

TEST_F(OidcTest, ATokenMayDoWhatItsFirstGroupMay) {
  use();
  EXPECT_EQ(string(check(token(R"(["everybody"])")).why), "the provider's keys are not here");
  answer(set());
  const auto v = check(token(R"(["everybody","llm-billing"])"));
  ASSERT_TRUE(v.key) << v.why;
  EXPECT_EQ(v.key->tenant.project, "invoices");
  EXPECT_EQ(v.key->routes, std::vector<string>{"chat"});
  EXPECT_EQ(v.key->endpoints, score::bit(score::Endpoint::chat));
  EXPECT_EQ(v.subject, "alice@login.example");
  EXPECT_EQ(check(token(R"("everybody")")).key->tenant.team, "");
  EXPECT_EQ(string(check(token(R"(["others"])")).why), "none of its groups may use the gateway");
  EXPECT_EQ(check(token(R"(["llm-billing"])")).key->role, protect::Role::operator_);
  EXPECT_EQ(check(token(R"(["everybody"])")).key->role, protect::Role::none);
}

TEST_F(OidcTest, AFloodOfMadeUpKidsAsksOnceAMinute) {
  use();
  answer(set());
  for (int i = 0; i < 1000; ++i) {
    const auto v = check(token(R"(["everybody"])", fmt::format("made-up-{}", i)));
    ASSERT_EQ(v.wants, 0u);
    keys.want(*v.wants);
  }
  settle();
  EXPECT_EQ(dialled.size(), 1u) << "the set is fresh";
  advance(61s);
  for (int i = 0; i < 1000; ++i) keys.want(0);
  settle();
  EXPECT_EQ(dialled.size(), 2u);
  advance(10s);  // the fetch gives up
}

TEST_F(OidcTest, ARotatedKeyIsFetchedWhenATokenNamesIt) {
  use();
  answer(set("old"));
  advance(90s);
  const string t = token(R"(["everybody"])", "new");
  const auto v = check(t);
  EXPECT_FALSE(v.key);
  keys.want(*v.wants);
  settle();
  answer(set("new"));
  EXPECT_TRUE(check(t).key);
}

TEST_F(OidcTest, AProviderThatHangsOrFailsLeavesItsKeysForADay) {
  use();
  answer(set());
  advance(1h);
  EXPECT_EQ(dialled.size(), 2u) << "every hour";
  advance(10s);  // it says nothing
  EXPECT_NE(keys.trouble(0).find("no complete answer"), string::npos) << keys.trouble(0);
  EXPECT_TRUE(check(token(R"(["everybody"])")).key);
  there = false;
  advance(22h);
  EXPECT_TRUE(check(token(R"(["everybody"])")).key);
  EXPECT_LT(dialled.size(), 1500u) << "not more than once a minute";
  advance(2h);
  EXPECT_EQ(string(check(token(R"(["everybody"])")).why), "the provider's keys are not here");
}

TEST_F(OidcTest, DiscoveryIsFollowedToListedHostsOnly) {
  config.jwks_url.clear();
  use();
  EXPECT_NE(peers.at(0)->received.find("GET /.well-known/openid-configuration "), string::npos);
  answer(R"({"issuer":"http://login.example","jwks_uri":"http://169.254.169.254/keys"})");
  EXPECT_NE(keys.trouble(0).find("not among the hosts"), string::npos) << keys.trouble(0);
  EXPECT_EQ(dialled, std::vector<string>{"login.example"});
}

TEST_F(OidcTest, ADiscoveryDocumentOfAnotherIssuerIsNotTaken) {
  config.jwks_url.clear();
  use();
  answer(R"({"issuer":"http://evil.example","jwks_uri":"http://login.example/keys"})");
  EXPECT_NE(keys.trouble(0).find("another issuer"), string::npos) << keys.trouble(0);
}

TEST_F(OidcTest, AnAnswerThatIsNoKeySetChangesNothing) {
  use();
  answer(set());
  advance(1h);
  answer("<html>maintenance</html>");
  EXPECT_FALSE(keys.trouble(0).empty());
  EXPECT_TRUE(check(token(R"(["everybody"])")).key);
}

TEST(TokenCacheTest, ForgetsWhatExpiredAndIsBounded) {
  TokenCache cache;
  const Wall now = from_unix_ns(1'800'000'000'000'000'000);
  cache.put("a", {nullptr, "alice", now + 10s});
  ASSERT_TRUE(cache.find("a", now));
  EXPECT_EQ(cache.find("a", now)->subject, "alice");
  EXPECT_FALSE(cache.find("b", now));
  EXPECT_FALSE(cache.find("a", now + 10s));
  for (size_t i = 0; i < TokenCache::kMost + 10; ++i) cache.put(std::to_string(i), {nullptr, "x", now + 10s});
  EXPECT_TRUE(cache.find(std::to_string(TokenCache::kMost + 9), now));
  EXPECT_FALSE(cache.find("5", now)) << "the oldest made room";
}

}  // namespace
}  // namespace trine::gateway::oidc_test

// Requests to other people's URLs, over connections in memory: what may be asked, and what a redirect may do.
#include "net/egress.h"

#include "net_fixture.h"

namespace trine::net::egress_test {
namespace {

using std::string;

struct EgressTest : testing::Test, VirtualNet, Dialer {
  EgressTest() {
    policy.hosts = {"files.example", "*.pictures.example", "here.example:8080"};
    policy.plain_http = true;
  }
  Task<Result<std::unique_ptr<Stream>>> dial(Loop&, HostPort to, Nanos) override {
    dialled.push_back(fmt::format("{}:{}", to.host, to.port));
    auto pair = memory_pair(loop);
    peers.push_back(std::make_unique<Peer>(std::move(pair.second)));
    co_return std::move(pair.first);
  }
  void begin(const string& url, FetchRequest request = {}) {
    const auto run = [](EgressTest& t, string u, FetchRequest r) -> Task<void> {
      t.result = co_await egress_fetch(t.loop, t.policy, std::move(u), std::move(r), &t);
    };
    spawn(run(*this, url, std::move(request)));
    settle();
  }
  void answer(const string& bytes) {
    peers.back()->send(bytes);
    settle();
  }
  string error() const { return result && !*result ? result->error().message : "no error"; }

  EgressPolicy policy;
  std::vector<string> dialled;
  std::vector<std::unique_ptr<Peer>> peers;
  std::optional<Result<FetchResponse>> result;
};

TEST_F(EgressTest, OnlyListedHostsAreAsked) {
  for (const char* yes : {"http://files.example/a", "http://FILES.example/", "http://files.example./",
                          "https://a.pictures.example/", "https://b.a.pictures.example/", "http://here.example:8080/"})
    EXPECT_TRUE(check_egress(policy, yes)) << yes;
  for (const char* no : {"http://example/", "http://pictures.example/", "http://xpictures.example/",
                         "http://files.example:81/", "http://here.example/", "http://files.example.evil/",
                         "http://127.0.0.1/", "http://[::1]/", "file:///etc/passwd", "gopher://files.example/",
                         "http://files.example@evil/", "http://evil#files.example/", ""})
    EXPECT_FALSE(check_egress(policy, no)) << no;
  EXPECT_FALSE(check_egress(EgressPolicy{}, "https://files.example/")) << "nothing is allowed by default";
  policy.plain_http = false;
  EXPECT_EQ(check_egress(policy, "http://files.example/").error().message, "only https:// is allowed");
}

// What one parser takes for a name below pictures.example is another host to the next one.
TEST_F(EgressTest, AHostThatTwoParsersReadInTwoWaysIsNone) {
  for (const char* no :
       {R"(https://evil.example\.pictures.example/)", "https://evil.example%2f.pictures.example/",
        "https://evil.example%5c.pictures.example/", "https://evil.example;.pictures.example/",
        "https://files.example:443@evil.example/", "https://evil.example\t.pictures.example/",
        "https://f\xc3\xadles.example/", "https://%66iles.example/", "https://evil.example#.pictures.example/",
        "https://evil.example?.pictures.example/", "https:/files.example/", "https:files.example/"})
    EXPECT_FALSE(check_egress(policy, no)) << no;
  EXPECT_TRUE(check_egress(policy, "HTTPS://Files.Example/a")) << "a scheme in capitals is the same scheme";
}

TEST_F(EgressTest, AnAddressIsCheckedInEveryFormThatAResolverTakes) {
  for (const char* host :
       {"127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "10.0.0.1", "169.254.169.254",
        "2852039166", "224.0.0.1", "[::1]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "[fe80::1]", "[fd00::1]"}) {
    // As if the operator had listed it: the address decides all the same.
    policy.hosts = {host};
    if (*host == '[') policy.hosts = {string(host).substr(1, string(host).size() - 2)};
    std::optional<Result<void>> checked;
    const auto run = [](EgressTest& t, string url, std::optional<Result<void>>& out) -> Task<void> {
      out = co_await check_egress_address(t.loop, t.policy, std::move(url));
    };
    spawn(run(*this, fmt::format("http://{}/", host), checked));
    settle();
    ASSERT_TRUE(checked) << host;
    ASSERT_FALSE(*checked) << host;
    EXPECT_EQ(checked->error().code, Code::permission_denied) << host << ": " << checked->error().message;
    EXPECT_TRUE(checked->error().message.starts_with("the name leads to")) << host << checked->error().message;
  }
}

TEST_F(EgressTest, AnAnswerComesThrough) {
  begin("http://files.example/a?b=c");
  ASSERT_EQ(dialled, std::vector<string>{"files.example:80"});
  EXPECT_TRUE(peers.at(0)->received.starts_with("GET /a?b=c HTTP/1.1\r\nHost: files.example\r\n"));
  answer(response("text"));
  ASSERT_TRUE(result && *result) << error();
  EXPECT_EQ((*result)->body, "text");
}

TEST_F(EgressTest, ARedirectIsCheckedLikeTheFirstUrl) {
  begin("http://files.example/a");
  answer("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(error().find("not among the hosts"), string::npos) << error();
  EXPECT_EQ(dialled.size(), 1u);
}

TEST_F(EgressTest, ARedirectWithinTheListIsFollowedAndLosesTheHeadersAcrossHosts) {
  FetchRequest request;
  request.headers.emplace_back("Authorization", "Bearer secret");
  begin("http://files.example/a", request);
  answer("HTTP/1.1 301 Moved Permanently\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_NE(peers.at(1)->received.find("GET /b"), string::npos);
  EXPECT_NE(peers.at(1)->received.find("Bearer secret"), string::npos) << "the same host";
  answer("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://here.example:8080/c\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(peers.size(), 3u);
  EXPECT_NE(peers.at(2)->received.find("GET /c"), string::npos);
  EXPECT_EQ(peers.at(2)->received.find("secret"), string::npos) << "another host";
  answer(response("moved"));
  ASSERT_TRUE(result && *result) << error();
  EXPECT_EQ((*result)->body, "moved");
}

TEST_F(EgressTest, ACircleOfRedirectsEnds) {
  begin("http://files.example/a");
  for (int i = 0; i < 10 && !result; ++i) answer("HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(error(), "more than 3 redirects");
  EXPECT_EQ(dialled.size(), 4u);
}

TEST_F(EgressTest, BytesAndTimeAreBoundedOverAllOfIt) {
  policy.limits.timeout = 10s;
  policy.limits.max_bytes = 100;
  begin("http://files.example/a");
  advance(6s);
  answer("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
  advance(5s);
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, Code::deadline_exceeded) << error();
  begin("http://files.example/a");
  answer("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n");
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, Code::out_of_range) << error();
}

TEST_F(EgressTest, ARedirectToNowhereIsAnError) {
  begin("http://files.example/a");
  answer("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(error(), "a redirect without an address");
  begin("http://files.example/a");
  answer("HTTP/1.1 302 Found\r\nLocation: ../b\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(error().find("begins with http"), string::npos) << error();
}

TEST(EgressRule, SaysWhatButNotWhere) {
  EgressPolicy policy;
  const auto refused = egress_rule(policy)(*IpAddress::parse("10.1.2.3"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the name leads to a private address");
  policy.internal.push_back(*IpBlock::parse("10.1.0.0/16"));
  EXPECT_TRUE(egress_rule(policy)(*IpAddress::parse("10.1.2.3")));
  EXPECT_TRUE(egress_rule(policy)(*IpAddress::parse("1.1.1.1")));
}

}  // namespace
}  // namespace trine::net::egress_test

// The address rule on real sockets: a name of this machine's own is not connected to unless the operator says so.
#include "net/egress.h"

#include "real_net.h"

namespace trine::net::egress_test {
namespace {

struct EgressTcpTest : testing::Test, RealNet {
  EgressTcpTest() {
    listener = listen([this](std::unique_ptr<Stream> s) { accepted.push_back(std::move(s)); });
    policy.hosts = {fmt::format("localhost:{}", listener->port()), fmt::format("127.0.0.1:{}", listener->port())};
    policy.plain_http = true;
    policy.limits.timeout = 5s;
  }
  std::string url(const char* host) const { return fmt::format("http://{}:{}/", host, listener->port()); }

  std::vector<std::unique_ptr<Stream>> accepted;
  std::unique_ptr<Listener> listener;
  EgressPolicy policy;
};

TEST_F(EgressTcpTest, AListedNameThatLeadsInsideIsRefusedBeforeAnyConnection) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto r = get(egress_fetch(loop, policy, url(host), {}));
    ASSERT_FALSE(r) << host;
    EXPECT_EQ(r.error().code, Code::permission_denied);
    EXPECT_NE(r.error().message.find("a loopback address"), std::string::npos) << r.error().message;
  }
  EXPECT_TRUE(accepted.empty());
}

TEST_F(EgressTcpTest, TheCheckAloneRefusesTheSameAndConnectsToNothing) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto r = get(check_egress_address(loop, policy, url(host)));
    ASSERT_FALSE(r) << host;
    EXPECT_EQ(r.error().code, Code::permission_denied) << r.error().message;
  }
  policy.internal = {*IpBlock::parse("127.0.0.0/8"), *IpBlock::parse("::1")};
  EXPECT_TRUE(get(check_egress_address(loop, policy, url("localhost"))));
  EXPECT_TRUE(accepted.empty());
}

TEST_F(EgressTcpTest, WithTheOperatorsBlockItConnects) {
  policy.internal = {*IpBlock::parse("127.0.0.0/8"), *IpBlock::parse("::1")};
  const auto connected = get(net::connect(loop, {"127.0.0.1", listener->port()}, 5s, egress_rule(policy)));
  EXPECT_TRUE(connected) << connected.error().message;
  EXPECT_TRUE(until([&] { return !accepted.empty(); }));
}

}  // namespace
}  // namespace trine::net::egress_test

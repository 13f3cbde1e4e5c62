#include <gtest/gtest.h>

#include "net/tcp.h"

namespace trine::net::address_test {
namespace {

TEST(HostPort, IsAHostAColonAndAPort) {
  const auto name = parse_host_port("engine.example:8000");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->host, "engine.example");
  EXPECT_EQ(name->port, 8000);
  EXPECT_EQ(parse_host_port("127.0.0.1:0")->port, 0);
  EXPECT_EQ(parse_host_port("127.0.0.1:65535")->port, 65535);
}

TEST(HostPort, AnIpv6AddressStandsInBrackets) {
  const auto v6 = parse_host_port("[::1]:8080");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_FALSE(parse_host_port("::1:8080"));
  EXPECT_FALSE(parse_host_port("[::1]"));
  EXPECT_FALSE(parse_host_port("[::1:8080"));
}

TEST(HostPort, SaysWhatIsWrong) {
  for (const char* bad :
       {"", "host", "host:", ":80", "[]:80", "host:x", "host:-1", "host:65536", "host:80 ", "host: 80"}) {
    const auto r = parse_host_port(bad);
    ASSERT_FALSE(r) << bad;
    EXPECT_EQ(r.error().code, Code::invalid_argument);
    EXPECT_NE(r.error().message.find("'" + std::string(bad) + "'"), std::string::npos) << r.error().message;
  }
}

}  // namespace
}  // namespace trine::net::address_test

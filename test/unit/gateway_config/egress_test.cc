// The egress section of the configuration file.
#include <gtest/gtest.h>

#include "gateway/config/config.h"

namespace trine::gateway::egress_test {
namespace {

using namespace std::chrono_literals;

Result<std::shared_ptr<const Config>> load(const std::string& egress) {
  return load_config_text("t.yaml", R"(
deployments: [{ name: d, url: "http://h/v1", model: m, price: { free: true }, zone: FR }]
routes: [{ model: m, deployments: [d] }]
)" + egress);
}

TEST(EgressOfTheFile, AllowsNothingUnlessItSaysSo) {
  const auto c = load("");
  ASSERT_TRUE(c) << c.error().message;
  const EgressConfig& e = (*c)->egress;
  EXPECT_TRUE(e.hosts.empty());
  EXPECT_TRUE(e.internal.empty());
  EXPECT_FALSE(e.plain_http);
  EXPECT_TRUE(e.fetch);
}

TEST(EgressOfTheFile, IsReadWhole) {
  const auto c = load(R"(egress: { hosts: [images.example.org, "*.example.org:8443", "10.1.2.3:80", "[::1]:80"],
  internal: [10.0.0.0/8], plain_http: true, fetch: false, max_bytes: 1MiB, timeout: 3s })");
  ASSERT_TRUE(c) << c.error().message;
  const EgressConfig& e = (*c)->egress;
  EXPECT_EQ(e.hosts.size(), 4u);
  EXPECT_EQ(e.internal, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_TRUE(e.plain_http);
  EXPECT_FALSE(e.fetch);
  EXPECT_EQ(e.max_bytes, 1 << 20);
  EXPECT_EQ(e.timeout, 3s);
}

TEST(EgressOfTheFile, WhatIsNoHostAndNoBlockIsSaidWithItsPlace) {
  for (const char* host :
       {"*", "https://example.org", "example.org/a", "*.", ".example.org", "a b", "*example.org", ":80"}) {
    const auto c = load(fmt::format("egress: {{ hosts: [ok.example, '{}'] }}", host));
    ASSERT_FALSE(c) << host;
    EXPECT_TRUE(c.error().message.starts_with("t.yaml:4:31: egress.hosts: \"")) << c.error().message;
  }
  const auto c = load("egress: { internal: [10.0.0.1/8] }");
  ASSERT_FALSE(c);
  EXPECT_NE(c.error().message.find("egress.internal: \"10.0.0.1/8\" is no block of addresses"), std::string::npos)
      << c.error().message;
}

}  // namespace
}  // namespace trine::gateway::egress_test

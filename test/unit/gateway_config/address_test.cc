#include "gateway/config/address.h"

#include <gtest/gtest.h>

namespace trine::gateway::address_test {
namespace {

TEST(HostPort, ReadsNamesAndBothKindsOfAddress) {
  EXPECT_EQ(HostPort::parse("localhost:80"), (HostPort{"localhost", 80}));
  EXPECT_EQ(HostPort::parse("127.0.0.1:0"), (HostPort{"127.0.0.1", 0}));
  EXPECT_EQ(HostPort::parse("[fe80::1]:65535"), (HostPort{"fe80::1", 65535}));
  EXPECT_EQ((HostPort{"::", 80}).text(), "[::]:80");
  for (auto bad : {"", ":", "host", "host:", ":80", "host:65536", "host:-1", "host:+1", "host:80x", "::1:80", "[::1]",
                   "[::1]80", "[1.2.3.4]:80", "1.2.3:80", "300.1.1.1:80", "a b:80", "a..b:80", "-a:80", "h:80:80"})
    EXPECT_FALSE(HostPort::parse(bad)) << bad;
}

TEST(Url, SplitsAndWritesBack) {
  EXPECT_EQ(Url::parse("http://h"), (Url{false, "h", 80, ""}));
  EXPECT_EQ(Url::parse("https://h/v1/"), (Url{true, "h", 443, "/v1"}));
  EXPECT_EQ(Url::parse("http://[::1]:9/a/b"), (Url{false, "::1", 9, "/a/b"}));
  for (auto same : {"http://h", "https://h:80/v1", "http://[::1]:9/a/b"}) EXPECT_EQ(Url::parse(same)->text(), same);
  EXPECT_EQ(Url::parse("https://h:443")->authority(), "h");
  EXPECT_EQ(Url::parse("https://h:80")->authority(), "h:80");
  for (auto bad : {"", "h", "ftp://h", "http://", "http:///v1", "http://h:0", "http://h:", "http://u@h", "http://u:p@h",
                   "http://h/a?b", "http://h/#a", "http://h/a b", "HTTP://h", "http://h/\xc3\xa9", "http://h\\@evil/"})
    EXPECT_FALSE(Url::parse(bad)) << bad;
}

TEST(Cidr, ContainsItsBlock) {
  const auto ten = Cidr::parse("10.0.0.0/8");
  EXPECT_TRUE(ten->contains("10.255.0.1"));
  EXPECT_TRUE(ten->contains("::ffff:10.1.1.1")) << "the same address as a dual-stack socket shows it";
  EXPECT_FALSE(ten->contains("11.0.0.0"));
  EXPECT_FALSE(ten->contains("::1"));
  EXPECT_FALSE(ten->contains("10.1"));
  EXPECT_FALSE(ten->contains(""));
  const auto odd = Cidr::parse("192.168.4.0/22");
  EXPECT_TRUE(odd->contains("192.168.7.255"));
  EXPECT_FALSE(odd->contains("192.168.8.0"));
  EXPECT_TRUE(Cidr::parse("::1")->contains("::1"));
  EXPECT_FALSE(Cidr::parse("::1")->contains("::2"));
  EXPECT_TRUE(Cidr::parse("0.0.0.0/0")->contains("8.8.8.8"));
  EXPECT_FALSE(Cidr::parse("0.0.0.0/0")->contains("2001:db8::1")) << "all of IPv4 is not all of IPv6";
  EXPECT_TRUE(Cidr::parse("::/0")->contains("8.8.8.8"));
  for (auto bad : {"", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.1/8", "::1/64", "fd00::/129", "host/8"})
    EXPECT_FALSE(Cidr::parse(bad)) << bad;
}

TEST(Clash, SamePortOnTheSameOrAWildcardHost) {
  EXPECT_TRUE(clash({"127.0.0.1", 1}, {"127.0.0.1", 1}));
  EXPECT_TRUE(clash({"0.0.0.0", 1}, {"127.0.0.1", 1}));
  EXPECT_TRUE(clash({"127.0.0.1", 1}, {"::", 1}));
  EXPECT_FALSE(clash({"127.0.0.1", 1}, {"127.0.0.2", 1}));
  EXPECT_FALSE(clash({"127.0.0.1", 1}, {"127.0.0.1", 2}));
  EXPECT_FALSE(clash({"127.0.0.1", 0}, {"127.0.0.1", 0}));
}

}  // namespace
}  // namespace trine::gateway::address_test

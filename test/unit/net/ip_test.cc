#include "net/ip.h"

#include <gtest/gtest.h>

namespace trine::net::ip_test {
namespace {

std::string why(std::string_view text) {
  const auto a = IpAddress::parse(text);
  if (!a) return "no address";
  const char* what = not_public(*a);
  return what ? what : "public";
}

TEST(IpAddress, IsFourNumbersOrIpv6AndNothingElse) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8::1")->text(), "2001:db8::1");
  for (const char* no : {"", "127.1", "0x7f.0.0.1", "2130706433", "1.2.3.4.5", "1.2.3.256", "::1%lo", "[::1]", "a.b"})
    EXPECT_FALSE(IpAddress::parse(no)) << no;
}

TEST(NotPublic, PublicHostsPass) {
  for (const char* yes : {"1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
                          "192.169.0.0", "100.63.255.255", "100.128.0.0", "223.255.255.255", "169.253.0.1",
                          "2606:4700::1111", "2a00:1450:4001::1", "2003::1"})
    EXPECT_EQ(why(yes), "public") << yes;
}

TEST(NotPublic, TheInsideIsNamedForWhatItIs) {
  EXPECT_EQ(why("127.0.0.1"), "a loopback address");
  EXPECT_EQ(why("127.255.255.254"), "a loopback address");
  EXPECT_EQ(why("::1"), "a loopback address");
  EXPECT_EQ(why("10.1.2.3"), "a private address");
  EXPECT_EQ(why("172.16.0.1"), "a private address");
  EXPECT_EQ(why("172.31.255.255"), "a private address");
  EXPECT_EQ(why("192.168.0.1"), "a private address");
  EXPECT_EQ(why("fd12::1"), "a private address");
  EXPECT_EQ(why("169.254.1.1"), "a link-local address");
  EXPECT_EQ(why("fe80::1"), "a link-local address");
  EXPECT_EQ(why("169.254.169.254"), "a cloud's metadata service");
  EXPECT_EQ(why("168.63.129.16"), "a cloud's metadata service");
  EXPECT_EQ(why("fd00:ec2::254"), "a cloud's metadata service");
  EXPECT_EQ(why("100.64.0.1"), "a carrier's shared address");
  EXPECT_EQ(why("0.0.0.0"), "an address of this network");
  EXPECT_EQ(why("::"), "an address of this network");
  EXPECT_EQ(why("224.0.0.251"), "a multicast address");
  EXPECT_EQ(why("ff02::1"), "a multicast address");
  EXPECT_EQ(why("255.255.255.255"), "a reserved address");
}

TEST(NotPublic, AnIpv4AddressInsideAnIpv6OneNeverPasses) {
  for (const char* no : {"::ffff:127.0.0.1", "::ffff:1.1.1.1", "::127.0.0.1", "2002:7f00:1::", "2002:101:101::"})
    EXPECT_EQ(why(no), "an IPv4 address inside an IPv6 one") << no;
  for (const char* no : {"64:ff9b::7f00:1", "64:ff9b::101:101", "64:ff9b:1::a00:1"})
    EXPECT_EQ(why(no), "a NAT64 address");
  EXPECT_EQ(why("2001:0:53aa:64c::1"), "a reserved address") << "Teredo";
  EXPECT_EQ(why("4000::1"), "not a global address");
}

TEST(IpBlock, HoldsItsAddresses) {
  const auto block = IpBlock::parse("10.20.0.0/15");
  ASSERT_TRUE(block);
  EXPECT_TRUE(block->contains(*IpAddress::parse("10.21.255.255")));
  EXPECT_FALSE(block->contains(*IpAddress::parse("10.22.0.0")));
  EXPECT_FALSE(block->contains(*IpAddress::parse("::ffff:10.20.0.1")));
  EXPECT_TRUE(IpBlock::parse("::/0")->contains(*IpAddress::parse("fe80::1")));
  EXPECT_TRUE(IpBlock::parse("192.0.2.7")->contains(*IpAddress::parse("192.0.2.7")));
  for (const char* no : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0.0/", "a/8"})
    EXPECT_FALSE(IpBlock::parse(no)) << no;
}

}  // namespace
}  // namespace trine::net::ip_test

#include "net/ip.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace trine::net {
namespace {

struct Special {
  std::array<uint8_t, 16> base;
  int bits;
  const char* what;
};

// IANA IPv4 Special-Purpose Address Registry, multicast, and what clouds answer on. The narrow ones first.
constexpr Special kIpv4[] = {
    {{169, 254, 169, 254}, 32, "a cloud's metadata service"},
    {{168, 63, 129, 16}, 32, "a cloud's metadata service"},
    {{100, 100, 100, 200}, 32, "a cloud's metadata service"},
    {{0}, 8, "an address of this network"},
    {{10}, 8, "a private address"},
    {{100, 64}, 10, "a carrier's shared address"},
    {{127}, 8, "a loopback address"},
    {{169, 254}, 16, "a link-local address"},
    {{172, 16}, 12, "a private address"},
    {{192, 0, 0}, 24, "a reserved address"},
    {{192, 0, 2}, 24, "an address for documentation"},
    {{192, 31, 196}, 24, "a reserved address"},
    {{192, 52, 193}, 24, "a reserved address"},
    {{192, 88, 99}, 24, "a relay's address"},
    {{192, 168}, 16, "a private address"},
    {{192, 175, 48}, 24, "a reserved address"},
    {{198, 18}, 15, "an address for benchmarks"},
    {{198, 51, 100}, 24, "an address for documentation"},
    {{203, 0, 113}, 24, "an address for documentation"},
    {{224}, 4, "a multicast address"},
    {{240}, 4, "a reserved address"},
};

// Inside 2000::/3, which alone is global unicast; and what has a better name than "not a global address".
constexpr Special kIpv6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "a loopback address"},
    {{0}, 128, "an address of this network"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "an IPv4 address inside an IPv6 one"},
    {{0}, 96, "an IPv4 address inside an IPv6 one"},
    {{0, 0x64, 0xff, 0x9b}, 96, "a NAT64 address"},
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, "a NAT64 address"},
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, "a cloud's metadata service"},
    {{0xfc}, 7, "a private address"},
    {{0xfe, 0x80}, 10, "a link-local address"},
    {{0xfe, 0xc0}, 10, "a site-local address"},
    {{0xff}, 8, "a multicast address"},
    {{0x20, 0x01}, 23, "a reserved address"},  // Teredo and protocol assignments
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "an address for documentation"},
    {{0x20, 0x02}, 16, "an IPv4 address inside an IPv6 one"},  // 6to4
    {{0x3f, 0xff}, 20, "an address for documentation"},
};
constexpr Special kGlobalUnicast{{0x20}, 3, ""};

bool within(const std::array<uint8_t, 16>& bytes, const std::array<uint8_t, 16>& base, int bits) {
  for (size_t i = 0; bits > 0; ++i, bits -= 8) {
    const auto mask = static_cast<uint8_t>(bits >= 8 ? 0xff : 0xff << (8 - bits));
    if ((bytes[i] & mask) != (base[i] & mask)) return false;
  }
  return true;
}

template <size_t N>
const char* find(const Special (&table)[N], const std::array<uint8_t, 16>& bytes) {
  const auto* hit =
      std::find_if(std::begin(table), std::end(table), [&](const Special& s) { return within(bytes, s.base, s.bits); });
  return hit == std::end(table) ? nullptr : hit->what;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  IpAddress a;
  if (copy.size() != text.size() || copy.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, copy.c_str(), a.bytes.data()) == 1) return a;
  a.v6 = true;
  if (::inet_pton(AF_INET6, copy.c_str(), a.bytes.data()) == 1) return a;
  return std::nullopt;
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), out, sizeof out);
  return out;
}

const char* not_public(const IpAddress& address) {
  if (!address.v6) return find(kIpv4, address.bytes);
  if (const char* what = find(kIpv6, address.bytes)) return what;
  return within(address.bytes, kGlobalUnicast.base, kGlobalUnicast.bits) ? nullptr : "not a global address";
}

std::optional<IpBlock> IpBlock::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  IpBlock block;
  block.base_ = *base;
  const int most = base->v6 ? 128 : 32;
  block.bits_ = most;
  if (slash != std::string_view::npos) {
    const auto bits = parse_int(text.substr(slash + 1));
    if (!bits || *bits < 0 || *bits > most) return std::nullopt;
    block.bits_ = static_cast<int>(*bits);
  }
  return block;
}

bool IpBlock::contains(const IpAddress& address) const {
  return address.v6 == base_.v6 && within(address.bytes, base_.bytes, bits_);
}

}  // namespace trine::net

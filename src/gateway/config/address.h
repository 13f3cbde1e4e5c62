// Addresses as the configuration writes them. Parsing only: nothing is resolved here. All pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trine::gateway {

// "127.0.0.1:8080", "localhost:8080", "[::1]:8080". Port 0: any free port.
struct HostPort {
  std::string host;  // an IPv6 address without its brackets
  uint16_t port = 0;
  bool operator==(const HostPort&) const = default;

  static std::optional<HostPort> parse(std::string_view text);
  std::string text() const;
};

// True where a socket on one would hinder a socket on the other (same port; same host or one of them is a wildcard).
bool clash(const HostPort& a, const HostPort& b);

// "http://host:port/path" or https. No user, query or fragment; a path without the slash at its end.
struct Url {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  uint16_t port = 0;
  std::string path;  // "" or "/v1"
  bool operator==(const Url&) const = default;

  static std::optional<Url> parse(std::string_view text);
  std::string authority() const;  // as a Host header has it: the port only where it is not the scheme's own
  std::string text() const;
};

// A block of addresses: "10.0.0.0/8", "fd00::/8", or one address. IPv4 inside IPv6 (::ffff:a.b.c.d) counts as IPv4.
class Cidr {
 public:
  // Nothing for a block with bits set behind the prefix ("10.0.0.1/8"): usually a slip.
  static std::optional<Cidr> parse(std::string_view text);
  bool contains(std::string_view ip) const;  // false for what is not an address
  bool operator==(const Cidr&) const = default;

 private:
  std::array<uint8_t, 16> address_{};  // IPv4 as ::ffff:a.b.c.d
  int bits_ = 0;                       // of the 128
};

}  // namespace trine::gateway

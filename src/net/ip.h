// IP addresses as values, and which of them are on the public internet. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace trine::net {

struct IpAddress {
  bool v6 = false;
  std::array<uint8_t, 16> bytes{};  // IPv4: the first four
  bool operator==(const IpAddress&) const = default;

  // Four decimal numbers, or IPv6 without a zone. Nothing else that a resolver takes for an address ("127.1").
  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;
};

// Why the address is not a public host's, as a noun phrase ("a private address"); null where it is one. By IANA's
// registries of special-purpose addresses; an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo) is never
// public: where it leads is decided behind our back. Cloud providers' metadata services are named as such.
const char* not_public(const IpAddress& address);

// "10.0.0.0/8", "fd00::/8", or one address.
class IpBlock {
 public:
  static std::optional<IpBlock> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  int bits_ = 0;
};

// What connect() asks of every address of a name before it connects to any. An error ends the attempt.
using AddressRule = std::function<Result<void>(const IpAddress&)>;

}  // namespace trine::net

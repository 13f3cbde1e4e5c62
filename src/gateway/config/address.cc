#include "gateway/config/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace trine::gateway {
namespace {

using Bytes = std::array<uint8_t, 16>;

struct Ip {
  Bytes bytes{};
  bool v4 = false;
};

std::optional<Ip> parse_ip(std::string_view text) {
  if (text.size() > 45) return {};
  const std::string s(text);
  Ip ip;
  if (inet_pton(AF_INET, s.c_str(), &ip.bytes[12]) == 1) {
    ip.bytes[10] = ip.bytes[11] = 0xff;
    ip.v4 = true;
    return ip;
  }
  if (inet_pton(AF_INET6, s.c_str(), ip.bytes.data()) == 1) return ip;
  return {};
}

// A name as DNS writes it, or an IPv4 address. A name of digits and dots only must be a whole IPv4 address.
bool host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  if (!std::all_of(host.begin(), host.end(), good)) return false;
  if (host.front() == '.' || host.front() == '-' || host.find("..") != std::string_view::npos) return false;
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return !numeric || parse_ip(host).has_value();
}

struct Split {
  std::string_view host, port;  // the port empty where there is none
  bool has_port = false;
};

std::optional<Split> split_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    const auto host = text.substr(1, end - 1);
    const auto ip = parse_ip(host);
    if (!ip || ip->v4) return {};
    const auto rest = text.substr(end + 1);
    if (rest.empty()) return Split{host, {}, false};
    if (rest[0] != ':') return {};
    return Split{host, rest.substr(1), true};
  }
  const size_t colon = text.find(':');
  const auto host = text.substr(0, colon);
  if (!host_name(host)) return {};
  if (colon == std::string_view::npos) return Split{host, {}, false};
  return Split{host, text.substr(colon + 1), true};
}

std::optional<uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
  const auto port = parse_int(text);
  if (!port || *port > 65535) return {};
  return static_cast<uint16_t>(*port);
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool wildcard(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

}  // namespace

std::optional<HostPort> HostPort::parse(std::string_view text) {
  const auto split = split_authority(text);
  if (!split || !split->has_port) return {};
  const auto port = parse_port(split->port);
  if (!port) return {};
  return HostPort{std::string(split->host), *port};
}

std::string HostPort::text() const {
  return fmt::format("{}:{}", bracketed(host), port);
}

bool clash(const HostPort& a, const HostPort& b) {
  if (a.port == 0 || a.port != b.port) return false;
  return a.host == b.host || wildcard(a.host) || wildcard(b.host);
}

std::optional<Url> Url::parse(std::string_view text) {
  Url url;
  if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else if (text.starts_with("https://")) {
    text.remove_prefix(8);
    url.tls = true;
  } else {
    return {};
  }
  const size_t slash = text.find('/');
  const auto split = split_authority(text.substr(0, slash));
  if (!split) return {};
  url.host = split->host;
  url.port = url.tls ? 443 : 80;
  if (split->has_port) {
    const auto port = parse_port(split->port);
    if (!port || *port == 0) return {};
    url.port = *port;
  }
  if (slash == std::string_view::npos) return url;
  std::string_view path = text.substr(slash);
  const auto bad = [](char c) { return c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '"' || c == '\\'; };
  if (std::any_of(path.begin(), path.end(), bad)) return {};
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;
  return url;
}

std::string Url::authority() const {
  if (port == (tls ? 443 : 80)) return bracketed(host);
  return fmt::format("{}:{}", bracketed(host), port);
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return {};
  Cidr block;
  block.address_ = ip->bytes;
  block.bits_ = 128;
  if (slash == std::string_view::npos) return block;
  const auto bits = parse_port(text.substr(slash + 1));
  if (!bits || *bits > (ip->v4 ? 32 : 128)) return {};
  block.bits_ = *bits + (ip->v4 ? 96 : 0);
  for (int i = block.bits_; i < 128; ++i)
    if (block.address_[static_cast<size_t>(i / 8)] & (0x80 >> (i % 8))) return {};
  return block;
}

bool Cidr::contains(std::string_view ip) const {
  const auto parsed = parse_ip(ip);
  if (!parsed) return false;
  const auto whole = static_cast<size_t>(bits_ / 8);
  if (std::memcmp(address_.data(), parsed->bytes.data(), whole) != 0) return false;
  const int rest = bits_ % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest) & 0xff;
  return (address_[whole] & mask) == (parsed->bytes[whole] & mask);
}

}  // namespace trine::gateway

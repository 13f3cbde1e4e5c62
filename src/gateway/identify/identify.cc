#include "gateway/identify/identify.h"

#include "base/text.h"

namespace trine::gateway {
namespace {

std::string_view secret_of(const net::Head& head) {
  if (const auto a = head.find("authorization")) {
    const size_t blank = a->find(' ');
    if (blank != std::string_view::npos && iequals(a->substr(0, blank), "bearer")) return trim(a->substr(blank + 1));
    return {};
  }
  return trim(head.find("api-key").value_or(std::string_view{}));
}

}  // namespace

std::optional<llm::ClientError> identify(Exchange& x) {
  const std::string_view secret = secret_of(x.client.head());
  if (secret.empty()) {
    if (!x.snapshot->anonymous) return llm::ClientError{llm::ErrorCode::missing_api_key, {}, {}};
    x.key = &*x.snapshot->anonymous;
    return {};
  }
  x.key = x.snapshot->key(hash_key(secret));
  // Where anyone may come, clients that insist on sending some key are welcome too.
  if (!x.key && x.snapshot->anonymous) x.key = &*x.snapshot->anonymous;
  if (!x.key) return llm::ClientError{llm::ErrorCode::invalid_api_key, {}, {}};
  return {};
}

std::string client_address(const Config& config, const net::ServerConnection& client) {
  std::string peer = client.peer_address();
  if (config.trusted_proxies.empty() || !config.trusts(peer)) return peer;
  // From the end, also of several such headers: what stands before was written by whoever came first.
  const auto& headers = client.head().headers;
  for (auto h = headers.rbegin(); h != headers.rend(); ++h) {
    if (!iequals(h->name, "x-forwarded-for")) continue;
    std::string_view rest = h->value;
    while (!rest.empty()) {
      const size_t comma = rest.rfind(',');
      const std::string_view address = trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      if (!address.empty() && !config.trusts(address)) return std::string(address);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
    }
  }
  return peer;
}

}  // namespace trine::gateway

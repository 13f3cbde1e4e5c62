#include "net/egress.h"

#include <algorithm>

#include "base/text.h"

namespace trine::net {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

// "*.example.org" holds names below example.org and not itself.
bool matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::string_view below = pattern.substr(1);
  return host.size() > below.size() && host.ends_with(below);
}

bool is_listed(const EgressPolicy& policy, const FetchUrl& url) {
  std::string host = lower(url.address.host);
  if (host.ends_with('.')) host.pop_back();  // the root's own name, which resolves to the same
  const uint16_t standard = url.tls ? 443 : 80;
  return std::any_of(policy.hosts.begin(), policy.hosts.end(), [&](const std::string& entry) {
    const std::string listed = lower(entry);
    if (matches(listed, host)) return url.address.port == standard;
    const auto with_port = parse_host_port(listed);
    return with_port && with_port->port == url.address.port && matches(with_port->host, host);
  });
}

// TCP to addresses that the rule lets pass.
struct CheckedDialer final : Dialer {
  explicit CheckedDialer(const EgressPolicy& policy) : rule(egress_rule(policy)) {}
  Task<Result<std::unique_ptr<Stream>>> dial(Loop& loop, HostPort to, Nanos timeout) override {
    co_return co_await connect(loop, std::move(to), timeout, rule);
  }
  AddressRule rule;
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// A redirect's address as a whole URL. Only absolute ones and paths of the same server: anything else is refused.
Result<std::string> target_of(const FetchUrl& from, const FetchResponse& response) {
  const auto location = response.find("location");
  if (!location || location->empty()) return fail(Code::data_loss, "a redirect without an address");
  if (location->starts_with("//")) return fmt::format("{}:{}", from.tls ? "https" : "http", *location);
  if (location->starts_with('/'))
    return fmt::format("{}://{}{}", from.tls ? "https" : "http", from.authority(), *location);
  return std::string(*location);
}

}  // namespace

Result<FetchUrl> check_egress(const EgressPolicy& policy, std::string_view text) {
  auto url = parse_fetch_url(text);
  if (!url) return url;
  if (!url->tls && !policy.plain_http) return fail(Code::permission_denied, "only https:// is allowed");
  if (!is_listed(policy, *url))
    return fail(Code::permission_denied, "{:.100} is not among the hosts that may be asked", url->authority());
  return url;
}

AddressRule egress_rule(const EgressPolicy& policy) {
  return [&policy](const IpAddress& address) -> Result<void> {
    const char* what = not_public(address);
    const bool ours = std::any_of(policy.internal.begin(), policy.internal.end(),
                                  [&](const IpBlock& b) { return b.contains(address); });
    if (!what || ours) return {};
    // Which address it is stays here: whoever wrote the URL is not told how names resolve inside.
    return fail(Code::permission_denied, "the name leads to {}", what);
  };
}

Task<Result<void>> check_egress_address(Loop& loop, const EgressPolicy& policy, std::string text) {
  const auto url = check_egress(policy, text);
  if (!url) co_return tl::unexpected(url.error());
  const auto addresses = co_await resolve(loop, url->address.host, policy.limits.timeout);
  if (!addresses) co_return tl::unexpected(addresses.error());
  const AddressRule rule = egress_rule(policy);
  for (const IpAddress& address : *addresses)
    if (auto kept = rule(address); !kept) co_return kept;
  co_return Result<void>{};
}

Task<Result<FetchResponse>> egress_fetch(Loop& loop, const EgressPolicy& policy, std::string url, FetchRequest request,
                                         Dialer* dialer) {
  CheckedDialer checked(policy);
  const Mono until = loop.clock().mono() + policy.limits.timeout;
  for (int hops = 0;; ++hops) {
    const auto target = check_egress(policy, url);
    if (!target) co_return tl::unexpected(target.error());
    Origin origin{.address = target->address, .tls = nullptr, .server_name = {}, .proxy = {}, .proxy_credentials = {}};
    if (target->tls) {
      auto tls = policy.tls ? Result<std::shared_ptr<TlsContext>>(policy.tls) : tls_client({});
      if (!tls) co_return tl::unexpected(tls.error());
      origin.tls = *tls;
    }
    FetchLimits limits = policy.limits;
    limits.timeout = until - loop.clock().mono();
    if (limits.timeout <= Nanos(0))
      co_return fail(Code::deadline_exceeded, "no complete answer within {:.3g} s", seconds(policy.limits.timeout));
    origin.connect_timeout = std::min(origin.connect_timeout, limits.timeout);
    Pool pool(loop, origin, dialer ? dialer : &checked);
    request.target = target->target;
    auto response = co_await fetch(loop, pool, request, limits);
    if (!response || !is_redirect(response->status)) co_return response;
    if (hops == policy.max_redirects)
      co_return fail(Code::out_of_range, "more than {} redirects", policy.max_redirects);
    auto next = target_of(*target, *response);
    if (!next) co_return tl::unexpected(next.error());
    const auto there = parse_fetch_url(*next);
    if (!there || there->authority() != target->authority() || there->tls != target->tls) request.headers.clear();
    if (response->status == 303 || (request.method != "GET" && request.method != "HEAD")) {
      // As browsers do: what follows is a plain look.
      request.method = "GET";
      request.body.clear();
    }
    url = std::move(*next);
  }
}

}  // namespace trine::net

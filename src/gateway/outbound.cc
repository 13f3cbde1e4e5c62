#include "gateway/outbound.h"

namespace trine::gateway {

Result<Outbound> resolve_outbound(const Config& config, std::string_view url) {
  const auto parsed = net::parse_fetch_url(url);
  if (!parsed) return fail(Code::invalid_argument, "it is no address such as https://host/path");
  Outbound out;
  out.target = parsed->target;
  out.origin.address = parsed->address;
  out.origin.connect_timeout = config.timeouts.connect;
  out.origin.max_idle = 2;
  const std::string& host = parsed->address.host;
  const bool here = host == "localhost" || host == "::1" || host.starts_with("127.");
  if (config.proxy && !here) {
    out.origin.proxy = net::HostPort{config.proxy->url.host, config.proxy->url.port};
    out.origin.proxy_credentials = config.proxy->credentials;
  }
  if (!parsed->tls) return out;
  net::TlsClientOptions options;
  options.ca_file = config.extra_ca;
  auto tls = net::tls_client(options);
  if (!tls) return tl::unexpected(tls.error());
  out.origin.tls = std::move(*tls);
  return out;
}

}  // namespace trine::gateway

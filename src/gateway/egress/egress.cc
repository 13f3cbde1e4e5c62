#include "gateway/egress/egress.h"

#include <algorithm>

#include "base/text.h"

namespace trine::gateway {
namespace {

using llm::ClientError;
using llm::ErrorCode;
using llm::RequestUrl;

ClientError refusal(const RequestUrl& u, const Error& e) {
  const bool not_allowed = e.code == Code::permission_denied || e.code == Code::invalid_argument;
  const auto url = net::parse_fetch_url(u.url);
  const std::string host = url ? url->authority() : std::string();
  // Not every sentence names it.
  const bool named = host.empty() || e.message.starts_with(host.substr(0, 100));
  return {not_allowed ? ErrorCode::url_not_allowed : ErrorCode::url_not_fetched,
          fmt::format("`{}`: {}{}{}", u.field, named ? "" : host.substr(0, 100), named ? "" : ": ", e.message),
          u.field};
}

// What stands in place of the image's URL: JSON.
Result<std::string> data_url(const net::FetchResponse& answer) {
  if (answer.status != 200) return fail(Code::unavailable, "its server answered {}", answer.status);
  const char* type = image_type(answer.body);
  if (!type) return fail(Code::data_loss, "what its server sent is no PNG, JPEG, WebP or GIF image");
  return fmt::format("\"data:{};base64,{}\"", type, base64(answer.body));
}

// Until it goes, one more request of the worker fetches.
struct Fetching {
  explicit Fetching(int& count) : count_(count) { ++count_; }
  ~Fetching() { --count_; }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;
  int& count_;
};

net::Task<std::optional<ClientError>> look_at_all(Exchange& x) {
  const EgressConfig& config = x.snapshot->config->egress;
  net::EgressPolicy policy = *x.snapshot->egress;
  const Mono until = x.now() + std::min<Nanos>(config.timeout, x.must_end - x.now());
  std::vector<std::pair<const RequestUrl*, size_t>> fetched;  // and where in x.in_place
  for (const RequestUrl& u : x.scan.urls) {
    policy.limits.timeout = until - x.now();
    if (policy.limits.timeout <= Nanos(0))
      co_return refusal(
          u, Error{Code::deadline_exceeded, fmt::format("no time was left after {:.3g} s", seconds(config.timeout))});
    if (!u.image || !config.fetch) {
      if (auto ok = co_await net::check_egress_address(x.context.loop, policy, u.url); !ok)
        co_return refusal(u, ok.error());
      continue;
    }
    const auto same =
        std::find_if(fetched.begin(), fetched.end(), [&](const auto& f) { return f.first->url == u.url; });
    if (same != fetched.end()) {
      x.in_place.push_back({u.raw, x.in_place[same->second].text});
      continue;
    }
    const net::FetchRequest request{.method = "GET",
                                    .target = {},
                                    .headers = {{"Accept", "image/png, image/jpeg, image/webp, image/gif"}},
                                    .body = {}};
    auto answer = co_await net::egress_fetch(x.context.loop, policy, u.url, request, x.context.egress_dialer);
    if (!answer) co_return refusal(u, answer.error());
    // The bytes that it sent, as they count against all of them together.
    policy.limits.max_bytes -= std::min(policy.limits.max_bytes, answer->body.size());
    auto text = data_url(*answer);
    if (!text) co_return refusal(u, text.error());
    fetched.emplace_back(&u, x.in_place.size());
    x.in_place.push_back({u.raw, *std::move(text)});
  }
  co_return std::nullopt;
}

}  // namespace

net::Task<std::optional<ClientError>> egress(Exchange& x) {
  if (x.scan.urls.empty()) co_return std::nullopt;
  // All of them before any is fetched: a request that cannot be served costs its images' servers nothing.
  for (const RequestUrl& u : x.scan.urls)
    if (auto ok = net::check_egress(*x.snapshot->egress, u.url); !ok) co_return refusal(u, ok.error());
  if (x.context.fetching >= kMostFetching) {
    x.retry_after = 1;
    co_return ClientError{ErrorCode::rate_limited, "too many requests with URLs are under way", {}};
  }
  const Fetching one(x.context.fetching);
  co_return co_await look_at_all(x);
}

Result<std::shared_ptr<const net::EgressPolicy>> egress_policy(const EgressConfig& config) {
  auto policy = std::make_shared<net::EgressPolicy>();
  policy->hosts = config.hosts;
  for (const std::string& text : config.internal) {
    const auto block = net::IpBlock::parse(text);
    if (!block) return fail(Code::invalid_argument, "egress: internal: \"{}\" is no block of addresses.", text);
    policy->internal.push_back(*block);
  }
  policy->plain_http = config.plain_http;
  policy->limits = {.max_bytes = static_cast<size_t>(config.max_bytes), .timeout = config.timeout};
  if (!config.hosts.empty()) {  // once: the system's certificates are a file of 200 KB
    auto tls = net::tls_client({.ca_file = config.ca, .cert_file = {}, .key_file = {}, .verify = true});
    if (!tls) return fail(Code::invalid_argument, "egress: {}", tls.error().message);
    policy->tls = *tls;
  }
  return policy;
}

const char* image_type(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return "image/gif";
  if (bytes.size() > 12 && bytes.starts_with("RIFF"sv) && bytes.substr(8, 4) == "WEBP"sv) return "image/webp";
  return nullptr;
}

}  // namespace trine::gateway

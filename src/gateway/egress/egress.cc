#include "gateway/egress/egress.h"

#include <algorithm>

#include "base/text.h"

namespace trine::gateway {
namespace {

using llm::ClientError;
using llm::ErrorCode;
using llm::RequestUrl;

constexpr const char* kImages = "image/png, image/jpeg, image/webp, image/gif";

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

net::Task<std::optional<ClientError>> look_at_all(Exchange& x, UrlFetcher& fetcher) {
  std::vector<std::pair<const RequestUrl*, size_t>> fetched;  // and where in x.in_place
  for (const RequestUrl& u : x.scan.urls) {
    if (!u.image || !x.snapshot->config->egress.fetch) {
      if (auto error = co_await fetcher.check_address(u)) co_return error;
      continue;
    }
    const auto same =
        std::find_if(fetched.begin(), fetched.end(), [&](const auto& f) { return f.first->url == u.url; });
    if (same != fetched.end()) {
      x.in_place.push_back({u.raw, x.in_place[same->second].text});
      continue;
    }
    auto image = co_await fetcher.fetch(u, kImages);
    if (!image) co_return image.error();
    auto text = image_data_url(u, *image);
    if (!text) co_return text.error();
    fetched.emplace_back(&u, x.in_place.size());
    x.in_place.push_back({u.raw, *std::move(text)});
  }
  co_return std::nullopt;
}

}  // namespace

UrlFetcher::UrlFetcher(Exchange& x)
    : x_(x),
      policy_(*x.snapshot->egress),
      until_(x.now() + std::min<Nanos>(x.snapshot->config->egress.timeout, x.must_end - x.now())) {
  ++x_.context.fetching;
}

UrlFetcher::~UrlFetcher() {
  --x_.context.fetching;
}

std::optional<ClientError> UrlFetcher::refusal_of_any(Exchange& x) {
  for (const RequestUrl& u : x.scan.urls)
    if (auto ok = net::check_egress(*x.snapshot->egress, u.url); !ok) return refusal(u, ok.error());
  if (x.context.fetching < kMostFetching) return {};
  x.retry_after = 1;
  return ClientError{ErrorCode::rate_limited, "too many requests with URLs are under way", {}};
}

std::optional<ClientError> UrlFetcher::out_of_time(const RequestUrl& u) {
  policy_.limits.timeout = until_ - x_.now();
  if (policy_.limits.timeout > Nanos(0)) return {};
  return refusal(u, Error{Code::deadline_exceeded, fmt::format("no time was left after {:.3g} s",
                                                               seconds(x_.snapshot->config->egress.timeout))});
}

net::Task<std::optional<ClientError>> UrlFetcher::check_address(const RequestUrl& u) {
  if (auto late = out_of_time(u)) co_return late;
  if (auto ok = co_await net::check_egress_address(x_.context.loop, policy_, u.url); !ok)
    co_return refusal(u, ok.error());
  co_return std::nullopt;
}

net::Task<tl::expected<std::string, ClientError>> UrlFetcher::fetch(const RequestUrl& u, std::string accept) {
  if (auto late = out_of_time(u)) co_return tl::unexpected(std::move(*late));
  const net::FetchRequest request{
      .method = "GET", .target = {}, .headers = {{"Accept", std::move(accept)}}, .body = {}};
  auto answer = co_await net::egress_fetch(x_.context.loop, policy_, u.url, request, x_.context.egress_dialer);
  if (!answer) co_return tl::unexpected(refusal(u, answer.error()));
  // The bytes that it sent, as they count against all of them together.
  policy_.limits.max_bytes -= std::min(policy_.limits.max_bytes, answer->body.size());
  if (answer->status != 200)
    co_return tl::unexpected(
        refusal(u, Error{Code::unavailable, fmt::format("its server answered {}", answer->status)}));
  co_return std::move(answer->body);
}

net::Task<std::optional<ClientError>> egress(Exchange& x) {
  if (x.scan.urls.empty()) co_return std::nullopt;
  // All of them before any is fetched: a request that cannot be served costs its images' servers nothing.
  if (auto error = UrlFetcher::refusal_of_any(x)) co_return error;
  UrlFetcher fetcher(x);
  co_return co_await look_at_all(x, fetcher);
}

tl::expected<std::string, ClientError> image_data_url(const RequestUrl& u, std::string_view bytes) {
  if (const char* type = image_type(bytes)) return fmt::format("\"data:{};base64,{}\"", type, base64(bytes));
  return tl::unexpected(refusal(u, Error{Code::data_loss, "what its server sent is no PNG, JPEG, WebP or GIF image"}));
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

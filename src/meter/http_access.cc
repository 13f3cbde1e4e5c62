#include "meter/http_access.h"

#include <algorithm>
#include <utility>

namespace trine::meter::internal {
namespace {

constexpr Nanos kConnect = std::chrono::seconds(3);

Error told(const std::string& place, int status) {
  switch (status) {
    case 401:
      return {Code::unauthenticated, fmt::format("{} answered 401: it wants a token, or another one", place)};
    case 403:
      return {Code::permission_denied, fmt::format("{} answered 403: the token may not read this", place)};
    case 404:
      return {Code::not_found,
              fmt::format("{} answered 404: is the path right, and are metrics switched on there?", place)};
    default:
      return {Code::unavailable, fmt::format("{} answered {}", place, status)};
  }
}

}  // namespace

HttpGetter::HttpGetter(net::Loop& loop, net::Origin origin, net::FetchUrl url, const HttpAccess& access,
                       net::Dialer* dialer)
    : loop_(loop), pool_(loop, std::move(origin), dialer), url_(std::move(url)) {
  place_ = url_.authority() + url_.target.substr(0, url_.target.find('?'));
  if (!access.bearer_token.empty()) authorization_ = "Bearer " + access.bearer_token;
  limits_ = {access.max_bytes, access.timeout};
}

Result<std::unique_ptr<HttpGetter>> HttpGetter::open(net::Loop& loop, const HttpAccess& access, std::string_view path,
                                                     net::Dialer* dialer) {
  auto url = net::parse_fetch_url(access.url);
  if (!url) return tl::unexpected(url.error());
  if (url->target == "/") url->target = path;
  net::Origin origin;
  origin.address = url->address;
  origin.connect_timeout = std::min(kConnect, access.timeout);
  origin.max_idle = 1;
  if (url->tls) {
    auto tls = net::tls_client(access.tls);
    if (!tls) return tl::unexpected(tls.error());
    origin.tls = std::move(*tls);
    origin.server_name = access.server_name;
  }
  return std::unique_ptr<HttpGetter>(new HttpGetter(loop, std::move(origin), std::move(*url), access, dialer));
}

net::Task<Result<Page>> HttpGetter::get(std::string query, std::string accept) {
  net::FetchRequest request;
  request.target = url_.target + query;
  request.headers.emplace_back("Accept", std::move(accept));
  if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
  const Clock& clock = loop_.clock();
  const Wall wall = clock.wall();
  const Mono mono = clock.mono();
  auto response = co_await net::fetch(loop_, pool_, std::move(request), limits_);
  if (!response) co_return tl::unexpected(response.error());
  // Half of the monotonic time that passed: a step of the wall clock in between does not enter.
  const Nanos took = clock.mono() - mono;
  co_return Page{std::move(*response), wall + took / 2, mono.time_since_epoch() + took / 2, took};
}

Result<void> HttpGetter::check(const Page& page) const {
  if (page.response.status == 200) return {};
  return tl::unexpected(told(place_, page.response.status));
}

}  // namespace trine::meter::internal

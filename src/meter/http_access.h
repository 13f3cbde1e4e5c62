// GET over a pool of its own, with what every HTTP meter needs. Internal to this module.
#pragma once

#include <memory>
#include <string>

#include "meter/http_source.h"
#include "net/fetch.h"

namespace trine::meter::internal {

struct Page {
  net::FetchResponse response;
  Wall at{};  // the middle of the exchange
  Nanos mono{};
  Nanos took{};
};

class HttpGetter {
 public:
  // `path`: the target where the URL names none. Errors: invalid_argument.
  // A `dialer` other than TCP is for tests, and must outlive it.
  static Result<std::unique_ptr<HttpGetter>> open(net::Loop& loop, const HttpAccess& access, std::string_view path,
                                                  net::Dialer* dialer = nullptr);

  // `query` is appended to the target ("?query=…", or empty). Errors: those of fetch().
  net::Task<Result<Page>> get(std::string query, std::string accept);
  // Nothing for status 200, else what to tell: unauthenticated (401), permission_denied (403), not_found (404),
  // unavailable (any other).
  Result<void> check(const Page& page) const;
  const std::string& place() const { return place_; }  // "gpu-1:9400/metrics"

 private:
  HttpGetter(net::Loop& loop, net::Origin origin, net::FetchUrl url, const HttpAccess& access, net::Dialer* dialer);

  net::Loop& loop_;
  net::Pool pool_;
  net::FetchUrl url_;
  std::string place_;
  std::string authorization_;
  net::FetchLimits limits_;
};

}  // namespace trine::meter::internal

// Where the URLs lead that a request names (docs/security.md). Images are fetched here and go to
// the engine as data: URLs; of what the engine fetches itself, the host and its present addresses are checked.
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"
#include "net/egress.h"
#include "net/task.h"

namespace trine::gateway {

// Requests of one worker whose images are fetched at a time: each holds egress.max_bytes of memory at most.
inline constexpr int kMostFetching = 32;

// Sets x.in_place. Errors: url_not_allowed, url_not_fetched, rate_limited (too many fetch already).
net::Task<std::optional<llm::ClientError>> egress(Exchange& x);

// Fetches the URLs of one request, which share egress.max_bytes and egress.timeout. While it is there, the request
// counts among those that fetch.
class UrlFetcher {
 public:
  explicit UrlFetcher(Exchange& x);
  ~UrlFetcher();
  UrlFetcher(const UrlFetcher&) = delete;
  UrlFetcher& operator=(const UrlFetcher&) = delete;

  // Why one of the request's URLs may not be asked, or none just now; before any is. Sets x.retry_after.
  static std::optional<llm::ClientError> refusal_of_any(Exchange& x);
  // Whether the URL leads where it may, for whoever fetches it.
  net::Task<std::optional<llm::ClientError>> check_address(const llm::RequestUrl& u);
  // What it answers with status 200. `u` must outlive the task.
  net::Task<tl::expected<std::string, llm::ClientError>> fetch(const llm::RequestUrl& u, std::string accept);

 private:
  std::optional<llm::ClientError> out_of_time(const llm::RequestUrl& u);

  Exchange& x_;
  net::EgressPolicy policy_;
  const Mono until_;
};

// What stands in place of a picture's URL, JSON. The error: it is no picture that models take.
tl::expected<std::string, llm::ClientError> image_data_url(const llm::RequestUrl& u, std::string_view bytes);

// Errors (invalid_argument): a certificate that cannot be read.
Result<std::shared_ptr<const net::EgressPolicy>> egress_policy(const EgressConfig& config);

// "image/png", "image/jpeg", "image/webp" or "image/gif", by what all files of the kind begin with; else null.
const char* image_type(std::string_view bytes);

}  // namespace trine::gateway

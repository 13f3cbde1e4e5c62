// One small HTTP exchange over a pool: a scrape, a query, a call of a control API. Not for the request path: bodies
// are held in memory. Nothing is followed or decoded: a redirect is an answer like any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/loop.h"
#include "net/task.h"
#include "net/upstream.h"

namespace trine::net {

// "https://host:9400/metrics?x=1". An IPv6 address stands in brackets in the text, without them in `address`.
struct FetchUrl {
  bool tls = false;
  HostPort address;               // the scheme's port where the text names none
  std::string target = "/";       // path and query
  std::string authority() const;  // as a Host header has it: the port only where it is not the scheme's own
};
// Errors: invalid_argument for another scheme, a user, a fragment, a blank or control character, a host that two
// programs could read in two ways.
Result<FetchUrl> parse_fetch_url(std::string_view text);

// "name=value&…" is left to the caller, with this for each part (RFC 3986: unreserved characters stay).
std::string percent_encoded(std::string_view text);

struct FetchRequest {
  std::string method = "GET";                                // upper case
  std::string target = "/";                                  // origin form
  std::vector<std::pair<std::string, std::string>> headers;  // besides Host, Content-Length and Accept-Encoding
  std::string body;
};

struct FetchLimits {
  size_t max_bytes = 8 << 20;                // of the answer's body
  Nanos timeout = std::chrono::seconds(10);  // for all of it; checked again after the origin's own limit to connect
};

struct FetchResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::optional<std::string_view> find(std::string_view lower_name) const;  // the first of that name
};

// Sends the request on a kept connection of `pool` or a new one, reads the answer, keeps the connection where it may.
// A kept connection that ends before any byte of the answer is tried again on a new one, once, for GET and HEAD.
// The pool must outlive the task. Any status is a success here. Errors: invalid_argument (a request that cannot be
// written), unavailable, deadline_exceeded, out_of_range (the body is too large), data_loss (not HTTP, or encoded).
Task<Result<FetchResponse>> fetch(Loop& loop, Pool& pool, FetchRequest request, FetchLimits limits);

}  // namespace trine::net

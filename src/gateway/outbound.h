// An address that the back office sends to: a collector of traces, a web hook.
#pragma once

#include <string>

#include "base/error.h"
#include "gateway/config/config.h"
#include "net/fetch.h"

namespace trine::gateway {

struct Outbound {
  net::Origin origin;
  std::string target;  // path and query
};

// By the configuration's proxy and authorities. Errors: invalid_argument for a text that is no such address; it does
// not hold the text, which may be a secret.
Result<Outbound> resolve_outbound(const Config& config, std::string_view url);

}  // namespace trine::gateway

// Stage 2, second half: where the URLs lead that a request names (docs/security.md). Images are fetched here and go to
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

// Errors (invalid_argument): a certificate that cannot be read.
Result<std::shared_ptr<const net::EgressPolicy>> egress_policy(const EgressConfig& config);

// "image/png", "image/jpeg", "image/webp" or "image/gif", by what all files of the kind begin with; else null.
const char* image_type(std::string_view bytes);

}  // namespace trine::gateway

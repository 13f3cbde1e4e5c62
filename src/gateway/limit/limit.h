// Stage 2: may this request be served now? Reserves what it may take of the limits and budgets of its key, project,
// team, organisation, model and workload (docs/limits.md), before any call.
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"

namespace trine::gateway {

// The longest body that the key may send, in bytes.
size_t body_limit(const Exchange& x);

// Sets x.output_cap, x.limit_head and x.prefer, and on a refusal x.retry_after. Errors: rate_limited, over_limit,
// budget_exhausted, body_too_large (of the model).
std::optional<llm::ClientError> limit(Exchange& x);

}  // namespace trine::gateway

// Stage 5: an answer that is known already is given again (docs/caching.md).
#pragma once

#include "gateway/exchange.h"
#include "gateway/idempotency.h"
#include "net/task.h"

namespace trine::gateway {

// True: the client has its answer, or is gone, and all is recorded. Else the request goes on, and where it may be kept
// or followed x.keeping says so.
net::Task<bool> answer_from_cache(Exchange& x, IdempotencyClaim& claim);

}  // namespace trine::gateway

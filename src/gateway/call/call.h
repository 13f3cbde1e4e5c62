// Stages 6 to 9 of a request that goes to a deployment: choose, call, relay, settle; again elsewhere where the first
// one fails before the client has anything.
#pragma once

#include "gateway/exchange.h"
#include "gateway/idempotency.h"
#include "net/task.h"

namespace trine::gateway {

// Answers the client and records everything. `claim` (may be empty) gets the answer, where it can be kept.
net::Task<void> call(Exchange& x, IdempotencyClaim& claim);

}  // namespace trine::gateway

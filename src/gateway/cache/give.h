// A kept answer on its way to a client. Parts of answer_from_cache().
#pragma once

#include "gateway/exchange.h"
#include "gateway/idempotency.h"
#include "net/task.h"

namespace trine::gateway {

struct Given {
  const char* step;   // "cache.exact", as it stands in the records
  const char* shown;  // "hit", as it stands in x-trine-cache
};

// Answers with it and records the request. False where it cannot be given in the form that is asked for: nothing has
// happened then. `old`: how long ago it was made.
net::Task<bool> give(Exchange& x, IdempotencyClaim& claim, const cache::Answer& answer, Given as, Nanos old);

// Follows a call that another one makes, as it comes. False where that came to nothing before this client had a byte.
net::Task<bool> follow(Exchange& x, IdempotencyClaim& claim, std::shared_ptr<Flight> flight);

}  // namespace trine::gateway

// The guard as a service: what it would say about texts that go nowhere. POST /v1/guard/check and, in OpenAI's shape,
// POST /v1/moderations. For any key; docs/guard.md has the shapes.
#pragma once

#include "gateway/exchange.h"
#include "net/task.h"

namespace trine::gateway {

bool is_guard_api(const Exchange& x);

// Reads the body, answers. Counts against the key's limits as a request without tokens; recorded where a judge was
// called.
net::Task<void> serve_guard_api(Exchange& x);

}  // namespace trine::gateway

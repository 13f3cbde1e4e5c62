// What was asked in almost the same words: the last message of a chat, by its embedding; all else must be equal.
#pragma once

#include <optional>

#include "gateway/cache/keeping.h"
#include "gateway/exchange.h"
#include "net/task.h"

namespace trine::gateway {

// Asks the route's embedding deployment: a call of its own, in the ledger like any other. Nothing where it does not
// answer in time. REQUIRES: x.route->embeddings.
net::Task<std::optional<std::vector<float>>> embed(Exchange& x, const std::string& text);

}  // namespace trine::gateway

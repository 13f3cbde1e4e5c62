// The answer of a deployment on its way to the client. Parts of call().
#pragma once

#include "gateway/exchange.h"
#include "gateway/idempotency.h"
#include "llm/errors.h"
#include "net/task.h"

namespace trine::gateway {

enum class Relayed {
  answered,  // the client has its answer, or is gone; all is recorded
  again,     // failed before the client got anything: another deployment may try. The call is recorded.
};

// An answer of server-sent events: each complete event is flushed at once. Nothing is sent before the first token.
net::Task<Relayed> relay_stream(Exchange& x, bool hides_usage, IdempotencyClaim& claim, llm::ClientError& error);
// Any other answer with a status under 400: read whole, figures put into its head and, where it is JSON, its usage.
net::Task<Relayed> relay_whole(Exchange& x, IdempotencyClaim& claim, llm::ClientError& error);

// The time until the exchange must end, at most `wanted`; at least a millisecond.
Nanos time_left(const Exchange& x, Nanos wanted);
// What the client is told of a failed read.
llm::ClientError upstream_error(const Error& e);
// The client left: ends the call upstream, records it as cancelled with what was generated.
void abandon(Exchange& x);
// Gives the upstream's connection back to its pool (or closes it).
void release_upstream(Exchange& x);

}  // namespace trine::gateway

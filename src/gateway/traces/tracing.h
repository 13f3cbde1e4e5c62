// What the stages tell of a request that is traced; each does nothing for one that is not.
#pragma once

#include <string>

#include "gateway/exchange.h"

namespace trine::gateway {

// Decides whether it is traced.
void begin_trace(Exchange& x);
// x.call has been opened.
void trace_call(Exchange& x);
// It has been closed.
void trace_call_end(Exchange& x, const energy::Figures& figures);
// The request ends: hands its trace over.
void end_trace(Exchange& x, energy::Outcome outcome);
// The header for the engine, so that its spans stand under the call's; empty: the client's own is passed on.
std::string traceparent_for_engine(const Exchange& x);

}  // namespace trine::gateway

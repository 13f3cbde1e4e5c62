// Stage 4: every text of the request is looked at before an engine sees it (docs/guard.md). What it finds is refused,
// replaced, or noted, as the route's and the key's policy says; what it learns for the answer is x.guarding.
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"
#include "net/task.h"

namespace trine::gateway {

// Errors: content_blocked; invalid_request for a body that cannot be read as the engine would read it.
net::Task<std::optional<llm::ClientError>> guard_in(Exchange& x);

// What the judge says about a text: a call of its own, in the ledger like any other. No answer: none until then, or
// none that could be read.
net::Task<guard::Judged> ask_judge(Exchange& x, const guard::JudgeQuestion& question, Mono until);

}  // namespace trine::gateway

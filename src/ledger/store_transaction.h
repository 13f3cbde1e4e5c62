// Pieces that the .cc files of Store share. Internal.
#pragma once

#include "ledger/store.h"

namespace trine::ledger {

// Everything in `body` or nothing.
template <class F>
Result<void> Store::transaction(F&& body) {
  if (auto begun = db_.exec("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = body();
  if (done) done = db_.exec("COMMIT");
  if (!done) {
    (void)db_.exec("ROLLBACK");
    tables_->names().forget_ids();
    (void)tables_->count_early();
  }
  return done;
}

// The facts of a call, from calls c JOIN targets t.
constexpr auto kCallColumns =
    "c.request, c.attempt, t.deployment, t.zone, t.model, c.start_ns, c.first_ns, c.end_ns, c.tokens_in,"
    " c.tokens_cached, c.tokens_out, c.source, c.streamed, c.simulated, c.outcome, c.http_status, c.mean_batch";
CallFacts read_call(const Statement& row, int column = 0);

}  // namespace trine::ledger

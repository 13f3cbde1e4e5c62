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
    tables_->forget_identities();
  }
  return done;
}

// A row of calls, columns from `request` to `mean_batch` in the table's order.
CallFacts read_call(const Statement& row, int column = 0);

}  // namespace trine::ledger

// Pieces that the .cc files of Store share. Internal.
#pragma once

#include "ledger/store.h"

namespace trine::ledger {

// Everything in `body` or nothing. On a disk that is nearly full the write-ahead log is emptied into the database each
// time, while the database can still grow: a log that filled the disk could not be.
template <class F>
Result<void> Store::transaction(F&& body) {
  constexpr uintmax_t kLow = 64 << 20;  // four times what the log may hold
  if (auto begun = db_.exec("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = body();
  if (done) done = db_.exec("COMMIT");
  if (!done) {
    (void)db_.exec("ROLLBACK");
    tables_->names().forget_ids();
    (void)tables_->count_early();
  }
  std::error_code ec;
  if (std::filesystem::space(options_.dir, ec).available < kLow && !ec)
    (void)db_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return done;
}

// The facts of a call, from calls c JOIN targets t.
constexpr auto kCallColumns =
    "c.request, c.attempt, t.deployment, t.zone, t.model, c.start_ns, c.first_ns, c.end_ns, c.tokens_in,"
    " c.tokens_cached, c.tokens_out, c.source, c.streamed, c.simulated, c.outcome, c.http_status, c.mean_batch, "
    "c.beside";
CallFacts read_call(const Statement& row, int column = 0);

}  // namespace trine::ledger

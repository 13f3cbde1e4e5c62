// After a crash: what was begun and never closed is closed as interrupted, exactly once.
#include <algorithm>
#include <deque>

#include "base/log.h"
#include "ledger/store.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {

CallFacts read_call(const Statement& row, int c) {
  CallFacts f;
  f.id = {request_id(row.bytes(c)), static_cast<uint16_t>(row.integer(c + 1))};
  f.deployment = row.text(c + 2);
  f.zone = row.text(c + 3);
  f.model = row.text(c + 4);
  f.start = from_unix_ns(row.integer(c + 5));
  f.first_token = from_unix_ns(row.integer(c + 6));
  f.end = from_unix_ns(row.integer(c + 7));
  f.in = row.integer(c + 8);
  f.cached = row.integer(c + 9);
  f.out = row.integer(c + 10);
  f.source = static_cast<energy::TokenSource>(row.integer(c + 11));
  f.streamed = row.integer(c + 12) != 0;
  f.simulated = row.integer(c + 13) != 0;
  f.outcome = static_cast<energy::Outcome>(row.integer(c + 14));
  f.http_status = static_cast<int>(row.integer(c + 15));
  f.mean_batch = row.real(c + 16);
  f.beside = row.integer(c + 17) != 0;
  return f;
}

Result<Recovery> Store::recover() {
  const std::lock_guard lock(work_);
  if (auto folded = fold_locked(true); !folded) return tl::unexpected(folded.error());
  auto recovery = close_open();
  if (!recovery) return recovery;
  recovery->torn_segments = torn_;
  if (auto cleaned = clean_up(); !cleaned) return tl::unexpected(cleaned.error());
  // Every segment is gone or finished, so no journal of before can go on: their positions are history.
  if (tracks_.empty()) {
    if (auto done = db_.exec("DELETE FROM journal_positions"); !done) return tl::unexpected(done.error());
    positions_.clear();
    const std::lock_guard state(state_lock_);
    folded_.clear();
  }
  return recovery;
}

ProgressValues Store::progress_of(const std::pair<uint32_t, uint64_t>& segment, uint64_t offset) {
  if (const auto it = tracks_.find(segment); it != tracks_.end()) {
    auto reader = SegmentReader::open(it->second.file.path);
    if (reader && *reader) {
      if (auto read = (*reader)->progress(offset)) return *read;
    }
  }
  log::warning("ledger: the segment of an interrupted call is missing; it is closed with no tokens relayed");
  return {};
}

Result<void> Store::interrupt_calls(Recovery& recovery) {
  auto rows = db_.prepare(
      "SELECT request, attempt, worker, segment, offset, target, start_ns, tokens_in, streamed, simulated, beside"
      " FROM open_calls");
  if (!rows) return tl::unexpected(rows.error());
  Batch batch(tables_->names(), open_);
  std::deque<Named> targets;
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    auto& call = batch.calls.emplace_back();
    call.target = &targets.emplace_back();
    call.target->id = rows->integer(5);
    auto& r = call.row;
    r.id = {request_id(rows->bytes(0)), static_cast<uint16_t>(rows->integer(1))};
    const std::pair segment{static_cast<uint32_t>(rows->integer(2)), static_cast<uint64_t>(rows->integer(3))};
    const auto progress = progress_of(segment, static_cast<uint64_t>(rows->integer(4)));
    r.start = from_unix_ns(rows->integer(6));
    r.end = std::max(r.start, progress.last);
    r.first_token = std::clamp(progress.first == Wall{} ? r.end : progress.first, r.start, r.end);
    r.in = rows->integer(7);
    r.out = static_cast<Tokens>(progress.tokens);
    r.source = energy::TokenSource::counted;
    r.streamed = rows->integer(8) != 0;
    r.simulated = rows->integer(9) != 0;
    r.beside = rows->integer(10) != 0;
    r.outcome = energy::Outcome::interrupted;
  }
  if (!row) return tl::unexpected(row.error());
  rows->reset();
  if (auto written = tables_->write(batch, options_.clock->wall()); !written) return written;

  auto closed =
      db_.prepare(fmt::format("SELECT {} FROM open_calls o JOIN calls c ON c.request=o.request AND c.attempt=o.attempt"
                              " JOIN targets t ON t.id=c.target WHERE c.settled < 0 ORDER BY c.request, c.attempt",
                              kCallColumns));
  if (!closed) return tl::unexpected(closed.error());
  for (row = closed->step(); row && *row; row = closed->step()) recovery.interrupted.push_back(read_call(*closed));
  if (!row) return tl::unexpected(row.error());
  return {};
}

// What the client was answered, and until when, is not known: the end is its last call's.
Result<void> Store::interrupt_requests(Recovery& recovery) {
  auto rows = db_.prepare(
      "SELECT id, origin, key, user, start_ns, streamed,"
      " (SELECT max(end_ns) FROM calls WHERE request=o.id), (SELECT count(*) FROM calls WHERE request=o.id)"
      " FROM open_requests o");
  if (!rows) return tl::unexpected(rows.error());
  Batch batch(tables_->names(), open_);
  std::deque<Named> names;
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    Batch::Request request;
    request.origin = &names.emplace_back();
    request.origin->id = rows->integer(1);
    if (!rows->is_null(2)) request.origin->key = rows->integer(2);
    if (!rows->is_null(3)) {
      request.user = &names.emplace_back();
      request.user->id = rows->integer(3);
    }
    auto& r = request.row;
    r.id = request_id(rows->bytes(0));
    r.start = from_unix_ns(rows->integer(4));
    r.end = std::max(r.start, rows->is_null(6) ? r.start : from_unix_ns(rows->integer(6)));
    r.streamed = rows->integer(5) != 0;
    r.outcome = energy::Outcome::interrupted;
    r.error = "interrupted";
    r.calls = static_cast<uint16_t>(rows->integer(7));
    batch.requests.push_back(request);
  }
  if (!row) return tl::unexpected(row.error());
  rows->reset();
  recovery.requests = batch.requests.size();
  return tables_->write(batch, options_.clock->wall());
}

Result<Recovery> Store::close_open() {
  Recovery recovery;
  if (auto stored = store_open(Nanos(0)); !stored) return tl::unexpected(stored.error());
  auto done = transaction([&]() -> Result<void> {
    if (auto closed = interrupt_calls(recovery); !closed) return closed;
    if (auto closed = interrupt_requests(recovery); !closed) return closed;
    if (auto cleared = db_.exec("DELETE FROM open_requests; DELETE FROM open_calls;"); !cleared) return cleared;
    if (recovery.requests == 0 && recovery.interrupted.empty()) return {};
    return tables_->add_event({.kind = "recovery",
                               .at = options_.clock->wall(),
                               .key = {},
                               .user = {},
                               .json = fmt::format(R"({{"interrupted_requests":{},"interrupted_calls":{}}})",
                                                   recovery.requests, recovery.interrupted.size())});
  });
  if (!done) {
    open_known_ = false;
    return tl::unexpected(done.error());
  }
  open_.clear();
  return recovery;
}

}  // namespace trine::ledger

// After a crash: what was begun and never closed is closed as interrupted, exactly once.
#include <algorithm>

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

Result<void> Store::interrupt_call(Statement& row, Recovery& recovery) {
  CallFacts call;
  call.id = {request_id(row.bytes(0)), static_cast<uint16_t>(row.integer(1))};
  const std::pair track{static_cast<uint32_t>(row.integer(2)), static_cast<uint64_t>(row.integer(3))};
  call.deployment = row.text(5);
  call.zone = row.text(6);
  call.model = row.text(7);
  call.start = from_unix_ns(row.integer(8));
  call.in = row.integer(9);
  call.streamed = row.integer(10) != 0;
  call.simulated = row.integer(11) != 0;
  call.source = energy::TokenSource::counted;
  call.outcome = energy::Outcome::interrupted;
  ProgressValues progress;
  if (const auto it = tracks_.find(track); it != tracks_.end()) {
    auto reader = SegmentReader::open(it->second.file.path);
    if (reader && *reader) {
      if (auto read = (*reader)->progress(static_cast<uint64_t>(row.integer(4)))) progress = *read;
    }
  } else {
    log::warning("ledger: the segment of an interrupted call is missing; it is closed with no tokens relayed");
  }
  call.out = static_cast<Tokens>(progress.tokens);
  call.end = std::max(call.start, progress.last);
  call.first_token = std::clamp(progress.first == Wall{} ? call.end : progress.first, call.start, call.end);
  if (auto added = tables_->add_call(call, -1, call.end); !added) return added;
  recovery.interrupted.push_back(std::move(call));
  return {};
}

Result<Recovery> Store::close_open() {
  Recovery recovery;
  auto done = transaction([&]() -> Result<void> {
    auto calls = db_.prepare(
        "SELECT request, attempt, worker, segment, offset, deployment, zone, model, start_ns, tokens_in, streamed, "
        "simulated"
        " FROM open_calls");
    if (!calls) return tl::unexpected(calls.error());
    auto row = calls->step();
    for (; row && *row; row = calls->step()) {
      if (auto closed = interrupt_call(*calls, recovery); !closed) return closed;
    }
    if (!row) return tl::unexpected(row.error());
    calls->reset();
    // What the client was answered, and until when, is not known: the end is its last call's.
    if (auto closed = db_.exec(fmt::format(
            "INSERT OR IGNORE INTO requests SELECT id, org, team, project, key, user, workload, route, endpoint, "
            "start_ns,"
            " max(start_ns, coalesce((SELECT max(end_ns) FROM calls WHERE request=o.id), start_ns)), streamed, {}, 0,"
            " 'interrupted', '', (SELECT count(*) FROM calls WHERE request=o.id) FROM open_requests o",
            static_cast<int>(energy::Outcome::interrupted)));
        !closed) {
      return closed;
    }
    recovery.requests = static_cast<uint64_t>(db_.changes());
    if (auto cleared = db_.exec("DELETE FROM open_requests; DELETE FROM open_calls;"); !cleared) return cleared;
    if (recovery.requests == 0 && recovery.interrupted.empty()) return {};
    return tables_->add_event({.kind = "recovery",
                               .at = options_.clock->wall(),
                               .key = {},
                               .user = {},
                               .json = fmt::format(R"({{"interrupted_requests":{},"interrupted_calls":{}}})",
                                                   recovery.requests, recovery.interrupted.size())});
  });
  if (!done) return tl::unexpected(done.error());
  return recovery;
}

}  // namespace trine::ledger

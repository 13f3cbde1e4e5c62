// The journals folded into SQLite: <dir>/ledger.db. Every record goes in exactly once, however often folding is cut
// short: how far a journal is folded is stored in the same transaction as what was folded.
//
// All methods block on the disk: never on a worker. Any thread, one call at a time inside (a mutex).
// REQUIRES: the caller holds the DirectoryLock of `dir`.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "ledger/batch.h"
#include "ledger/month.h"
#include "ledger/open_set.h"
#include "ledger/report.h"
#include "ledger/segment_reader.h"
#include "ledger/tables.h"

namespace trine::ledger {

// What recovery had to close after the process before died in the middle.
struct Recovery {
  std::vector<CallFacts> interrupted;  // calls closed as interrupted: not settled yet, the caller should
  uint64_t requests = 0;               // requests closed as interrupted
  // Segments that miss a record which was published (its append had returned): the machine died before the kernel had
  // written all back. What a kill of the process leaves of the append it cut short was never published, and is no loss.
  uint64_t torn_segments = 0;
};

// How long rows are kept; nullopt: for ever. `identity`: afterwards key and user are taken out of a request's row,
// and out of what was added up.
struct Retention {
  std::optional<Nanos> requests, calls, windows, events, identity;
};

struct Swept {
  int64_t requests = 0, calls = 0, windows = 0, events = 0, identities = 0;
};

struct Subject {
  enum class Kind { user, key } kind = Kind::user;
  std::string name;
};

struct FoldState {
  uint64_t folded = 0;     // records since start
  uint64_t damaged = 0;    // records (or stretches of them) that could not be read back
  std::string last_error;  // empty once folding works again
  Wall last_fold{};        // latest success
};

class Store {
 public:
  struct Options {
    std::filesystem::path dir;
    const Clock* clock = nullptr;   // system_clock() if null
    std::filesystem::path archive;  // folded segments are moved here; empty: deleted
    size_t batch_records = 65'536;  // per transaction
    // Takes the identity out of what others keep, before an erasure counts as done; one that fails is tried again.
    std::function<Result<void>(const Subject&)> erase_elsewhere = {};
    // What is open for longer gets rows: other processes see it then, and its segment is needed for its progress only.
    Nanos open_for_long = std::chrono::minutes(1);
  };

  static Result<std::unique_ptr<Store>> open(Options options);

  // Folds what the process before left behind, then closes what it left open. Call once, before any Journal is opened.
  Result<Recovery> recover();

  // Folds all that is in the journals now; how many records that was. On an error (database locked, disk full) nothing
  // of the failed batch is in: call again later.
  Result<uint64_t> fold();

  // One request as it is now, the journals included: folds, then looks in the database, then among what is open.
  Result<std::optional<RequestView>> request(const RequestId& id);

  // The identity becomes a random pseudonym in every row; figures stay. Covers rows still in the journals and what is
  // left of folded segments. Returns the pseudonym. An unknown name is not an error.
  Result<std::string> erase(const Subject& subject);
  // Does erasures that another process asked for (request_erasure), and those that failed before. How many. An error:
  // some are left, to be tried again.
  Result<uint64_t> do_asked_erasures();

  // Folds what is written, then closes the month, which becomes an event (month.h). Errors: those of may_close().
  Result<Closing> close_month(const Month& month);
  // Does those that another process asked for; one that may not be closed is said in the log and forgotten.
  Result<void> do_asked_closings();

  Result<Swept> sweep(const Retention& retention, Wall now);

  // Adds up one minute, hour or day that is over, if there is one to do: true then (rollup.cc).
  Result<bool> roll(Wall now);

  // Calls without a settlement, oldest first (settled again after a crash).
  Result<std::vector<CallFacts>> unsettled(size_t limit);

  FoldState state() const;  // never waits for the disk
  // The sequence up to which a journal is folded.
  uint64_t folded(uint32_t worker, uint64_t incarnation) const;

 private:
  struct Track {
    SegmentFile file;
    std::optional<SegmentReader> reader;
    bool finished = false;  // folded to its end, and that is committed
    uint64_t created = 0;
  };
  enum class Progressed { on, finished, waiting };
  struct Erasure {
    Subject subject;
    int64_t row = 0;        // of `erasures`; 0: it has none yet
    std::string pseudonym;  // empty: the tables have the name still
  };

  explicit Store(Options options) : options_(std::move(options)) {}
  Result<void> setup();
  Result<void> load_positions();
  Result<uint64_t> fold_pass(bool leftovers);
  Result<uint64_t> fold_locked(bool leftovers);
  Result<Progressed> fold_segment(Track& track, bool leftover, Batch& batch, uint64_t& folded);
  Result<Progressed> fold_tail(Track& track, bool leftover, Found found, Position& at);
  Result<void> find_open();
  Result<void> load_open_rows();
  Result<void> scan_folded(Track& track);
  Result<CallIntent> intent_at(const Place& place);
  Result<void> store_open(Nanos for_at_least);
  Result<void> commit(Batch& batch, uint64_t& folded);
  template <class F>
  Result<void> transaction(F&& body);
  Result<void> refresh_tracks();
  Result<void> clean_up();
  Result<Recovery> close_open();
  Result<void> interrupt_calls(Recovery& recovery);
  Result<void> interrupt_requests(Recovery& recovery);
  ProgressValues progress_of(const std::pair<uint32_t, uint64_t>& track, uint64_t offset);
  Result<std::string> erase_locked(Erasure e);
  Result<void> note_erasure(Erasure& e);
  Result<void> pseudonymise(const Subject& subject, const std::string& pseudonym);
  Result<void> erase_in_segments(const Subject& subject);
  Result<void> finish_erasure(int64_t row);
  Result<void> empty_wal();
  Result<Closing> close_month_locked(const Month& month);
  Result<void> sweep_rows(Wall limit, std::initializer_list<const char*> statements, int64_t& count);
  Result<void> sweep_names(Wall limit, int64_t& count);
  Result<void> forget_orphans();
  Result<void> put_away(const Track& track);
  Result<int64_t> due(size_t level, Wall now);
  Result<void> unroll(Wall limit);
  Result<void> unroll_minutes(const std::vector<int64_t>& minutes);
  void damage(std::string what);

  Options options_;
  mutable std::mutex work_;
  Database db_;
  std::optional<Tables> tables_;
  std::map<std::pair<uint32_t, uint64_t>, Track> tracks_;
  std::map<JournalKey, Position> positions_;
  OpenSet open_;
  bool open_known_ = false;  // false: find_open() first
  uint64_t torn_ = 0;
  std::array<int64_t, 4> rolled_until_{-1, -1, -1, -1};  // by level: the slots before it are added up, as far as known
  int64_t roll_from_ = 0;                                // ns; none before this time is
  bool wal_holds_names_ = false;                         // erased, but not yet overwritten in the write-ahead log

  mutable std::mutex state_lock_;  // for the two below only
  FoldState state_;
  std::map<JournalKey, uint64_t> folded_;
};

// Asks the process that holds the directory to erase `subject` (it does so within two seconds).
Result<void> request_erasure(const std::filesystem::path& dir, const Subject& subject, Wall now);
// Whether asked erasures are still to be done.
Result<bool> erasure_pending(const std::filesystem::path& dir);

}  // namespace trine::ledger

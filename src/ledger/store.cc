#include "ledger/store.h"

#include "base/log.h"
#include "ledger/schema.h"
#include "ledger/segment.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {

Result<std::unique_ptr<Store>> Store::open(Options options) {
  if (!options.clock) options.clock = &system_clock();
  if (options.batch_records == 0) options.batch_records = 1;
  std::unique_ptr<Store> store(new Store(std::move(options)));
  if (auto ready = store->setup(); !ready) return tl::unexpected(ready.error());
  return store;
}

Result<void> Store::setup() {
  auto db = Database::open(options_.dir / "ledger.db", Database::Mode::read_write);
  if (!db) return tl::unexpected(db.error());
  db_ = std::move(*db);
  if (auto migrated = migrate(db_); !migrated) return migrated;
  auto tables = Tables::open(db_);
  if (!tables) return tl::unexpected(tables.error());
  tables_ = std::move(*tables);
  const auto closed = closed_until(db_);
  if (!closed) return tl::unexpected(closed.error());
  if (*closed != Wall{}) tables_->close_until(*closed);
  return load_positions();
}

Result<void> Store::load_positions() {
  auto rows = db_.prepare("SELECT worker, incarnation, segment, offset, sequence FROM journal_positions");
  if (!rows) return tl::unexpected(rows.error());
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    const JournalKey key{static_cast<uint32_t>(rows->integer(0)), static_cast<uint64_t>(rows->integer(1))};
    positions_[key] = {static_cast<uint64_t>(rows->integer(2)), static_cast<uint64_t>(rows->integer(3)),
                       static_cast<uint64_t>(rows->integer(4))};
  }
  if (!row) return tl::unexpected(row.error());
  const std::lock_guard lock(state_lock_);
  for (const auto& [key, position] : positions_) folded_[key] = position.sequence;
  return {};
}

FoldState Store::state() const {
  const std::lock_guard lock(state_lock_);
  return state_;
}

uint64_t Store::folded(uint32_t worker, uint64_t incarnation) const {
  const std::lock_guard lock(state_lock_);
  const auto it = folded_.find({worker, incarnation});
  return it == folded_.end() ? 0 : it->second;
}

void Store::damage(std::string what) {
  log::error("ledger: {}", what);
  const std::lock_guard lock(state_lock_);
  ++state_.damaged;
}

Result<uint64_t> Store::fold() {
  const std::lock_guard lock(work_);
  return fold_locked(false);
}

Result<uint64_t> Store::fold_locked(bool leftovers) {
  auto folded = fold_pass(leftovers);
  if (folded && wal_holds_names_) (void)empty_wal();
  const std::lock_guard lock(state_lock_);
  if (folded) {
    state_.folded += *folded;
    state_.last_error.clear();
    state_.last_fold = options_.clock->wall();
  } else {
    state_.last_error = folded.error().message;
  }
  return folded;
}

Result<void> Store::refresh_tracks() {
  auto files = list_segments(options_.dir);
  if (!files) return tl::unexpected(files.error());
  std::map<std::pair<uint32_t, uint64_t>, Track> tracks;
  for (auto& file : *files) {
    const std::pair id{file.worker, file.number};
    if (auto it = tracks_.find(id); it != tracks_.end())
      tracks.insert(tracks_.extract(it));
    else
      tracks[id].file = std::move(file);
  }
  tracks_ = std::move(tracks);
  return {};
}

Result<uint64_t> Store::fold_pass(bool leftovers) {
  if (auto listed = refresh_tracks(); !listed) return tl::unexpected(listed.error());
  if (!open_known_) {
    if (auto found = find_open(); !found) return tl::unexpected(found.error());
  }
  tables_->names().shrink();
  // Until the end, in case of an early return: the batch tells open_ at once what it has seen.
  open_known_ = false;
  uint64_t folded = 0;
  Batch batch(tables_->names(), open_);
  std::optional<uint32_t> stuck;  // the worker whose earlier segment is not finished
  std::vector<Track*> finished;
  for (auto& [id, track] : tracks_) {
    if (track.finished || stuck == id.first) continue;
    auto progressed = fold_segment(track, leftovers, batch, folded);
    if (!progressed) return tl::unexpected(progressed.error());
    if (*progressed == Progressed::waiting)
      stuck = id.first;
    else
      finished.push_back(&track);
  }
  if (auto done = commit(batch, folded); !done) return tl::unexpected(done.error());
  open_known_ = true;
  for (auto* track : finished) {
    track->finished = true;
    track->reader.reset();
  }
  if (auto stored = store_open(options_.open_for_long); !stored) return tl::unexpected(stored.error());
  if (!finished.empty() || leftovers) {
    if (auto cleaned = clean_up(); !cleaned) return tl::unexpected(cleaned.error());
  }
  return folded;
}

// Reads on where the batch's (or else the stored) position stands, until the segment's end.
Result<Store::Progressed> Store::fold_segment(Track& track, bool leftover, Batch& batch, uint64_t& folded) {
  if (!track.reader) {
    auto opened = SegmentReader::open(track.file.path, leftover);
    if (!opened && opened.error().code != Code::data_loss) return tl::unexpected(opened.error());
    if (!opened) {
      // Kept for a person to look at, out of the journal's way.
      damage(opened.error().message);
      std::error_code ec;
      std::filesystem::rename(track.file.path, track.file.path.string() + ".damaged", ec);
      return Progressed::finished;
    }
    if (!*opened) return leftover ? Progressed::finished : Progressed::waiting;
    track.reader = std::move(*opened);
    track.created = static_cast<uint64_t>(track.reader->header().created_ns);
  }
  auto& reader = *track.reader;
  const auto& header = reader.header();
  const JournalKey key{header.worker, header.incarnation};
  Position at{header.number, kHeaderBytes, header.first_sequence - 1};
  const auto stored = positions_.find(key);
  const auto pending = batch.positions.find(key);
  if (stored != positions_.end() || pending != batch.positions.end()) {
    const auto& known = pending != batch.positions.end() ? pending->second : stored->second;
    if (known.segment > header.number) return Progressed::finished;
    if (known.segment == header.number)
      at = known;
    else if (known.sequence != at.sequence)
      damage(fmt::format("records are missing before {}", track.file.path.string()));
  }
  const auto now = options_.clock->mono();
  while (true) {
    if (batch.records() >= options_.batch_records) {
      if (auto done = commit(batch, folded); !done) return tl::unexpected(done.error());
    }
    RecordView view;
    auto found = reader.read(at.offset, at.sequence + 1, view);
    if (!found) return tl::unexpected(found.error());
    if (*found != Found::record) {
      auto progressed = fold_tail(track, leftover, *found, at);
      if (!progressed) return tl::unexpected(progressed.error());
      if (*progressed != Progressed::waiting) batch.positions[key] = at;
      if (*progressed == Progressed::on) continue;
      return progressed;
    }
    if (view.type != RecordType::erased) {
      auto added = batch.add(view, {header.worker, header.number, at.offset, view.sequence}, now);
      if (!added) damage(fmt::format("{}, offset {}: {}", track.file.path.string(), at.offset, added.error().message));
    }
    at.offset += view.length;
    at.sequence = view.sequence;
    batch.positions[key] = at;
  }
}

// Where no record can be read at `at`: the end, damage, or the tail that a crash left.
Result<Store::Progressed> Store::fold_tail(Track& track, bool leftover, Found found, Position& at) {
  auto& reader = *track.reader;
  const auto& header = reader.header();
  if (!reader.sealed()) {
    if (auto again = reader.refresh(); !again) return tl::unexpected(again.error());
    if (reader.sealed()) return Progressed::on;  // more may have been written before the seal
  }
  if (reader.sealed() && at.offset >= header.sealed_end) return Progressed::finished;
  if (!reader.sealed() && found == Found::end && !leftover) return Progressed::waiting;
  // One bad record between good ones is skipped.
  if (const auto length = reader.claimed_length_at(at.offset); length > 0) {
    RecordView next;
    auto behind = reader.read(at.offset + length, at.sequence + 2, next);
    if (behind && *behind == Found::record) {
      damage(fmt::format("{}, offset {}: a damaged record was left out", track.file.path.string(), at.offset));
      at.offset += length;
      ++at.sequence;
      return Progressed::on;
    }
  }
  if (reader.sealed()) {
    damage(fmt::format("{}: damaged from offset {} on", track.file.path.string(), at.offset));
    at.offset = header.sealed_end;
    return Progressed::finished;
  }
  if (!leftover) return fail(Code::data_loss, "{}, offset {}: damaged", track.file.path.string(), at.offset);
  // A length is stored last. Where there is none, nothing was published, unless a later record was.
  Result<bool> torn = found != Found::end;
  if (!*torn) torn = reader.published_after(at.offset, at.sequence + 1);
  if (!torn) return tl::unexpected(torn.error());
  if (*torn) ++torn_;
  if (auto sealed = reader.seal(at.offset); !sealed) return tl::unexpected(sealed.error());
  return Progressed::finished;
}

Result<void> Store::commit(Batch& batch, uint64_t& folded) {
  if (batch.empty()) return {};
  auto done = transaction([&] { return tables_->write(batch, options_.clock->wall()); });
  if (!done) return done;
  folded += batch.records();
  const std::lock_guard lock(state_lock_);
  for (const auto& [key, position] : batch.positions) {
    positions_[key] = position;
    folded_[key] = position.sequence;
  }
  batch.clear();
  return {};
}

// Folded segments go, unless something open began there.
Result<void> Store::clean_up() {
  const auto needed = open_.segments();
  for (auto it = tracks_.begin(); it != tracks_.end();) {
    if (!it->second.finished || needed.contains(it->first)) {
      ++it;
      continue;
    }
    if (auto gone = put_away(it->second); !gone) return gone;
    it = tracks_.erase(it);
  }
  return {};
}

Result<void> Store::put_away(const Track& track) {
  std::error_code ec;
  if (options_.archive.empty() || track.created == 0) {
    std::filesystem::remove(track.file.path, ec);
  } else {
    // Numbers start over after a restart; in the archive a segment is numbered by its birth.
    std::filesystem::create_directories(options_.archive, ec);
    auto number = track.created;
    while (std::filesystem::exists(options_.archive / segment_name(track.file.worker, number), ec)) ++number;
    if (!ec) std::filesystem::rename(track.file.path, options_.archive / segment_name(track.file.worker, number), ec);
  }
  if (ec) return fail(Code::unavailable, "cannot put {} away: {}", track.file.path.string(), ec.message());
  return {};
}

Result<std::vector<CallFacts>> Store::unsettled(size_t limit) {
  const std::lock_guard lock(work_);
  auto rows = db_.prepare(fmt::format(
      "SELECT {} FROM calls c JOIN targets t ON t.id=c.target WHERE settled < 0 AND NOT EXISTS (SELECT 1 FROM"
      " corrections x WHERE x.request=c.request AND x.attempt=c.attempt) ORDER BY start_ns LIMIT ?",
      kCallColumns));
  if (!rows) return tl::unexpected(rows.error());
  rows->bind(static_cast<int64_t>(limit));
  std::vector<CallFacts> calls;
  auto row = rows->step();
  for (; row && *row; row = rows->step()) calls.push_back(read_call(*rows));
  if (!row) return tl::unexpected(row.error());
  return calls;
}

}  // namespace trine::ledger

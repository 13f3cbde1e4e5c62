// Erasure and retention: identities go, figures stay.
#include <nlohmann/json.hpp>

#include "base/id.h"
#include "ledger/report_sources.h"
#include "ledger/store.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

constexpr std::string_view kAsked = "asked";  // a row's pseudonym, while the tables have the name
constexpr int kSweepRows = 2000;              // per transaction, so that folding is not held up

const char* kind_name(Subject::Kind kind) {
  return kind == Subject::Kind::user ? "user" : "key";
}

std::string new_pseudonym() {
  return fmt::format("erased-{:016x}", random_seed());
}

// Every string in `value` that is `name` (a value or an object's key) becomes `pseudonym`.
void replace_strings(nlohmann::json& value, const std::string& name, const std::string& pseudonym) {
  if (value.is_string()) {
    if (value.get_ref<const std::string&>() == name) value = pseudonym;
  } else if (value.is_array()) {
    for (auto& v : value) replace_strings(v, name, pseudonym);
  } else if (value.is_object()) {
    if (const auto it = value.find(name); it != value.end()) {
      value[pseudonym] = std::move(*it);
      value.erase(name);
    }
    for (auto& [k, v] : value.items()) replace_strings(v, name, pseudonym);
  }
}

// Texts that are not JSON after all lose the name by plain replacement.
std::string without(const std::string& json, const std::string& name, const std::string& pseudonym) {
  auto value = nlohmann::json::parse(json, nullptr, false);
  if (!value.is_discarded()) {
    replace_strings(value, name, pseudonym);
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  std::string out = json;
  for (size_t at = 0; (at = out.find(name, at)) != std::string::npos; at += pseudonym.size()) {
    out.replace(at, name.size(), pseudonym);
  }
  return out;
}

// As it stands inside a JSON string.
std::string escaped(const std::string& name) {
  const auto quoted = nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

bool about(const Record& record, const Subject& subject) {
  const auto matches = [&](const std::string& key, const std::string& user) {
    return (subject.kind == Subject::Kind::key ? key : user) == subject.name;
  };
  if (const auto* i = std::get_if<CallIntent>(&record)) return matches(i->tenant.key, i->user);
  if (const auto* r = std::get_if<RequestFacts>(&record)) return matches(r->tenant.key, r->user);
  if (const auto* e = std::get_if<Event>(&record)) {
    return matches(e->key, e->user) || e->json.find(subject.name) != std::string::npos ||
           e->json.find(escaped(subject.name)) != std::string::npos;
  }
  return false;
}

}  // namespace

Result<std::string> Store::erase(const Subject& subject) {
  const std::lock_guard lock(work_);
  Erasure erasure;
  erasure.subject = {subject.kind, std::string(clip(subject.name, kMaxName))};
  return erase_locked(std::move(erasure));
}

// The tables lose the name once, with the row, its pseudonym and the event; the rest is done until it succeeds.
Result<std::string> Store::erase_locked(Erasure e) {
  const Subject& subject = e.subject;
  if (subject.name.empty())
    return fail(Code::invalid_argument, "erase: the {}'s name is empty", kind_name(subject.kind));
  if (auto folded = fold_locked(false); !folded) return tl::unexpected(folded.error());
  // The intents of what is open are about to be wiped.
  if (auto stored = store_open(Nanos(0)); !stored) return tl::unexpected(stored.error());
  if (e.pseudonym.empty()) {
    e.pseudonym = new_pseudonym();
    auto done = transaction([&]() -> Result<void> {
      if (auto noted = note_erasure(e); !noted) return noted;
      return pseudonymise(subject, e.pseudonym);
    });
    if (!done) return tl::unexpected(done.error());
    tables_->names().forget_ids();
  }
  if (auto wiped = erase_in_segments(subject); !wiped) return tl::unexpected(wiped.error());
  if (options_.erase_elsewhere)
    if (auto erased = options_.erase_elsewhere(subject); !erased) return tl::unexpected(erased.error());
  if (auto finished = finish_erasure(e.row); !finished) return tl::unexpected(finished.error());
  return e.pseudonym;
}

// Its row, which it has already where another process asked for it.
Result<void> Store::note_erasure(Erasure& e) {
  const std::string_view pseudonym = e.pseudonym;
  if (e.row != 0) {
    auto name = db_.prepare("UPDATE erasures SET pseudonym=? WHERE id=?");
    if (!name) return tl::unexpected(name.error());
    return name->bind(pseudonym).bind(e.row).run();
  }
  auto ask = db_.prepare("INSERT INTO erasures(kind, subject, pseudonym, asked_ns) VALUES(?,?,?,?)");
  if (!ask) return tl::unexpected(ask.error());
  const std::string_view kind = kind_name(e.subject.kind);
  ask->bind(kind).bind(std::string_view(e.subject.name)).bind(pseudonym);
  if (auto asked = ask->bind(unix_ns(options_.clock->wall())).run(); !asked) return asked;
  e.row = db_.last_rowid();
  return {};
}

Result<void> Store::pseudonymise(const Subject& subject, const std::string& pseudonym) {
  const std::string_view kind = kind_name(subject.kind);
  const auto now = unix_ns(options_.clock->wall());
  auto events = db_.prepare("SELECT id, json FROM events WHERE instr(json, ?) > 0 OR instr(json, ?) > 0");
  if (!events) return tl::unexpected(events.error());
  auto update = db_.prepare("UPDATE events SET json=? WHERE id=?");
  if (!update) return tl::unexpected(update.error());
  std::vector<std::pair<int64_t, std::string>> texts;
  const auto in_json = escaped(subject.name);
  auto row = events->bind(std::string_view(subject.name)).bind(std::string_view(in_json)).step();
  for (; row && *row; row = events->step()) texts.emplace_back(events->integer(0), events->text(1));
  if (!row) return tl::unexpected(row.error());
  events->reset();
  for (const auto& [id, json] : texts) {
    const auto text = without(json, subject.name, pseudonym);
    if (auto done = update->reset().bind(std::string_view(text)).bind(id).run(); !done) return done;
  }
  auto rename = db_.prepare("UPDATE identities SET name=?, erased_ns=? WHERE kind=? AND name=?");
  if (!rename) return tl::unexpected(rename.error());
  rename->bind(std::string_view(pseudonym)).bind(now).bind(kind).bind(std::string_view(subject.name));
  if (auto done = rename->run(); !done) return done;
  return tables_->add_event({.kind = "erasure",
                             .at = options_.clock->wall(),
                             .key = {},
                             .user = {},
                             .json = fmt::format(R"({{"kind":"{}","pseudonym":"{}"}})", kind, pseudonym)});
}

// Only what is folded: a record that came in meanwhile is not covered by this erasure, and is still needed.
Result<void> Store::erase_in_segments(const Subject& subject) {
  auto files = list_segments(options_.dir);
  if (!files) return tl::unexpected(files.error());
  if (!options_.archive.empty() && std::filesystem::is_directory(options_.archive)) {
    auto archived = list_segments(options_.archive);
    if (!archived) return tl::unexpected(archived.error());
    files->insert(files->end(), archived->begin(), archived->end());
  }
  for (const auto& file : *files) {
    auto opened = SegmentReader::open(file.path, true);
    if (!opened && opened.error().code == Code::data_loss) continue;
    if (!opened) return tl::unexpected(opened.error());
    if (!*opened) continue;
    auto& reader = **opened;
    const auto known = positions_.find({reader.header().worker, reader.header().incarnation});
    const bool archived = file.path.parent_path() != options_.dir;
    const uint64_t last = known == positions_.end() ? (archived ? UINT64_MAX : 0) : known->second.sequence;
    uint64_t offset = kHeaderBytes;
    bool wiped = false;
    for (uint64_t sequence = reader.header().first_sequence; sequence <= last; ++sequence) {
      RecordView view;
      auto found = reader.read(offset, sequence, view);
      if (!found) return tl::unexpected(found.error());
      if (*found != Found::record) {
        const auto length = reader.claimed_length_at(offset);  // a damaged record was skipped in folding too
        if (*found == Found::end || length == 0) break;
        offset += length;
        continue;
      }
      const auto length = view.length;
      if (view.type != RecordType::erased) {
        const auto record = decode(view.type, view.version, view.payload);
        if (record && about(*record, subject)) {
          if (auto done = reader.erase(offset, view); !done) return done;
          wiped = true;
        }
      }
      offset += length;
    }
    if (!wiped) continue;
    if (auto synced = reader.sync(); !synced) return synced;
  }
  for (auto& [id, track] : tracks_) track.reader.reset();  // their buffers are stale
  return {};
}

Result<void> Store::finish_erasure(int64_t row) {
  auto done = transaction([&]() -> Result<void> {
    auto finish = db_.prepare("UPDATE erasures SET subject=NULL, done_ns=? WHERE id=?");
    if (!finish) return tl::unexpected(finish.error());
    return finish->bind(unix_ns(options_.clock->wall())).bind(row).run();
  });
  if (!done) return done;
  wal_holds_names_ = true;
  return empty_wal();
}

// The write-ahead log holds the pages of before. While a reader holds it open the next fold tries again.
Result<void> Store::empty_wal() {
  auto statement = db_.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!statement) return tl::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  wal_holds_names_ = statement->integer(0) != 0;
  return {};
}

Result<uint64_t> Store::do_asked_erasures() {
  const std::lock_guard lock(work_);
  auto rows = db_.prepare("SELECT id, kind, subject, pseudonym FROM erasures WHERE subject IS NOT NULL ORDER BY id");
  if (!rows) return tl::unexpected(rows.error());
  std::vector<Erasure> asked;
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    const auto kind = rows->text(1) == "user" ? Subject::Kind::user : Subject::Kind::key;
    const auto pseudonym = rows->text(3);
    asked.push_back({{kind, rows->text(2)}, rows->integer(0), pseudonym == kAsked ? std::string() : pseudonym});
  }
  if (!row) return tl::unexpected(row.error());
  rows->reset();
  Result<uint64_t> done = asked.size();
  for (auto& erasure : asked)  // one that fails holds up no other
    if (auto erased = erase_locked(std::move(erasure)); !erased) done = tl::unexpected(erased.error());
  return done;
}

// The oldest rows of one table, a few at a time: folding goes on in between.
Result<void> Store::sweep_rows(Wall limit, std::initializer_list<const char*> statements, int64_t& count) {
  for (int64_t changed = kSweepRows; changed >= kSweepRows;) {
    const std::lock_guard lock(work_);
    auto done = transaction([&]() -> Result<void> {
      for (const auto* sql : statements) {
        auto statement = db_.prepare(sql);
        if (!statement) return tl::unexpected(statement.error());
        if (auto ran = statement->bind(unix_ns(limit)).bind(static_cast<int64_t>(kSweepRows)).run(); !ran) return ran;
        changed = db_.changes();
      }
      return {};
    });
    if (!done) return done;
    count += changed;
  }
  return {};
}

// Requests lose key and user. Their calls, and what they were spared, may count long after them: all times in which
// something of theirs counts are added up again.
Result<void> Store::sweep_names(Wall limit, int64_t& count) {
  constexpr auto kNamed =
      "SELECT r.n, r.id, coalesce(r.late_ns, r.end_ns) AS at FROM blocks b CROSS JOIN requests r ON r.n >= b.block*4096"
      " AND r.n < (b.block+1)*4096 WHERE b.kind=0 AND b.low_ns < ?1 AND r.end_ns < ?1 AND (r.key IS NOT NULL OR r.user"
      " IS NOT NULL) ORDER BY b.block, r.n LIMIT ?2";
  const auto where_they_count = fmt::format(
      "WITH s AS MATERIALIZED ({0}) SELECT at/{1} AS minute FROM s UNION SELECT c.booked_ns/{1} FROM s JOIN calls c ON"
      " c.request=s.id UNION SELECT coalesce(a.late_ns, a.at_ns)/{1} FROM s JOIN avoided a ON a.request=s.id"
      " ORDER BY minute",
      kNamed, kMinuteNs);
  const auto unname = fmt::format("UPDATE requests SET key=NULL, user=NULL WHERE n IN (SELECT n FROM ({}))", kNamed);
  for (int64_t changed = kSweepRows; changed >= kSweepRows;) {
    const std::lock_guard lock(work_);
    auto done = transaction([&]() -> Result<void> {
      std::vector<int64_t> minutes;
      auto found = db_.prepare(where_they_count);
      if (!found) return tl::unexpected(found.error());
      auto row = found->bind(unix_ns(limit)).bind(int64_t{kSweepRows}).step();
      for (; row && *row; row = found->step()) minutes.push_back(found->integer(0));
      if (!row) return tl::unexpected(row.error());
      auto update = db_.prepare(unname);
      if (!update) return tl::unexpected(update.error());
      if (auto ran = update->bind(unix_ns(limit)).bind(int64_t{kSweepRows}).run(); !ran) return ran;
      changed = db_.changes();
      return unroll_minutes(minutes);
    });
    if (!done) return done;
    count += changed;
  }
  return {};
}

// Keys and users that nothing refers to any more. What is added up counts too: their numbers are given to others.
Result<void> Store::forget_orphans() {
  std::string known;
  for (const char* table : {"requests", "events", "open_requests", kCalls.table, kRequests.table, kAvoided.table})
    for (const char* column : {"key", "user"})
      known +=
          fmt::format("{0}SELECT {2} FROM {1} WHERE {2} IS NOT NULL", known.empty() ? "" : " UNION ", table, column);
  const std::lock_guard lock(work_);
  auto done = transaction([&] {
    return db_.exec(fmt::format("DELETE FROM identities WHERE kind IN ('key','user') AND id NOT IN ({})", known));
  });
  if (!done) return done;
  tables_->names().forget_ids();
  return {};
}

Result<Swept> Store::sweep(const Retention& retention, Wall now) {
  Swept swept;
  int64_t blocks = 0;
  Result<void> done;
  const auto step = [&](const std::optional<Nanos>& keep, std::initializer_list<const char*> sql, int64_t& count) {
    if (keep && done) done = sweep_rows(now - *keep, sql, count);
  };
  for (const auto& keep : {retention.requests, retention.calls, retention.windows})
    if (keep && done) done = unroll(now - *keep);
  step(retention.requests,
       {"DELETE FROM requests WHERE n IN (SELECT r.n FROM blocks b CROSS JOIN requests r ON r.n >= b.block*4096 AND"
        " r.n < (b.block+1)*4096 WHERE b.kind=0 AND b.low_ns < ?1 AND r.end_ns < ?1 LIMIT ?2)"},
       swept.requests);
  step(retention.requests, {"DELETE FROM blocks WHERE kind=0 AND high_ns < ?1 AND ?2 > 0"}, blocks);
  step(
      retention.calls,
      {"DELETE FROM later_settlements WHERE (request, attempt) IN (SELECT c.request, c.attempt FROM blocks b CROSS JOIN"
       " calls c ON c.n >= b.block*4096 AND c.n < (b.block+1)*4096 WHERE b.kind=1 AND b.low_ns < ?1 AND"
       " c.booked_ns < ?1 ORDER BY b.block, c.n LIMIT ?2)",
       "DELETE FROM calls WHERE n IN (SELECT c.n FROM blocks b CROSS JOIN calls c ON c.n >= b.block*4096 AND"
       " c.n < (b.block+1)*4096 WHERE b.kind=1 AND b.low_ns < ?1 AND c.booked_ns < ?1 ORDER BY b.block, c.n LIMIT ?2)"},
      swept.calls);
  int64_t corrections = 0;
  step(
      retention.calls,
      {"DELETE FROM corrections WHERE (request, attempt, version) IN (SELECT request, attempt, version FROM corrections"
       " WHERE late_ns < ? LIMIT ?)"},
      corrections);
  step(retention.calls, {"DELETE FROM blocks WHERE kind=1 AND high_ns < ?1 AND ?2 > 0"}, blocks);
  int64_t avoided = 0;  // kept as long as the calls: the saving needs both
  step(retention.calls,
       {"DELETE FROM avoided WHERE n IN (SELECT a.n FROM blocks b CROSS JOIN avoided a ON a.n >= b.block*4096 AND"
        " a.n < (b.block+1)*4096 WHERE b.kind=2 AND b.low_ns < ?1 AND coalesce(a.late_ns, a.at_ns) < ?1 LIMIT ?2)"},
       avoided);
  step(retention.calls, {"DELETE FROM blocks WHERE kind=2 AND high_ns < ?1 AND ?2 > 0"}, blocks);
  step(retention.windows,
       {"DELETE FROM windows WHERE (device, deployment, begin_ns) IN (SELECT device, deployment, begin_ns FROM windows "
        "WHERE begin_ns < ? ORDER BY begin_ns LIMIT ?)"},
       swept.windows);
  int64_t hours = 0;
  step(
      retention.windows,
      {"DELETE FROM gateway_use WHERE (hour_ns, zone) IN (SELECT hour_ns, zone FROM gateway_use WHERE hour_ns < ? LIMIT"
       " ?)"},
      hours);
  step(retention.events,
       {"DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at_ns < ? ORDER BY at_ns LIMIT ?)"}, swept.events);
  if (retention.identity && done) done = sweep_names(now - *retention.identity, swept.identities);
  step(retention.identity,
       {"UPDATE events SET key=NULL, user=NULL WHERE id IN (SELECT id FROM events WHERE at_ns < ? AND (key IS NOT NULL "
        "OR user IS NOT NULL) LIMIT ?)"},
       swept.identities);
  if (!done) return tl::unexpected(done.error());
  if (swept.requests + swept.events + swept.identities == 0) return swept;
  if (done = forget_orphans(); !done) return tl::unexpected(done.error());
  return swept;
}

Result<void> request_erasure(const std::filesystem::path& dir, const Subject& subject, Wall now) {
  if (subject.name.empty())
    return fail(Code::invalid_argument, "erase: the {}'s name is empty", kind_name(subject.kind));
  auto db = Database::open(dir / "ledger.db", Database::Mode::read_write);
  if (!db) return tl::unexpected(db.error());
  auto ask = db->prepare("INSERT INTO erasures(kind, subject, pseudonym, asked_ns) VALUES(?,?,?,?)");
  if (!ask) return tl::unexpected(ask.error());
  const std::string_view kind = kind_name(subject.kind);
  ask->bind(kind).bind(clip(subject.name, kMaxName)).bind(kAsked).bind(unix_ns(now));
  return ask->run();
}

Result<bool> erasure_pending(const std::filesystem::path& dir) {
  auto db = Database::open(dir / "ledger.db", Database::Mode::read_only);
  if (!db) return tl::unexpected(db.error());
  auto rows = db->prepare("SELECT 1 FROM erasures WHERE subject IS NOT NULL LIMIT 1");
  if (!rows) return tl::unexpected(rows.error());
  return rows->step();
}

}  // namespace trine::ledger

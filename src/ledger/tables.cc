#include "ledger/tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "ledger/report_sources.h"

namespace trine::ledger {
namespace {

constexpr size_t kRows = 32;  // of one multi-row INSERT
constexpr int64_t kMostSingleMinutes = 1000;
constexpr int kRequestValues = 12, kCallValues = 31, kSettlementValues = 15;

std::string placeholders(int n) {
  std::string s = "?";
  for (int i = 1; i < n; ++i) s += ",?";
  return s;
}

std::string rows(const std::string& row, size_t n) {
  std::string s = row;
  for (size_t i = 1; i < n; ++i) s += "," + row;
  return s;
}

int64_t number(bool b) {
  return b ? 1 : 0;
}
template <class E>
int64_t number(E e) requires std::is_enum_v<E> {
  return static_cast<int64_t>(e);
}

double finite(double v) {
  return std::isfinite(v) ? v : 0;
}  // SQLite would store NULL for NaN

// A letter as text that lives for ever.
std::string_view letter_text(energy::Letter l) {
  static constexpr std::string_view kLetters = "ABCDS";
  const auto at = kLetters.find(static_cast<char>(l));
  return at == std::string_view::npos ? std::string_view() : kLetters.substr(at, 1);
}

void bind_figures(Statement& s, const energy::Figures& f) {
  s.bind(f.gpu_energy.raw()).bind(f.energy.raw()).bind(f.energy_low.raw()).bind(f.energy_high.raw());
  s.bind(f.operational.raw()).bind(f.embodied.raw()).bind(f.carbon_low.raw()).bind(f.carbon_high.raw());
  s.bind(f.cost.raw()).bind(letter_text(f.letter));
}

// The pointers of `items`, by id; what came first stays first.
template <class T, class Id>
std::vector<const T*> in_order(const std::vector<T>& items, Id id) {
  std::vector<const T*> order;
  order.reserve(items.size());
  for (const auto& item : items) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(), [&](const T* a, const T* b) { return id(*a) < id(*b); });
  return order;
}

}  // namespace

void Tables::Period::widen(int64_t at) {
  low = std::min(low, at);
  high = std::max(high, at);
}

Result<Tables> Tables::open(Database& db) {
  Tables t(db);
  const std::string insert_request =
      "INSERT OR IGNORE INTO requests(id,origin,key,user,start_ns,end_ns,streamed,outcome,http_status,error,reason,"
      "calls) VALUES ";
  const std::string insert_call =
      "INSERT OR IGNORE INTO calls(request,attempt,target,start_ns,first_ns,end_ns,tokens_in,tokens_cached,tokens_out,"
      "source,streamed,simulated,beside,outcome,http_status,mean_batch,settled,booked_ns,first_version,first_basis,"
      "first_booked_ns,gpu_energy_uj,energy_uj,energy_low_uj,energy_high_uj,operational_ng,embodied_ng,carbon_low_ng,"
      "carbon_high_ng,cost_neur,letter) VALUES ";
  const std::string insert_settlement = "INSERT OR IGNORE INTO later_settlements VALUES ";
  const auto one_settlement = "(" + placeholders(kSettlementValues) + ")";
  const auto one_request = "(" + placeholders(kRequestValues) + ")", one_call = "(" + placeholders(kCallValues) + ")";
  const std::pair<Statement*, std::string> all[] = {
      {&t.requests_, insert_request + rows(one_request, kRows)},
      {&t.request_, insert_request + one_request},
      {&t.calls_, insert_call + rows(one_call, kRows)},
      {&t.call_, insert_call + one_call},
      {&t.settlements_, insert_settlement + rows(one_settlement, kRows)},
      {&t.settlement_, insert_settlement + one_settlement},
      {&t.window_, "INSERT OR IGNORE INTO windows VALUES(" + placeholders(28) + ")"},
      {&t.event_, "INSERT INTO events(at_ns,kind,key,user,json) VALUES(?,?,?,?,?)"},
      {&t.position_, "INSERT OR REPLACE INTO journal_positions VALUES(?,?,?,?,?)"},
      {&t.block_,
       "INSERT INTO blocks VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET low_ns=min(low_ns,excluded.low_ns),"
       " high_ns=max(high_ns,excluded.high_ns)"},
      {&t.open_request_, "INSERT OR IGNORE INTO open_requests SELECT " + placeholders(6) +
                             " WHERE NOT EXISTS (SELECT 1 FROM requests WHERE id=?1)"},
      {&t.open_call_, "INSERT OR IGNORE INTO open_calls VALUES(" + placeholders(11) + ")"},
      {&t.close_request_, "DELETE FROM open_requests WHERE id=?"},
      {&t.close_call_, "DELETE FROM open_calls WHERE request=? AND attempt=?"},
      {&t.find_call_, "SELECT n, settled, first_version, booked_ns FROM calls WHERE request=? AND attempt=?"},
      {&t.settle_, "UPDATE calls SET settled=?, booked_ns=? WHERE n=?"},
      {&t.call_exists_, "SELECT 1 FROM calls WHERE request=? AND attempt=?"},
      {&t.request_exists_, "SELECT 1 FROM requests WHERE id=?"},
      {&t.early_, "INSERT OR IGNORE INTO early_settlements VALUES(?,?)"},
      {&t.early_exists_, "SELECT 1 FROM early_settlements WHERE request=? AND attempt=?"},
      {&t.early_drop_,
       "DELETE FROM later_settlements WHERE request=?1 AND attempt=?2 AND version ="
       " (SELECT first_version FROM calls WHERE request=?1 AND attempt=?2)"},
      {&t.early_settle_,
       "UPDATE calls SET (settled, booked_ns) = (SELECT version, booked_ns FROM settlements s WHERE s.request=?1 AND"
       " s.attempt=?2 ORDER BY version DESC LIMIT 1) WHERE request=?1 AND attempt=?2 RETURNING n, booked_ns"},
      {&t.early_done_, "DELETE FROM early_settlements WHERE request=? AND attempt=?"},
      {&t.find_identity_, "SELECT id FROM identities WHERE kind=? AND name=?"},
      {&t.add_identity_, "INSERT INTO identities(kind,name) VALUES(?,?) RETURNING id"},
      {&t.find_target_, "SELECT id FROM targets WHERE deployment=? AND zone=? AND model=?"},
      {&t.add_target_, "INSERT INTO targets(deployment,zone,model) VALUES(?,?,?) RETURNING id"},
      {&t.find_origin_,
       "SELECT id FROM origins WHERE org=? AND team=? AND project=? AND workload=? AND route=? AND endpoint=?"},
      {&t.add_origin_,
       "INSERT INTO origins(org,team,project,workload,route,endpoint) VALUES(?,?,?,?,?,?) RETURNING id"},
      {&t.late_call_,
       "UPDATE calls SET late_ns=?1, booked_ns=?1 WHERE request=?2 AND attempt=?3 AND booked_ns < ?4 RETURNING n"},
      {&t.late_request_, "UPDATE requests SET late_ns=? WHERE id=? RETURNING n"},
      {&t.latest_,
       "SELECT version, gpu_energy_uj, energy_uj, energy_low_uj, energy_high_uj, operational_ng, embodied_ng,"
       " carbon_low_ng, carbon_high_ng, cost_neur FROM settlements WHERE request=? AND attempt=? ORDER BY version DESC"
       " LIMIT 1"},
      {&t.correction_, "INSERT INTO corrections VALUES(" + placeholders(13) + ")"},
      {&t.gateway_use_,
       "INSERT INTO gateway_use VALUES(" + placeholders(11) +
           ") ON CONFLICT DO UPDATE SET from_ns=min(from_ns,excluded.from_ns),"
           " until_ns=max(until_ns,excluded.until_ns), cpu_ns=cpu_ns+excluded.cpu_ns, "
           "energy_uj=energy_uj+excluded.energy_uj,"
           " energy_low_uj=energy_low_uj+excluded.energy_low_uj,"
           " energy_high_uj=energy_high_uj+excluded.energy_high_uj, carbon_ng=carbon_ng+excluded.carbon_ng,"
           " carbon_low_ng=carbon_low_ng+excluded.carbon_low_ng, "
           "carbon_high_ng=carbon_high_ng+excluded.carbon_high_ng"},
      {&t.avoided_,
       "INSERT OR IGNORE INTO avoided(request,step,at_ns,late_ns,tokens_in,tokens_out,gpu_energy_uj,energy_uj,"
       "energy_low_uj,energy_high_uj,operational_ng,embodied_ng,carbon_low_ng,carbon_high_ng,cost_neur,letter) "
       "VALUES(" +
           placeholders(16) + ")"},
      {&t.counted_at_,
       "SELECT booked_ns FROM calls WHERE request=?1 UNION ALL SELECT coalesce(late_ns, at_ns) FROM avoided WHERE"
       " request=?1"},
      {&t.unroll_, "DELETE FROM rolled WHERE (level, slot) IN (VALUES (0,?1),(1,?1/10),(2,?1/60),(3,?1/1440))"},
  };
  for (const auto& [into, sql] : all) {
    auto statement = db.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    *into = std::move(*statement);
  }
  if (auto counted = t.count_early(); !counted) return tl::unexpected(counted.error());
  auto newest = db.prepare("SELECT level, max(slot) FROM rolled GROUP BY level");
  if (!newest) return tl::unexpected(newest.error());
  auto row = newest->step();
  for (; row && *row; row = newest->step())
    t.rolled((newest->integer(1) + 1) * length_of(static_cast<Level>(newest->integer(0))));
  if (!row) return tl::unexpected(row.error());
  return t;
}

Result<void> Tables::count_early() {
  auto statement = db_->prepare("SELECT count(*) FROM early_settlements");
  if (!statement) return tl::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  early_count_ = statement->integer(0);
  return {};
}

Result<bool> Tables::call_exists(const CallId& id) {
  const IdBytes bytes(id.request);
  auto found = call_exists_.reset().blob(bytes).bind(static_cast<int64_t>(id.attempt)).step();
  call_exists_.reset();
  return found;
}

Result<bool> Tables::request_exists(const RequestId& id) {
  const IdBytes bytes(id);
  auto found = request_exists_.reset().blob(bytes).step();
  request_exists_.reset();
  return found;
}

Result<void> Tables::bind_call(Statement& s, const Batch::Call& c, const IdBytes& id) {
  const auto target_id = target(*c.target);
  if (!target_id) return tl::unexpected(target_id.error());
  const auto& r = c.row;
  s.blob(id).bind(static_cast<int64_t>(r.id.attempt)).bind(*target_id);
  s.bind(unix_ns(r.start)).bind(unix_ns(r.first_token)).bind(unix_ns(r.end)).bind(r.in).bind(r.cached).bind(r.out);
  s.bind(number(r.source)).bind(number(r.streamed)).bind(number(r.simulated)).bind(number(r.beside));
  s.bind(number(r.outcome)).bind(static_cast<int64_t>(r.http_status)).bind(finite(r.mean_batch));
  if (!c.settled) {
    s.bind(int64_t{-1}).bind(unix_ns(r.end));
    for (int i = 0; i < kCallValues - 18; ++i) s.null();
    return {};
  }
  const auto version = static_cast<int64_t>(c.first.version), booked = unix_ns(c.first.booked_at);
  s.bind(version).bind(booked).bind(version).bind(number(c.first.basis)).bind(booked);
  bind_figures(s, c.first.figures);
  return {};
}

Result<void> Tables::bind_request(Statement& s, const Batch::Request& request, const IdBytes& id) {
  if (auto known = know(*request.origin); !known) return known;
  const auto user_id = user(request.user);
  if (!user_id) return tl::unexpected(user_id.error());
  const auto& r = request.row;
  s.blob(id).bind(request.origin->id);
  s.bind(request.origin->key);
  s.bind(*user_id);
  s.bind(unix_ns(r.start)).bind(unix_ns(r.end)).bind(number(r.streamed)).bind(number(r.outcome));
  s.bind(static_cast<int64_t>(r.http_status)).bind(r.error).bind(r.reason).bind(static_cast<int64_t>(r.calls));
  return {};
}

Result<void> Tables::write_calls(Batch& batch) {
  if (batch.calls.empty()) return {};
  auto order = in_order(batch.calls, [](const Batch::Call& c) -> const CallId& { return c.row.id; });
  const auto same = [](const Batch::Call* a, const Batch::Call* b) { return a->row.id == b->row.id; };
  // A call that is there twice: the first counts, the other's settlement is one like any other.
  auto last = order.begin();
  for (auto it = std::next(order.begin()); it != order.end(); ++it) {
    if (!same(*last, *it))
      *++last = *it;
    else if ((*it)->settled)
      batch.settlements.push_back((*it)->first);
  }
  order.erase(std::next(last), order.end());

  Period period;
  int64_t added = 0;
  std::vector<IdBytes> ids;
  ids.reserve(kRows);
  for (size_t at = 0; at < order.size();) {
    const size_t n = order.size() - at >= kRows ? kRows : 1;
    auto& insert = n == kRows ? calls_ : call_;
    insert.reset();
    ids.clear();
    for (size_t i = 0; i < n; ++i) {
      const auto& c = *order[at + i];
      if (auto bound = bind_call(insert, c, ids.emplace_back(c.row.id.request)); !bound) return bound;
      period.widen(unix_ns(c.settled ? c.first.booked_at : c.row.end));
      // It may be the one that served its request from now on.
      if (unix_ns(c.row.start) < rolled_until_)
        if (auto done = change_all_of(ids.back()); !done) return done;
    }
    if (auto done = insert.run(); !done) return done;
    const auto changes = db_->changes();
    added += changes;
    if (changes < static_cast<int64_t>(n)) {  // some were there already; their settlements may not be
      for (size_t i = 0; i < n; ++i) {
        if (order[at + i]->settled) batch.settlements.push_back(order[at + i]->first);
      }
    }
    at += n;
  }
  if (added > 0) touch(Timed::calls, db_->last_rowid() - added + 1, db_->last_rowid(), period);
  for (const auto& id : batch.closed_calls) {
    const IdBytes bytes(id.request);
    if (auto done = close_call_.reset().blob(bytes).bind(static_cast<int64_t>(id.attempt)).run(); !done) return done;
  }
  return {};
}

Result<void> Tables::write_requests(Batch& batch) {
  if (batch.requests.empty()) return {};
  const auto order = in_order(batch.requests, [](const Batch::Request& r) -> const RequestId& { return r.row.id; });
  Period period;
  int64_t added = 0;
  std::vector<IdBytes> ids;
  ids.reserve(kRows);
  for (size_t at = 0; at < order.size();) {
    const size_t n = order.size() - at >= kRows ? kRows : 1;
    auto& insert = n == kRows ? requests_ : request_;
    insert.reset();
    ids.clear();
    for (size_t i = 0; i < n; ++i) {
      const auto& r = *order[at + i];
      if (auto bound = bind_request(insert, r, ids.emplace_back(r.row.id)); !bound) return bound;
      period.widen(unix_ns(r.row.end));
      // Its calls, wherever they are counted, are of its workload and key from now on.
      if (unix_ns(r.row.start) < rolled_until_)
        if (auto done = change_all_of(ids.back()); !done) return done;
    }
    if (auto done = insert.run(); !done) return done;
    added += db_->changes();
    at += n;
  }
  if (added > 0) touch(Timed::requests, db_->last_rowid() - added + 1, db_->last_rowid(), period);
  for (const auto& id : batch.closed_requests) {
    const IdBytes bytes(id);
    if (auto done = close_request_.reset().blob(bytes).run(); !done) return done;
  }
  return {};
}

// Whether the settlement gets a row: not if it is the one that came with its call.
Result<bool> Tables::settle(const Settlement& s, const IdBytes& id) {
  const auto attempt = static_cast<int64_t>(s.call.attempt), version = static_cast<int64_t>(s.version);
  auto known = find_call_.reset().blob(id).bind(attempt).step();
  if (!known) return known;
  const auto n = *known ? find_call_.integer(0) : 0, settled = *known ? find_call_.integer(1) : 0;
  const auto counted = *known ? find_call_.integer(3) : 0;
  const bool first = *known && !find_call_.is_null(2) && find_call_.integer(2) == version;
  find_call_.reset();
  if (!*known) {
    ++early_count_;
    if (auto noted = early_.reset().blob(id).bind(attempt).run(); !noted) return tl::unexpected(noted.error());
    return true;
  }
  if (closed(counted)) {
    if (!first) {
      if (auto done = correct(s, id); !done) return tl::unexpected(done.error());
    }
    return false;
  }
  if (settled < version) {
    const auto wanted = unix_ns(s.booked_at);
    const auto booked = closed(wanted) ? counted : wanted;
    if (auto done = settle_.reset().bind(version).bind(booked).bind(n).run(); !done)
      return tl::unexpected(done.error());
    touch(Timed::calls, n, n, {booked, booked});
    change(counted);  // it may have moved from there
    if (counted < rolled_until_)
      if (auto done = change_all_of(id); !done) return tl::unexpected(done.error());
  }
  return !first;
}

void Tables::bind_settlement(Statement& row, const Settlement& s, const IdBytes& id) {
  row.blob(id).bind(static_cast<int64_t>(s.call.attempt)).bind(static_cast<int64_t>(s.version));
  row.bind(number(s.basis)).bind(unix_ns(s.booked_at));
  bind_figures(row, s.figures);
}

Result<void> Tables::write_settlements(Batch& batch) {
  const auto order = in_order(batch.settlements, [](const Settlement& s) -> const CallId& { return s.call; });
  std::vector<const Settlement*> rows;
  for (const auto* s : order) {
    const auto row = settle(*s, IdBytes(s->call.request));
    if (!row) return tl::unexpected(row.error());
    if (*row) rows.push_back(s);
  }
  std::vector<IdBytes> ids;
  ids.reserve(kRows);
  for (size_t at = 0; at < rows.size();) {
    const size_t n = rows.size() - at >= kRows ? kRows : 1;
    auto& insert = n == kRows ? settlements_ : settlement_;
    insert.reset();
    ids.clear();
    for (size_t i = 0; i < n; ++i) {
      const auto& s = *rows[at + i];
      bind_settlement(insert, s, ids.emplace_back(s.call.request));
    }
    if (auto done = insert.run(); !done) return done;
    at += n;
  }
  return {};
}

Result<void> Tables::settle_early(const CallId& call) {
  const IdBytes id(call.request);
  const auto attempt = static_cast<int64_t>(call.attempt);
  auto early = early_exists_.reset().blob(id).bind(attempt).step();
  early_exists_.reset();
  if (!early) return tl::unexpected(early.error());
  if (!*early) return {};
  if (auto done = early_drop_.reset().blob(id).bind(attempt).run(); !done) return done;
  auto settled = early_settle_.reset().blob(id).bind(attempt).step();
  if (!settled) return tl::unexpected(settled.error());
  if (*settled) {
    const auto n = early_settle_.integer(0), booked = early_settle_.integer(1);
    touch(Timed::calls, n, n, {booked, booked});
  }
  early_settle_.reset();
  return early_done_.reset().blob(id).bind(attempt).run();
}

Result<void> Tables::add_window(const DeviceWindow& w) {
  window_.reset().bind(std::string_view(w.device)).bind(std::string_view(w.deployment));
  window_.bind(unix_ns(w.begin)).bind(unix_ns(w.end)).bind(std::string_view(w.zone));
  window_.bind(finite(w.intensity_g_per_kwh)).bind(letter_text(w.letter));
  for (const auto* s : {&w.total, &w.requests, &w.foreign, &w.unattributed}) {
    window_.bind(s->gpu_energy.raw()).bind(s->energy.raw()).bind(s->operational.raw());
    window_.bind(s->embodied.raw()).bind(s->cost.raw());
  }
  const auto late = closed(unix_ns(w.begin)) ? std::optional(late_ns_) : std::nullopt;
  change(late.value_or(unix_ns(w.begin)));
  window_.bind(late);
  return window_.run();
}

// A step spares a request something once: whoever writes the record adds up.
Result<void> Tables::add_avoided(const Avoided& a) {
  const IdBytes id(a.request);
  const auto late = closed(unix_ns(a.at)) ? std::optional(late_ns_) : std::nullopt;
  avoided_.reset().blob(id).bind(std::string_view(a.step)).bind(unix_ns(a.at)).bind(late).bind(a.in).bind(a.out);
  bind_figures(avoided_, a.figures);
  if (auto done = avoided_.run(); !done) return done;
  const auto counted = late.value_or(unix_ns(a.at));
  if (db_->changes() > 0) touch(Timed::avoided, db_->last_rowid(), db_->last_rowid(), {counted, counted});
  return {};
}

Result<void> Tables::add_event(const Event& e) {
  const auto key = identity("key", e.key);
  if (!key) return tl::unexpected(key.error());
  const auto user_id = identity("user", e.user);
  if (!user_id) return tl::unexpected(user_id.error());
  event_.reset().bind(unix_ns(e.at)).bind(std::string_view(e.kind));
  event_.bind(*key);
  event_.bind(*user_id);
  return event_.bind(std::string_view(e.json)).run();
}

void Tables::change(int64_t at) {
  changed_minutes_.insert(at / kMinuteNs);
}

// Where its calls and what it was spared are counted.
Result<void> Tables::change_all_of(const IdBytes& request) {
  auto row = counted_at_.reset().blob(request).step();
  for (; row && *row; row = counted_at_.step()) change(counted_at_.integer(0));
  counted_at_.reset();
  if (!row) return tl::unexpected(row.error());
  return {};
}

void Tables::touch(Timed table, int64_t first, int64_t last, const Period& period) {
  const int64_t low = period.low / kMinuteNs, high = period.high / kMinuteNs;
  if (high - low < kMostSingleMinutes)
    for (int64_t minute = low; minute <= high; ++minute) changed_minutes_.insert(minute);
  else
    changed_from_ = std::min(changed_from_, period.low);
  for (int64_t block = first >> kBlockBits; block <= last >> kBlockBits; ++block) {
    auto [it, added] = touched_.try_emplace({table, block}, period);
    if (added) continue;
    it->second.widen(period.low);
    it->second.widen(period.high);
  }
}

Result<void> Tables::write_blocks() {
  for (const auto& [block, period] : touched_) {
    block_.reset().bind(number(block.first)).bind(block.second).bind(period.low).bind(period.high);
    if (auto done = block_.run(); !done) return done;
  }
  return {};
}

// What was added up of times that the batch changes counts no more.
Result<void> Tables::unroll() {
  for (const int64_t minute : changed_minutes_) {
    if (minute * kMinuteNs >= rolled_until_) break;
    if (auto done = unroll_.reset().bind(minute).run(); !done) return done;
    unrolled_ = unrolled_ || db_->changes() > 0;
  }
  if (changed_from_ >= rolled_until_) return {};
  for (const Level level : {Level::minutes, Level::tens, Level::hours, Level::days}) {
    auto s = db_->prepare("DELETE FROM rolled WHERE level=? AND slot >= ?");
    if (!s) return tl::unexpected(s.error());
    if (auto done = s->bind(static_cast<int64_t>(level)).bind(changed_from_ / length_of(level)).run(); !done)
      return done;
  }
  unrolled_ = true;
  return {};
}

Result<void> Tables::write(Batch& batch, Wall now) {
  touched_.clear();
  changed_minutes_.clear();
  changed_from_ = INT64_MAX;
  late_ns_ = std::max(unix_ns(now), closed_until_);
  if (auto done = find_late(batch); !done) return done;
  if (auto done = write_calls(batch); !done) return done;
  if (auto done = write_requests(batch); !done) return done;
  if (early_count_ > 0) {
    for (const auto& call : batch.calls) {
      if (auto done = settle_early(call.row.id); !done) return done;
    }
    if (auto done = count_early(); !done) return done;
  }
  if (auto done = mark_late(); !done) return done;
  if (auto done = write_settlements(batch); !done) return done;
  for (const auto& w : batch.windows) {
    if (auto done = add_window(w); !done) return done;
  }
  for (const auto& u : batch.gateway_use) {
    if (auto done = add_gateway_use(u); !done) return done;
  }
  for (const auto& a : batch.avoided) {
    if (auto done = add_avoided(a); !done) return done;
  }
  for (const auto& e : batch.events) {
    if (auto done = add_event(e); !done) return done;
  }
  if (auto done = write_blocks(); !done) return done;
  if (auto done = unroll(); !done) return done;
  for (const auto& [journal, at] : batch.positions) {
    position_.reset().bind(static_cast<int64_t>(journal.worker)).bind(static_cast<int64_t>(journal.incarnation));
    position_.bind(static_cast<int64_t>(at.segment)).bind(static_cast<int64_t>(at.offset));
    if (auto done = position_.bind(static_cast<int64_t>(at.sequence)).run(); !done) return done;
  }
  return {};
}

}  // namespace trine::ledger

#include "ledger/batch.h"

#include <cmath>

namespace trine::ledger {
namespace {

constexpr size_t kIdentityCache = 4096;

std::string placeholders(int n) {
  std::string s = "?";
  for (int i = 1; i < n; ++i) s += ",?";
  return s;
}

void bind_optional(Statement& s, const std::optional<int64_t>& v) {
  if (v)
    s.bind(*v);
  else
    s.null();
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

std::string letter_text(energy::Letter l) {
  return std::string(1, static_cast<char>(l));
}

}  // namespace

IdBytes::IdBytes(const RequestId& id) {
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(id.hi >> (56 - 8 * i));
    bytes[8 + i] = static_cast<unsigned char>(id.lo >> (56 - 8 * i));
  }
}

RequestId request_id(std::span<const unsigned char> bytes) {
  RequestId id;
  if (bytes.size() != 16) return id;
  for (size_t i = 0; i < 8; ++i) {
    id.hi = id.hi << 8 | bytes[i];
    id.lo = id.lo << 8 | bytes[8 + i];
  }
  return id;
}

void Batch::add(Record record, const Place& place) {
  ++records_;
  if (auto* intent = std::get_if<CallIntent>(&record)) {
    if (!closed_.contains(intent->id.request)) open_requests_.try_emplace(intent->id.request, *intent);
    const auto id = intent->id;
    open_calls_.try_emplace(id, std::move(*intent), place);
  } else if (auto* call = std::get_if<CallFacts>(&record)) {
    if (call_at_.contains(call->id)) return;
    call_at_[call->id] = calls_.size();
    const bool here = open_calls_.erase(call->id) > 0;
    const auto end = call->end;
    calls_.push_back({std::move(*call), -1, end, here});
  } else if (auto* request = std::get_if<RequestFacts>(&record)) {
    if (!closed_.insert(request->id).second) return;
    const auto begun = open_requests_.find(request->id);
    // Only a first attempt proves that no earlier batch has stored the request as open.
    const bool here = begun != open_requests_.end() && begun->second.id.attempt == 0;
    if (begun != open_requests_.end()) open_requests_.erase(begun);
    requests_.emplace_back(std::move(*request), here);
  } else if (auto* settlement = std::get_if<Settlement>(&record)) {
    if (const auto at = call_at_.find(settlement->call); at != call_at_.end()) {
      auto& c = calls_[at->second];
      if (static_cast<int64_t>(settlement->version) > c.settled) {
        c.settled = settlement->version;
        c.booked = settlement->booked_at;
      }
    }
    settlements_.push_back(std::move(*settlement));
  } else if (auto* window = std::get_if<DeviceWindow>(&record)) {
    windows_.push_back(std::move(*window));
  } else {
    events_.push_back(std::move(std::get<Event>(record)));
  }
}

Result<Tables> Tables::open(Database& db) {
  Tables t;
  const auto prepare = [&](Statement& into, const std::string& sql) -> Result<void> {
    auto statement = db.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    into = std::move(*statement);
    return {};
  };
  const std::pair<Statement*, std::string> all[] = {
      {&t.request_, "INSERT OR IGNORE INTO requests VALUES(" + placeholders(17) + ")"},
      {&t.call_, "INSERT OR IGNORE INTO calls VALUES(" + placeholders(19) + ")"},
      {&t.settlement_, "INSERT OR IGNORE INTO settlements VALUES(" + placeholders(15) + ")"},
      {&t.window_, "INSERT OR IGNORE INTO windows VALUES(" + placeholders(27) + ")"},
      {&t.event_, "INSERT INTO events(at_ns,kind,key,user,json) VALUES(?,?,?,?,?)"},
      {&t.position_, "INSERT OR REPLACE INTO journal_positions VALUES(?,?,?,?,?)"},
      {&t.open_request_, "INSERT OR IGNORE INTO open_requests SELECT " + placeholders(11) +
                             " WHERE NOT EXISTS (SELECT 1 FROM requests WHERE id=?1)"},
      {&t.open_call_, "INSERT OR IGNORE INTO open_calls VALUES(" + placeholders(12) + ")"},
      {&t.close_request_, "DELETE FROM open_requests WHERE id=?"},
      {&t.close_call_, "DELETE FROM open_calls WHERE request=? AND attempt=?"},
      {&t.settle_, "UPDATE calls SET settled=?1, booked_ns=?2 WHERE request=?3 AND attempt=?4 AND settled<?1"},
      {&t.call_exists_, "SELECT 1 FROM calls WHERE request=? AND attempt=?"},
      {&t.early_, "INSERT OR IGNORE INTO early_settlements VALUES(?,?)"},
      {&t.early_exists_, "SELECT 1 FROM early_settlements WHERE request=? AND attempt=?"},
      {&t.early_settle_,
       "UPDATE calls SET (settled, booked_ns) = (SELECT version, booked_ns FROM settlements s WHERE "
       "s.request=?1 AND s.attempt=?2 ORDER BY version DESC LIMIT 1) WHERE request=?1 AND attempt=?2"},
      {&t.early_done_, "DELETE FROM early_settlements WHERE request=? AND attempt=?"},
      {&t.find_identity_, "SELECT id FROM identities WHERE kind=? AND name=?"},
      {&t.add_identity_, "INSERT INTO identities(kind,name) VALUES(?,?) RETURNING id"},
  };
  for (const auto& [statement, sql] : all) {
    if (auto done = prepare(*statement, sql); !done) return tl::unexpected(done.error());
  }
  if (auto counted = t.count_early(db); !counted) return tl::unexpected(counted.error());
  return t;
}

Result<void> Tables::count_early(Database& db) {
  auto statement = db.prepare("SELECT count(*) FROM early_settlements");
  if (!statement) return tl::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  early_count_ = statement->integer(0);
  return {};
}

Result<std::optional<int64_t>> Tables::identity(std::string_view kind, const std::string& name) {
  if (name.empty()) return std::optional<int64_t>();
  auto cache_key = std::string(kind) + '\0' + name;
  if (const auto it = identities_.find(cache_key); it != identities_.end()) return it->second;
  auto found = find_identity_.reset().bind(kind).bind(std::string_view(name)).step();
  if (!found) return tl::unexpected(found.error());
  int64_t id = 0;
  if (*found) {
    id = find_identity_.integer(0);
    find_identity_.reset();
  } else {
    find_identity_.reset();
    auto added = add_identity_.reset().bind(kind).bind(std::string_view(name)).step();
    if (!added) return tl::unexpected(added.error());
    id = add_identity_.integer(0);
    if (auto done = add_identity_.run(); !done) return tl::unexpected(done.error());
  }
  if (identities_.size() >= kIdentityCache) identities_.clear();
  identities_.emplace(std::move(cache_key), id);
  return id;
}

Result<void> Tables::bind_tenant(Statement& s, const Tenant& tenant, const std::string& user) {
  const std::pair<std::string_view, const std::string*> who[] = {{"org", &tenant.org},
                                                                 {"team", &tenant.team},
                                                                 {"project", &tenant.project},
                                                                 {"key", &tenant.key},
                                                                 {"user", &user}};
  for (const auto& [kind, name] : who) {
    const auto id = identity(kind, *name);
    if (!id) return tl::unexpected(id.error());
    bind_optional(s, *id);
  }
  return {};
}

Result<void> Tables::add_request(const RequestFacts& r) {
  const IdBytes id(r.id);
  request_.reset().blob(id);
  if (auto bound = bind_tenant(request_, r.tenant, r.user); !bound) return bound;
  request_.bind(std::string_view(r.workload)).bind(std::string_view(r.route)).bind(std::string_view(r.endpoint));
  request_.bind(unix_ns(r.start)).bind(unix_ns(r.end)).bind(number(r.streamed)).bind(number(r.outcome));
  request_.bind(static_cast<int64_t>(r.http_status)).bind(std::string_view(r.error)).bind(std::string_view(r.reason));
  return request_.bind(static_cast<int64_t>(r.calls)).run();
}

Result<void> Tables::add_call(const CallFacts& c, int64_t settled, Wall booked) {
  const IdBytes id(c.id.request);
  call_.reset().blob(id).bind(static_cast<int64_t>(c.id.attempt));
  call_.bind(std::string_view(c.deployment)).bind(std::string_view(c.zone)).bind(std::string_view(c.model));
  call_.bind(unix_ns(c.start)).bind(unix_ns(c.first_token)).bind(unix_ns(c.end));
  call_.bind(c.in).bind(c.cached).bind(c.out).bind(number(c.source)).bind(number(c.streamed)).bind(number(c.simulated));
  call_.bind(number(c.outcome)).bind(static_cast<int64_t>(c.http_status)).bind(finite(c.mean_batch));
  return call_.bind(settled).bind(unix_ns(booked)).run();
}

Result<void> Tables::add_settlement(Database& db, const Settlement& s, const Batch& batch) {
  const IdBytes id(s.call.request);
  const auto attempt = static_cast<int64_t>(s.call.attempt);
  const auto& f = s.figures;
  const auto letter = letter_text(f.letter);
  settlement_.reset().blob(id).bind(attempt).bind(static_cast<int64_t>(s.version)).bind(number(s.basis));
  settlement_.bind(unix_ns(s.booked_at)).bind(f.gpu_energy.raw()).bind(f.energy.raw()).bind(f.energy_low.raw());
  settlement_.bind(f.energy_high.raw()).bind(f.operational.raw()).bind(f.embodied.raw()).bind(f.carbon_low.raw());
  settlement_.bind(f.carbon_high.raw()).bind(f.cost.raw()).bind(std::string_view(letter));
  if (auto done = settlement_.run(); !done) return done;
  const auto here = batch.call_at_.find(s.call);
  if (here != batch.call_at_.end() && batch.calls_[here->second].settled >= static_cast<int64_t>(s.version)) return {};
  settle_.reset().bind(static_cast<int64_t>(s.version)).bind(unix_ns(s.booked_at)).blob(id).bind(attempt);
  if (auto done = settle_.run(); !done || db.changes() > 0) return done;
  auto known = call_exists_.reset().blob(id).bind(attempt).step();
  if (!known) return tl::unexpected(known.error());
  call_exists_.reset();
  if (*known) return {};
  ++early_count_;
  return early_.reset().blob(id).bind(attempt).run();
}

Result<void> Tables::settle_early(const CallId& call) {
  const IdBytes id(call.request);
  const auto attempt = static_cast<int64_t>(call.attempt);
  auto early = early_exists_.reset().blob(id).bind(attempt).step();
  if (!early) return tl::unexpected(early.error());
  early_exists_.reset();
  if (!*early) return {};
  if (auto done = early_settle_.reset().blob(id).bind(attempt).run(); !done) return done;
  return early_done_.reset().blob(id).bind(attempt).run();
}

Result<void> Tables::add_window(const DeviceWindow& w) {
  const auto letter = letter_text(w.letter);
  window_.reset().bind(std::string_view(w.device)).bind(std::string_view(w.deployment));
  window_.bind(unix_ns(w.begin)).bind(unix_ns(w.end)).bind(std::string_view(w.zone));
  window_.bind(finite(w.intensity_g_per_kwh)).bind(std::string_view(letter));
  for (const auto* s : {&w.total, &w.requests, &w.foreign, &w.unattributed}) {
    window_.bind(s->gpu_energy.raw()).bind(s->energy.raw()).bind(s->operational.raw());
    window_.bind(s->embodied.raw()).bind(s->cost.raw());
  }
  return window_.run();
}

Result<void> Tables::add_event(const Event& e) {
  const auto key = identity("key", e.key);
  if (!key) return tl::unexpected(key.error());
  const auto user = identity("user", e.user);
  if (!user) return tl::unexpected(user.error());
  event_.reset().bind(unix_ns(e.at)).bind(std::string_view(e.kind));
  bind_optional(event_, *key);
  bind_optional(event_, *user);
  return event_.bind(std::string_view(e.json)).run();
}

Result<void> Tables::add_open_request(const CallIntent& i) {
  const IdBytes id(i.id.request);
  open_request_.reset().blob(id);
  if (auto bound = bind_tenant(open_request_, i.tenant, i.user); !bound) return bound;
  open_request_.bind(std::string_view(i.workload)).bind(std::string_view(i.route)).bind(std::string_view(i.endpoint));
  return open_request_.bind(unix_ns(i.start)).bind(number(i.streamed)).run();
}

Result<void> Tables::add_open_call(const CallIntent& i, const Place& place) {
  const IdBytes id(i.id.request);
  open_call_.reset().blob(id).bind(static_cast<int64_t>(i.id.attempt)).bind(static_cast<int64_t>(place.worker));
  open_call_.bind(static_cast<int64_t>(place.segment)).bind(static_cast<int64_t>(place.offset));
  open_call_.bind(std::string_view(i.deployment)).bind(std::string_view(i.zone)).bind(std::string_view(i.model));
  return open_call_.bind(unix_ns(i.start)).bind(i.in_estimate).bind(number(i.streamed)).bind(number(i.simulated)).run();
}

Result<void> Tables::write(Database& db, const Batch& batch) {
  for (const auto& call : batch.calls_) {
    if (auto done = add_call(call.facts, call.settled, call.booked); !done) return done;
    if (!call.intent_here) {
      const IdBytes id(call.facts.id.request);
      close_call_.reset().blob(id).bind(static_cast<int64_t>(call.facts.id.attempt));
      if (auto done = close_call_.run(); !done) return done;
    }
  }
  for (const auto& [request, opened_here] : batch.requests_) {
    if (auto done = add_request(request); !done) return done;
    if (!opened_here && request.calls > 0) {
      const IdBytes id(request.id);
      if (auto done = close_request_.reset().blob(id).run(); !done) return done;
    }
  }
  for (const auto& s : batch.settlements_) {
    if (auto done = add_settlement(db, s, batch); !done) return done;
  }
  if (early_count_ > 0) {
    for (const auto& call : batch.calls_) {
      if (auto done = settle_early(call.facts.id); !done) return done;
    }
    if (auto done = count_early(db); !done) return done;
  }
  for (const auto& w : batch.windows_) {
    if (auto done = add_window(w); !done) return done;
  }
  for (const auto& e : batch.events_) {
    if (auto done = add_event(e); !done) return done;
  }
  for (const auto& [id, intent] : batch.open_requests_) {
    if (auto done = add_open_request(intent); !done) return done;
  }
  for (const auto& [id, open] : batch.open_calls_) {
    if (auto done = add_open_call(open.first, open.second); !done) return done;
  }
  for (const auto& [journal, at] : batch.positions) {
    position_.reset().bind(static_cast<int64_t>(journal.worker)).bind(static_cast<int64_t>(journal.incarnation));
    position_.bind(static_cast<int64_t>(at.segment)).bind(static_cast<int64_t>(at.offset));
    if (auto done = position_.bind(static_cast<int64_t>(at.sequence)).run(); !done) return done;
  }
  return {};
}

}  // namespace trine::ledger

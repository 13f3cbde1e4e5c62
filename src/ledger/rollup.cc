// Times that are over, added up (schema.cc), so that a report of months reads some thousand rows and not millions:
// minutes from rows, and longer slots from the shorter ones. What is written later into such a time makes it count as
// not added up (Tables), until it is done again here.
#include "ledger/report_sources.h"
#include "ledger/store.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

struct Rule {
  Nanos quiet;    // after a slot's end: most of what comes late has come
  int64_t reach;  // so many slots back from now; older ones are not looked for
  int64_t kept;   // so many, 0: all. They are no help once longer ones are done
};
constexpr std::array<Rule, 4> kRules = {{{std::chrono::minutes(2), 120, 180},  // minutes
                                         {std::chrono::minutes(3), 300, 9 * 144},
                                         {std::chrono::minutes(15), 20'000, 0},
                                         {std::chrono::minutes(15), 800, 0}}};

// A day x is made of hours alone, once they are all there.
constexpr const char* kOfAllHours =
    " AND (SELECT count(*) FROM rolled WHERE level=2 AND slot >= x*24 AND slot < x*24+24) = 24";
static_assert(Level::hours == Level{2});

constexpr const Source* kSources[] = {&kCalls, &kRequests, &kWindows, &kAvoided};

int64_t length(size_t level) {
  return length_of(static_cast<Level>(level));
}

Result<void> run(Database& db, const std::string& sql, int64_t a, int64_t b) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  return s->bind(a).bind(b).run();
}

Result<int64_t> one_number(Database& db, const std::string& sql, int64_t a, int64_t b) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  const auto row = s->bind(a).bind(b).step();
  if (!row) return tl::unexpected(row.error());
  return *row && !s->is_null(0) ? s->integer(0) : int64_t{-1};
}

// The rows of `source` at `from`, added up as one slot. `totals`: without identities.
Result<void> add_up(Database& db, const Source& source, Level from, Level to, int64_t slot) {
  std::string dims, groups;
  for (size_t i = 0; i < source.dims.size(); ++i) {
    const bool left_out = to == Level::hour_totals && i < source.identities;
    dims += left_out ? ", NULL" : fmt::format(", r.{}", source.dims[i]);
    if (!left_out) groups += fmt::format("{} r.{}", groups.empty() ? "" : ",", source.dims[i]);
  }
  const auto level = static_cast<int64_t>(to);
  if (auto done = run(db, fmt::format("DELETE FROM {} WHERE level=? AND slot=?", source.table), level, slot); !done)
    return done;
  const auto sql = fmt::format("INSERT INTO {} SELECT {}, {}{}{} FROM {} r GROUP BY{}", source.table, level, slot, dims,
                               source.sums_of("r"), source.from(from), groups);
  return run(db, sql, slot * length_of(to), (slot + 1) * length_of(to));
}

Result<void> add_up(Database& db, size_t level, int64_t slot) {
  Level below = Level::rows;
  if (level > 0) {
    const int64_t times = length(level) / length(level - 1);
    const auto there =
        one_number(db, fmt::format("SELECT count(*) FROM rolled WHERE level={} AND slot >= ? AND slot < ?", level - 1),
                   slot * times, (slot + 1) * times);
    if (!there) return tl::unexpected(there.error());
    if (*there == times) below = static_cast<Level>(level - 1);
  }
  const auto to = static_cast<Level>(level);
  for (const Source* source : kSources) {
    if (auto done = add_up(db, *source, below, to, slot); !done) return done;
    if (to != Level::hours) continue;
    if (auto done = add_up(db, *source, to, Level::hour_totals, slot); !done) return done;
  }
  return run(db, "INSERT INTO rolled VALUES(?,?)", static_cast<int64_t>(to), slot);
}

// What longer slots have made useless goes.
Result<void> prune(Database& db, size_t level, int64_t before) {
  for (const Source* source : kSources) {
    const auto sql = fmt::format("DELETE FROM {} WHERE level=? AND slot < ?", source->table);
    if (auto done = run(db, sql, static_cast<int64_t>(level), before); !done) return done;
  }
  return run(db, "DELETE FROM rolled WHERE level=? AND slot < ?", static_cast<int64_t>(level), before);
}

}  // namespace

// The newest slot of a level that is over and not added up; -1: none.
Result<int64_t> Store::due(size_t level, Wall now) {
  const int64_t end = unix_ns(now - kRules[level].quiet) / length(level);
  if (end == rolled_until_[level]) return int64_t{-1};
  const auto oldest =
      one_number(db_,
                 "SELECT min(t) FROM (SELECT min(low_ns) AS t FROM blocks WHERE ?1 <= ?2 UNION ALL SELECT min(begin_ns)"
                 " FROM windows)",
                 0, 0);
  if (!oldest) return tl::unexpected(oldest.error());
  const int64_t from = std::max({*oldest / length(level), end - kRules[level].reach, roll_from_ / length(level)});
  if (*oldest >= 0) {
    const bool days = static_cast<Level>(level) == Level::days;
    const auto slot = one_number(
        db_,
        fmt::format("WITH RECURSIVE h(x) AS (SELECT ?2 - 1 WHERE ?2 > ?1 UNION ALL SELECT x - 1 FROM h WHERE x > ?1)"
                    " SELECT x FROM h WHERE NOT EXISTS (SELECT 1 FROM rolled WHERE level={} AND slot=x){} LIMIT 1",
                    level, days ? kOfAllHours : ""),
        from, end);
    if (!slot || *slot >= 0) return slot;
  }
  rolled_until_[level] = end;
  return int64_t{-1};
}

Result<bool> Store::roll(Wall now) {
  const std::lock_guard lock(work_);
  if (tables_->take_unrolled()) rolled_until_.fill(-1);
  // The shortest first, and the newest: that is what people look at, and what the longer ones are made of.
  for (size_t level = 0; level < kRules.size(); ++level) {
    const auto slot = due(level, now);
    if (!slot) return tl::unexpected(slot.error());
    if (*slot < 0) continue;
    auto done = transaction([&]() -> Result<void> {
      if (auto added = add_up(db_, level, *slot); !added) return added;
      const int64_t kept = kRules[level].kept;
      return kept > 0 ? prune(db_, level, unix_ns(now) / length(level) - kept) : Result<void>();
    });
    if (!done) return tl::unexpected(done.error());
    tables_->rolled((*slot + 1) * length(level));
    if (static_cast<Level>(level) == Level::hours) rolled_until_[static_cast<size_t>(Level::days)] = -1;
    return true;
  }
  return false;
}

// Rows before `limit` are going: what was added up of them must not stay. They are not added up again.
Result<void> Store::unroll(Wall limit) {
  const std::lock_guard lock(work_);
  constexpr int64_t kDayNs = length_of(Level::days);
  const int64_t until = (unix_ns(limit) / kDayNs + 1) * kDayNs;
  if (until <= roll_from_) return {};
  auto done = transaction([&]() -> Result<void> {
    for (size_t level = 0; level < kRules.size(); ++level)
      if (auto gone = prune(db_, level, until / length(level)); !gone) return gone;
    return prune(db_, static_cast<size_t>(Level::hour_totals), until / kHourNs);
  });
  if (done) roll_from_ = until;
  return done;
}

// Rows that count in these minutes (in order) are changing: what was added up of them goes, and is added up again.
// Inside a transaction.
Result<void> Store::unroll_minutes(const std::vector<int64_t>& minutes) {
  for (size_t level = 0; level < kRules.size(); ++level) {
    std::vector<int64_t> slots;
    for (const int64_t minute : minutes)
      if (const int64_t slot = minute * kMinuteNs / length(level); slots.empty() || slots.back() != slot)
        slots.push_back(slot);
    for (const char* table : {"rolled", kCalls.table, kRequests.table, kWindows.table, kAvoided.table}) {
      auto s = db_.prepare(fmt::format("DELETE FROM {} WHERE level=? AND slot=?", table));
      if (!s) return tl::unexpected(s.error());
      for (const int64_t slot : slots)
        if (auto gone = s->reset().bind(static_cast<int64_t>(level)).bind(slot).run(); !gone) return gone;
    }
  }
  rolled_until_.fill(-1);
  return {};
}

}  // namespace trine::ledger

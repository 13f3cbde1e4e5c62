// Hours that are over, added up (schema.cc), so that a report of months reads some thousand rows and not millions. What
// is written later into such an hour makes it count as not added up (Tables), until it is done again here.
#include "ledger/report_sql.h"
#include "ledger/store.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

constexpr Nanos kQuiet = std::chrono::minutes(15);  // after an hour's end: most of what comes late has come
constexpr int64_t kMostHours = 20'000;              // back from now; older ones are read row by row

Result<int64_t> one_number(Database& db, const std::string& sql, int64_t a, int64_t b) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  const auto row = s->bind(a).bind(b).step();
  if (!row) return tl::unexpected(row.error());
  return *row && !s->is_null(0) ? s->integer(0) : int64_t{-1};
}

Result<void> run(Database& db, const std::string& sql, int64_t hour) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  return s->bind(hour * kHourNs).bind((hour + 1) * kHourNs).bind(hour).run();
}

Result<void> add_up(Database& db, int64_t hour) {
  std::string figures;
  for (const auto* column : kFigures) figures += fmt::format(", coalesce(sum(coalesce(s.{0}, c.{0})),0)", column);
  std::string shares;
  for (const auto* line : {"unattributed", "foreign"})
    for (const auto* column : {"gpu_energy_uj", "energy_uj", "operational_ng", "embodied_ng", "cost_neur"})
      shares += fmt::format(", sum({}_{})", line, column);
  const std::string all[] = {
      "DELETE FROM hour_calls WHERE hour=?3 AND ?1 < ?2",
      "DELETE FROM hour_requests WHERE hour=?3 AND ?1 < ?2",
      "DELETE FROM hour_windows WHERE hour=?3 AND ?1 < ?2",
      fmt::format(
          "INSERT INTO hour_calls SELECT ?3, r.origin, r.key, r.user, c.target, coalesce(s.letter, c.letter, '') AS l,"
          " c.late_ns IS NOT NULL AS late, {} AS served, count(*), sum(c.settled < 0), sum(c.simulated), sum(c.source),"
          " sum(c.tokens_in), sum(c.tokens_cached), sum(c.tokens_out){} FROM blocks b CROSS JOIN calls c ON {} LEFT "
          "JOIN"
          " requests r ON r.id=c.request LEFT JOIN {} WHERE{} AND c.booked_ns >= ?1 AND c.booked_ns < ?2 GROUP BY"
          " r.origin, r.key, r.user, c.target, l, late, served",
          kServed, figures, fmt::format(kInBlock, "c"), kLatest, fmt::format(kBlocks, 1)),
      fmt::format(
          "INSERT INTO hour_requests SELECT ?3, origin, key, user, outcome, late, targets, count(*) FROM (SELECT"
          " r.origin, r.key, r.user, r.outcome, r.late_ns IS NOT NULL AS late, coalesce((SELECT"
          " group_concat(target) FROM (SELECT DISTINCT target FROM calls WHERE request=r.id ORDER BY target)),'')"
          " AS targets FROM blocks b CROSS JOIN requests r ON {} WHERE{} AND coalesce(r.late_ns, r.end_ns) >= ?1"
          " AND coalesce(r.late_ns, r.end_ns) < ?2) GROUP BY origin, key, user, outcome, late, targets",
          fmt::format(kInBlock, "r"), fmt::format(kBlocks, 0)),
      fmt::format("INSERT INTO hour_windows SELECT ?3, deployment, zone, 0{} FROM windows WHERE late_ns IS NULL AND"
                  " begin_ns >= ?1 AND begin_ns < ?2 GROUP BY deployment, zone",
                  shares),
      fmt::format("INSERT INTO hour_windows SELECT ?3, deployment, zone, 1{} FROM windows WHERE late_ns IS NOT NULL AND"
                  " late_ns >= ?1 AND late_ns < ?2 GROUP BY deployment, zone",
                  shares),
      "INSERT INTO rolled_hours SELECT ?3 WHERE ?1 < ?2"};
  for (const std::string& sql : all)
    if (auto done = run(db, sql, hour); !done) return done;
  return {};
}

}  // namespace

Result<bool> Store::roll(Wall now) {
  const std::lock_guard lock(work_);
  const int64_t end = unix_ns(now - kQuiet) / kHourNs;  // the first hour that is not quiet
  if (end == rolled_until_ && !tables_->take_unrolled()) return false;
  const auto oldest =
      one_number(db_,
                 "SELECT min(t)/3600000000000 FROM (SELECT min(low_ns) AS t FROM blocks WHERE ?1 <= ?2 UNION ALL SELECT"
                 " min(begin_ns) FROM windows)",
                 0, 0);
  if (!oldest) return tl::unexpected(oldest.error());
  if (*oldest < 0) return false;
  const int64_t from = std::max({*oldest, end - kMostHours, roll_from_});
  // The newest first: that is what people look at.
  const auto hour = one_number(db_,
                               "WITH RECURSIVE h(x) AS (SELECT ?2 - 1 WHERE ?2 > ?1 UNION ALL SELECT x - 1 FROM h WHERE"
                               " x > ?1) SELECT x FROM h WHERE x NOT IN (SELECT hour FROM rolled_hours) LIMIT 1",
                               from, end);
  if (!hour) return tl::unexpected(hour.error());
  if (*hour < 0) {
    rolled_until_ = end;
    return false;
  }
  rolled_until_ = -1;
  auto done = transaction([&] { return add_up(db_, *hour); });
  if (!done) return tl::unexpected(done.error());
  return true;
}

// Rows of hours before `limit` are going: what was added up of them must not stay. They are not added up again.
Result<void> Store::unroll(Wall limit) {
  const std::lock_guard lock(work_);
  const int64_t hour = unix_ns(limit) / kHourNs;
  if (hour < roll_from_) return {};
  auto done = transaction([&]() -> Result<void> {
    for (const char* table : {"rolled_hours", "hour_calls", "hour_requests", "hour_windows"}) {
      auto s = db_.prepare(fmt::format("DELETE FROM {} WHERE hour <= ?", table));
      if (!s) return tl::unexpected(s.error());
      if (auto ran = s->bind(hour).run(); !ran) return ran;
    }
    return {};
  });
  if (done) roll_from_ = hour + 1;
  return done;
}

}  // namespace trine::ledger

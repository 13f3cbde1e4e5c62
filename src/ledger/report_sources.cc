#include "ledger/report_sources.h"

#include "ledger/report_sql.h"

namespace trine::ledger {
namespace {

std::string figures(const char* each) {
  std::string out;
  for (const auto* column : kFigures) out += ", " + fmt::format(fmt::runtime(each), column);
  return out;
}

std::string call_rows() {
  return fmt::format(
      "SELECT c.booked_ns AS at, r.origin AS origin, r.key AS key, r.user AS user, c.target AS target,"
      " coalesce(s.letter, c.letter, '') AS letter, c.late_ns IS NOT NULL AS late, {} AS served, 1 AS calls,"
      " c.settled < 0 AS unsettled, c.simulated AS simulated, c.source AS counted, c.tokens_in AS tokens_in,"
      " c.tokens_cached AS tokens_cached, c.tokens_out AS tokens_out{} FROM blocks b CROSS JOIN calls c ON {} LEFT JOIN"
      " requests r ON r.id=c.request LEFT JOIN {} WHERE{} AND c.booked_ns >= ?1 AND c.booked_ns < ?2",
      kServed, figures("coalesce(s.{0}, c.{0}, 0) AS {0}"), fmt::format(kInBlock, "c"), kLatest,
      fmt::format(kBlocks, 1));
}

std::string request_rows() {
  return fmt::format(
      "SELECT r.n AS n, coalesce(r.late_ns, r.end_ns) AS at, r.origin AS origin, r.key AS key, r.user AS user,"
      " r.outcome AS outcome, r.late_ns IS NOT NULL AS late, coalesce((SELECT group_concat(target) FROM (SELECT "
      "DISTINCT"
      " target FROM calls WHERE request=r.id ORDER BY target)),'') AS targets, 1 AS requests FROM blocks b CROSS JOIN"
      " requests r ON {} WHERE{} AND coalesce(r.late_ns, r.end_ns) >= ?1 AND coalesce(r.late_ns, r.end_ns) < ?2",
      fmt::format(kInBlock, "r"), fmt::format(kBlocks, 0));
}

std::string window_rows() {
  std::string columns;
  for (const char* c : kWindows.sums) columns += fmt::format(", {}", c);
  return fmt::format(
      "SELECT begin_ns AS at, deployment, zone, 0 AS late{0} FROM windows WHERE late_ns IS NULL AND begin_ns >= ?1 AND"
      " begin_ns < ?2 UNION ALL SELECT late_ns, deployment, zone, 1{0} FROM windows WHERE late_ns IS NOT NULL AND"
      " late_ns >= ?1 AND late_ns < ?2",
      columns);
}

std::string avoided_rows() {
  constexpr auto kNoCall = "NOT EXISTS (SELECT 1 FROM calls k WHERE k.request=a.request AND k.beside=0)";
  constexpr auto kFirst =
      "NOT EXISTS (SELECT 1 FROM avoided k WHERE k.request=a.request AND k.step < a.step AND (k.late_ns IS NULL) ="
      " (a.late_ns IS NULL))";
  return fmt::format(
      "SELECT coalesce(a.late_ns, a.at_ns) AS at, r.origin AS origin, r.key AS key, r.user AS user, c.target AS target,"
      " a.step AS step, a.late_ns IS NOT NULL AS late, 1 AS requests, {0} AS without_call, {1} AS first_requests,"
      " {1} AND {0} AS first_without_call, a.tokens_in AS tokens_in, a.tokens_out AS tokens_out{2}, a.letter AS letter"
      " FROM blocks b CROSS JOIN avoided a ON {3} LEFT JOIN requests r ON r.id=a.request LEFT JOIN calls c ON"
      " c.request=a.request AND {4} WHERE{5} AND coalesce(a.late_ns, a.at_ns) >= ?1 AND coalesce(a.late_ns, a.at_ns) < "
      "?2",
      kNoCall, kFirst, figures("a.{0} AS {0}"), fmt::format(kInBlock, "a"), kServed, fmt::format(kBlocks, 2));
}

}  // namespace

const Source kCalls{"rolled_calls",
                    {"origin", "key", "user", "target", "letter", "late", "served"},
                    {"calls", "unsettled", "simulated", "counted", "tokens_in", "tokens_cached", "tokens_out",
                     "gpu_energy_uj", "energy_uj", "energy_low_uj", "energy_high_uj", "operational_ng", "embodied_ng",
                     "carbon_low_ng", "carbon_high_ng", "cost_neur"},
                    3,
                    "sum",
                    call_rows};
const Source kRequests{
    "rolled_requests", {"origin", "key", "user", "outcome", "late", "targets"}, {"requests"}, 3, "sum", request_rows};
const Source kWindows{"rolled_windows",
                      {"deployment", "zone", "late"},
                      {"unattributed_gpu_energy_uj", "unattributed_energy_uj", "unattributed_operational_ng",
                       "unattributed_embodied_ng", "unattributed_cost_neur", "foreign_gpu_energy_uj",
                       "foreign_energy_uj", "foreign_operational_ng", "foreign_embodied_ng", "foreign_cost_neur"},
                      0,
                      "sum",
                      window_rows};
const Source kAvoided{"rolled_avoided",
                      {"origin", "key", "user", "target", "step", "late"},
                      {"requests", "without_call", "first_requests", "first_without_call", "tokens_in", "tokens_out",
                       "gpu_energy_uj", "energy_uj", "energy_low_uj", "energy_high_uj", "operational_ng", "embodied_ng",
                       "carbon_low_ng", "carbon_high_ng", "cost_neur", "letter"},
                      3,
                      "max",
                      avoided_rows};

std::string Source::from(Level level) const {
  if (level == Level::rows) return fmt::format("({})", rows());
  return fmt::format(
      "(SELECT *, rowid AS n, slot*{1} AS at FROM {0} WHERE level={2} AND slot >= ?1/{1} AND slot < ?2/{1})", table,
      length_of(level), static_cast<int>(level));
}

std::string Source::sums_of(const char* alias) const {
  std::string out;
  for (const char* column : sums)
    out += fmt::format(", {}({}.{})", column == sums.back() ? last : "sum", alias, column);
  return out;
}

namespace {

constexpr size_t kMostGaps = 500;  // each is some queries of its own

class Cover {
 public:
  Cover(Database& db, bool totals) : db_(db), totals_(totals) {}

  Result<void> at(int level, int64_t from, int64_t until) {
    if (from >= until) return {};
    if (level < 0) {
      spans.push_back({Level::rows, from, until});
      return {};
    }
    const int64_t length = length_of(static_cast<Level>(level));
    const int64_t first = (from + length - 1) / length, end = until / length;
    auto runs = runs_of(level, first, end);
    if (!runs) return tl::unexpected(runs.error());
    for (const auto& [a, b] : *runs) {
      if (auto done = at(level - 1, from, a * length); !done) return done;
      const bool hours = static_cast<Level>(level) == Level::hours;
      spans.push_back({hours && totals_ ? Level::hour_totals : static_cast<Level>(level), a * length, b * length});
      from = b * length;
    }
    return at(level - 1, from, until);
  }

  std::vector<Span> spans;

 private:
  // The slots that are added up, from each first to the one after the last.
  Result<std::vector<std::pair<int64_t, int64_t>>> runs_of(int level, int64_t first, int64_t end) {
    std::vector<std::pair<int64_t, int64_t>> runs;
    if (first >= end) return runs;
    auto s = db_.prepare("SELECT slot FROM rolled WHERE level=? AND slot >= ? AND slot < ? ORDER BY slot");
    if (!s) return tl::unexpected(s.error());
    auto row = s->bind(int64_t{level}).bind(first).bind(end).step();
    for (; row && *row; row = s->step()) {
      const int64_t slot = s->integer(0);
      if (!runs.empty() && runs.back().second == slot)
        ++runs.back().second;
      else
        runs.emplace_back(slot, slot + 1);
    }
    if (!row) return tl::unexpected(row.error());
    return runs;
  }

  Database& db_;
  bool totals_;
};

}  // namespace

Result<std::vector<Span>> cover(Database& db, const ReportQuery& q, int64_t step, bool totals) {
  int longest = -1;
  for (const Level level : {Level::minutes, Level::tens, Level::hours, Level::days})
    if (step % length_of(level) == 0) longest = static_cast<int>(level);
  const int64_t from = std::max<int64_t>(0, unix_ns(q.since)), until = unix_ns(q.until);
  Cover c(db, totals);
  if (auto done = c.at(longest, from, until); !done) return tl::unexpected(done.error());
  if (c.spans.size() > kMostGaps) return std::vector<Span>{{Level::rows, from, until}};
  return std::move(c.spans);
}

}  // namespace trine::ledger

#include "ledger/report.h"

#include <algorithm>
#include <cmath>

#include "ledger/report_database.h"
#include "ledger/report_sql.h"
#include "ledger/schema.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

struct Grouping {
  By by;
  const char* name;
  const char* call;     // expression over calls c, targets t, requests r, origins o
  const char* request;  // over requests r, origins o alone; null: only calls know
  const char* window;   // over windows w; null: not a matter of devices
};

#define TRINE_IDENTITY(column) "coalesce((SELECT name FROM identities WHERE id=" column "),'')"
#define TRINE_HOUR(column) "strftime('%Y-%m-%dT%H:00:00Z'," column "/1000000000,'unixepoch')"

// Two names in one, apart by a character that is in none: names_of().
#define TRINE_BOTH(a, b) a "||char(31)||" b

constexpr Grouping kGroupings[] = {
    {By::none, "none", "''", "''", "''"},
    {By::workload, "workload", "coalesce(o.workload,'')", "o.workload", nullptr},
    {By::key, "key", TRINE_IDENTITY("r.key"), TRINE_IDENTITY("r.key"), nullptr},
    {By::user, "user", TRINE_IDENTITY("r.user"), TRINE_IDENTITY("r.user"), nullptr},
    {By::org, "org", TRINE_IDENTITY("o.org"), TRINE_IDENTITY("o.org"), nullptr},
    {By::team, "team", TRINE_IDENTITY("o.team"), TRINE_IDENTITY("o.team"), nullptr},
    {By::project, "project", TRINE_IDENTITY("o.project"), TRINE_IDENTITY("o.project"), nullptr},
    {By::route, "route", "coalesce(o.route,'')", "o.route", nullptr},
    {By::model, "model", "t.model", nullptr, nullptr},
    {By::deployment, "deployment", "t.deployment", nullptr, "w.deployment"},
    {By::zone, "zone", "t.zone", nullptr, "w.zone"},
    {By::hour, "hour", TRINE_HOUR("c.booked_ns"), TRINE_HOUR("coalesce(r.late_ns,r.end_ns)"),
     TRINE_HOUR("coalesce(w.late_ns,w.begin_ns)")},
    {By::step, "step", nullptr, nullptr, nullptr},
    {By::charge, "charge", TRINE_BOTH(TRINE_IDENTITY("o.team"), TRINE_IDENTITY("o.project")),
     TRINE_BOTH(TRINE_IDENTITY("o.team"), TRINE_IDENTITY("o.project")), nullptr},
    {By::place_hour, "place_hour", TRINE_BOTH("t.deployment", TRINE_BOTH("t.zone", TRINE_HOUR("c.booked_ns"))), nullptr,
     TRINE_BOTH("w.deployment", TRINE_BOTH("w.zone", TRINE_HOUR("coalesce(w.late_ns,w.begin_ns)")))},
};

constexpr auto kCorrectionHour = TRINE_HOUR("x.late_ns");
constexpr auto kCorrectionPlace = TRINE_BOTH("t.deployment", TRINE_BOTH("t.zone", TRINE_HOUR("x.late_ns")));
constexpr auto kGatewayHour = TRINE_HOUR("hour_ns");
constexpr auto kAvoidedHour = TRINE_HOUR("coalesce(a.late_ns,a.at_ns)");

#undef TRINE_IDENTITY
#undef TRINE_HOUR
#undef TRINE_BOTH

const Grouping& grouping(By by) {
  return *std::find_if(std::begin(kGroupings), std::end(kGroupings), [&](const Grouping& g) { return g.by == by; });
}

// The conditions of a query, and their values in order.
struct Filter {
  std::string sql;
  std::vector<std::string> texts;
  // `condition` with a ? for the value.
  void add(const std::optional<std::string>& value, std::string_view condition) {
    if (!value) return;
    sql += fmt::format(" AND {}", condition);
    texts.push_back(*value);
  }
  void bind(Statement& s, const ReportQuery& q) const {
    s.bind(unix_ns(q.since)).bind(unix_ns(q.until));
    for (const auto& t : texts) s.bind(std::string_view(t));
  }
};

constexpr auto kIsKey = "r.key = (SELECT id FROM identities WHERE kind='key' AND name=?)";

Filter call_filter(const ReportQuery& q) {
  Filter f;
  f.add(q.workload, "o.workload = ?");
  f.add(q.key, kIsKey);
  f.add(q.deployment, "t.deployment = ?");
  f.add(q.zone, "t.zone = ?");
  return f;
}

Filter request_filter(const ReportQuery& q) {
  Filter f;
  f.add(q.workload, "o.workload = ?");
  f.add(q.key, kIsKey);
  constexpr auto kSomeCall =
      "EXISTS (SELECT 1 FROM calls c JOIN targets t ON t.id=c.target WHERE c.request=r.id AND {})";
  f.add(q.deployment, fmt::format(kSomeCall, "t.deployment = ?"));
  f.add(q.zone, fmt::format(kSomeCall, "t.zone = ?"));
  return f;
}

Filter window_filter(const ReportQuery& q) {
  Filter f;
  f.add(q.deployment, "w.deployment = ?");
  f.add(q.zone, "w.zone = ?");
  return f;
}

using Rows = std::map<std::string, ReportRow>;

template <class F>
Result<void> each(Database& db, const std::string& sql, const Filter& filter, const ReportQuery& q, F&& row) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  filter.bind(*s, q);
  auto next = s->step();
  for (; next && *next; next = s->step()) row(*s);
  if (!next) return tl::unexpected(next.error());
  return {};
}

void add_figures(Sums& sums, const Statement& s, int column) {
  sums.gpu_energy += Energy::raw(s.integer(column));
  sums.energy += Energy::raw(s.integer(column + 1));
  sums.energy_low += Energy::raw(s.integer(column + 2));
  sums.energy_high += Energy::raw(s.integer(column + 3));
  sums.operational += Carbon::raw(s.integer(column + 4));
  sums.embodied += Carbon::raw(s.integer(column + 5));
  sums.carbon_low += Carbon::raw(s.integer(column + 6));
  sums.carbon_high += Carbon::raw(s.integer(column + 7));
  sums.cost += Money::raw(s.integer(column + 8));
}

// Columns as sum_calls() asks for them.
void add_calls(Rows& rows, const Statement& s) {
  auto& row = rows[s.text(0)];
  auto& sums = s.integer(2) != 0 ? row.prior.sums : row.sums;
  sums.calls += s.integer(4);
  sums.unsettled_calls += s.integer(5);
  sums.simulated_calls += s.integer(6);
  sums.counted_calls += s.integer(7);
  sums.in += s.integer(8);
  sums.cached += s.integer(9);
  sums.out += s.integer(10);
  add_figures(sums, s, 11);
  if (s.integer(3) != 0) {
    sums.served.calls += s.integer(4);
    sums.served.in += s.integer(8);
    sums.served.cached += s.integer(9);
    sums.served.out += s.integer(10);
  }
  const auto letter = s.text(1);
  if (!letter.empty()) sums.energy_by_letter[static_cast<energy::Letter>(letter[0])] += Energy::raw(s.integer(12));
}

Result<void> sum_calls(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  const auto filter = call_filter(q);
  std::string figures;
  for (const auto* column : kFigures) figures += fmt::format(", sum(coalesce(s.{0}, c.{0}))", column);
  const auto sql = fmt::format(
      "SELECT {} AS g, coalesce(s.letter, c.letter) AS l, c.late_ns IS NOT NULL AS late, {} AS served, count(*),"
      " sum(c.settled < 0), sum(c.simulated), sum(c.source), sum(c.tokens_in), sum(c.tokens_cached),"
      " sum(c.tokens_out){} FROM blocks b CROSS JOIN calls c"
      " ON {} JOIN targets t ON t.id=c.target LEFT JOIN requests r ON r.id=c.request LEFT JOIN origins o ON"
      " o.id=r.origin LEFT JOIN {} WHERE{} AND c.booked_ns >= ?1 AND c.booked_ns < ?2{} GROUP BY g, l, late, served",
      g.call, kServed, figures, fmt::format(kInBlock, "c"), kLatest, fmt::format(kBlocks, 1), filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) { add_calls(rows, s); });
}

Result<void> sum_corrections(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  const auto filter = call_filter(q);
  std::string figures;
  for (const auto* column : kFigures) figures += fmt::format(", sum(x.{})", column);
  const auto sql = fmt::format(
      "SELECT {} AS g, count(*){} FROM corrections x LEFT JOIN calls c ON c.request=x.request AND c.attempt=x.attempt"
      " LEFT JOIN targets t ON t.id=c.target LEFT JOIN requests r ON r.id=c.request LEFT JOIN origins o ON"
      " o.id=r.origin WHERE x.late_ns >= ?1 AND x.late_ns < ?2{} GROUP BY g",
      g.by == By::hour         ? kCorrectionHour
      : g.by == By::place_hour ? kCorrectionPlace
                               : g.call,
      figures, filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) {
    auto& prior = rows[s.text(0)].prior;
    prior.corrections += s.integer(1);
    add_figures(prior.sums, s, 2);
  });
}

void add_requests(Rows& rows, const Statement& s) {
  auto& row = rows[s.text(0)];
  auto& sums = s.integer(2) != 0 ? row.prior.sums : row.sums;
  const auto outcome = static_cast<size_t>(s.integer(1));
  sums.requests += s.integer(3);
  if (outcome < sums.outcomes.size()) sums.outcomes[outcome] += s.integer(3);
}

Result<void> count_requests(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  if (g.by == By::place_hour) return {};
  const auto filter = request_filter(q);
  const auto from =
      fmt::format("blocks b CROSS JOIN requests r ON {} JOIN origins o ON o.id=r.origin", fmt::format(kInBlock, "r"));
  const auto where = fmt::format("{} AND coalesce(r.late_ns, r.end_ns) >= ?1 AND coalesce(r.late_ns, r.end_ns) < ?2{}",
                                 fmt::format(kBlocks, 0), filter.sql);
  // Where only calls know the group, a request counts once in each group that it touched.
  const auto sql = g.request
                       ? fmt::format(
                             "SELECT {} AS g, r.outcome, r.late_ns IS NOT NULL AS late, count(*) FROM {} WHERE{} GROUP"
                             " BY g, r.outcome, late",
                             g.request, from, where)
                       : fmt::format(
                             "SELECT {} AS g, r.outcome, r.late_ns IS NOT NULL AS late, count(DISTINCT r.id) FROM {}"
                             " JOIN calls c ON c.request=r.id JOIN targets t ON t.id=c.target WHERE{} GROUP BY g,"
                             " r.outcome, late",
                             g.call, from, where);
  return each(db, sql, filter, q, [&](const Statement& s) { add_requests(rows, s); });
}

// Columns: group, late, five amounts of unattributed and five of foreign.
void add_windows(Rows& rows, const Statement& s) {
  auto& row = rows[s.text(0)];
  const bool late = s.integer(1) != 0;
  int column = 2;
  for (auto* share : {late ? &row.prior.unattributed : &row.unattributed, late ? &row.prior.foreign : &row.foreign}) {
    share->gpu_energy += Energy::raw(s.integer(column++));
    share->energy += Energy::raw(s.integer(column++));
    share->operational += Carbon::raw(s.integer(column++));
    share->embodied += Carbon::raw(s.integer(column++));
    share->cost += Money::raw(s.integer(column++));
  }
}

Result<void> sum_windows(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  if (!g.window || q.workload || q.key) return {};
  const auto filter = window_filter(q);
  std::string columns;
  for (const auto* line : {"unattributed", "foreign"}) {
    columns += fmt::format(
        ", sum({0}_gpu_energy_uj), sum({0}_energy_uj), sum({0}_operational_ng), sum({0}_embodied_ng), "
        "sum({0}_cost_neur)",
        line);
  }
  for (const bool late : {false, true}) {
    const auto sql =
        fmt::format("SELECT {} AS g, {}{} FROM windows w WHERE {} AND w.{}_ns >= ?1 AND w.{}_ns < ?2{} GROUP BY g",
                    g.window, late ? 1 : 0, columns, late ? "w.late_ns IS NOT NULL" : "w.late_ns IS NULL",
                    late ? "late" : "begin", late ? "late" : "begin", filter.sql);
    if (auto done = each(db, sql, filter, q, [&](const Statement& s) { add_windows(rows, s); }); !done) return done;
  }
  return {};
}

// The same of hours that are added up (rollup.cc): `q` has full hours, of which those count that are.
constexpr auto kRolledHour = "strftime('%Y-%m-%dT%H:00:00Z',{}.hour*3600,'unixepoch')";
constexpr auto kRolled =
    " {0}.hour >= ?1/3600000000000 AND {0}.hour < ?2/3600000000000 AND {0}.hour IN (SELECT hour FROM rolled_hours)";

std::string rolled_group(const Grouping& g, const char* sql, const char* table) {
  const std::string hour = fmt::format(fmt::runtime(kRolledHour), table);
  if (g.by == By::hour) return hour;
  if (g.by != By::place_hour) return sql;
  const char* place = table == std::string_view("w") ? "w" : "t";
  return fmt::format("{0}.deployment||char(31)||{0}.zone||char(31)||{1}", place, hour);
}

Result<void> sum_rolled_calls(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  const auto filter = call_filter(q);
  std::string figures;
  for (const auto* column : kFigures) figures += fmt::format(", sum(r.{})", column);
  const auto sql = fmt::format(
      "SELECT {} AS g, r.letter AS l, r.late, r.served, sum(r.calls), sum(r.unsettled), sum(r.simulated),"
      " sum(r.counted), sum(r.tokens_in), sum(r.tokens_cached), sum(r.tokens_out){} FROM hour_calls r JOIN targets t ON"
      " t.id=r.target LEFT JOIN origins o ON o.id=r.origin WHERE{}{} GROUP BY g, l, r.late, r.served",
      rolled_group(g, g.call, "r"), figures, fmt::format(fmt::runtime(kRolled), "r"), filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) { add_calls(rows, s); });
}

Result<void> count_rolled_requests(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  if (g.by == By::place_hour) return {};
  Filter filter;
  filter.add(q.workload, "o.workload = ?");
  filter.add(q.key, kIsKey);
  constexpr auto kSomeTarget =
      "EXISTS (SELECT 1 FROM json_each('['||r.targets||']') j JOIN targets t ON t.id=j.value WHERE {})";
  filter.add(q.deployment, fmt::format(kSomeTarget, "t.deployment = ?"));
  filter.add(q.zone, fmt::format(kSomeTarget, "t.zone = ?"));
  const auto where = fmt::format(fmt::runtime(kRolled), "r") + filter.sql;
  const auto sql = g.request
                       ? fmt::format(
                             "SELECT {} AS g, r.outcome, r.late, sum(r.requests) FROM hour_requests r JOIN origins o ON"
                             " o.id=r.origin WHERE{} GROUP BY g, r.outcome, r.late",
                             rolled_group(g, g.request, "r"), where)
                       : fmt::format(
                             "SELECT g, outcome, late, sum(requests) FROM (SELECT DISTINCT r.rowid, {} AS g, r.outcome"
                             " AS outcome, r.late AS late, r.requests AS requests FROM hour_requests r JOIN origins o"
                             " ON o.id=r.origin JOIN json_each('['||r.targets||']') j JOIN targets t ON t.id=j.value"
                             " WHERE{}) GROUP BY g, outcome, late",
                             g.call, where);
  return each(db, sql, filter, q, [&](const Statement& s) { add_requests(rows, s); });
}

Result<void> sum_rolled_windows(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  if (!g.window || q.workload || q.key) return {};
  const auto filter = window_filter(q);
  std::string columns;
  for (const auto* line : {"unattributed", "foreign"})
    for (const auto* column : {"gpu_energy_uj", "energy_uj", "operational_ng", "embodied_ng", "cost_neur"})
      columns += fmt::format(", sum(w.{}_{})", line, column);
  const auto sql =
      fmt::format("SELECT {} AS g, w.late{} FROM hour_windows w WHERE{}{} GROUP BY g, w.late",
                  rolled_group(g, g.window, "w"), columns, fmt::format(fmt::runtime(kRolled), "w"), filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) { add_windows(rows, s); });
}

// A period as the hours in it that are added up, and the times between them.
struct Parts {
  std::vector<ReportQuery> row_by_row;
  std::optional<ReportQuery> added_up;
};
Result<Parts> parts_of(Database& db, const ReportQuery& q) {
  constexpr size_t kMostGaps = 64;  // each is a query of its own
  const int64_t since = unix_ns(q.since), until = unix_ns(q.until);
  const int64_t first = (since + kHourNs - 1) / kHourNs, end = until / kHourNs;
  Parts parts;
  const auto gap = [&](int64_t from, int64_t to) {
    if (from >= to) return;
    parts.row_by_row.push_back(q);
    parts.row_by_row.back().since = from_unix_ns(from);
    parts.row_by_row.back().until = from_unix_ns(to);
  };
  auto s = db.prepare("SELECT hour FROM rolled_hours WHERE hour >= ? AND hour < ? ORDER BY hour");
  if (!s) return tl::unexpected(s.error());
  auto row = s->bind(first).bind(end).step();
  int64_t at = since;
  for (; row && *row; row = s->step()) {
    gap(at, s->integer(0) * kHourNs);
    at = (s->integer(0) + 1) * kHourNs;
  }
  if (!row) return tl::unexpected(row.error());
  if (at == since || parts.row_by_row.size() >= kMostGaps) return Parts{{q}, std::nullopt};
  gap(at, until);
  parts.added_up = q;
  parts.added_up->since = from_unix_ns(first * kHourNs);
  parts.added_up->until = from_unix_ns(end * kHourNs);
  return parts;
}

// Of a part of an hour its part.
Result<void> sum_gateway(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  if ((g.by != By::none && g.by != By::hour) || q.workload || q.key || q.deployment || q.zone) return {};
  constexpr int64_t kHour = 3'600'000'000'000;
  const auto sql = fmt::format(
      "SELECT {} AS g, from_ns, until_ns, cpu_ns, energy_uj, energy_low_uj, energy_high_uj, carbon_ng, carbon_low_ng,"
      " carbon_high_ng FROM gateway_use WHERE hour_ns > ?1 - {} AND hour_ns < ?2 AND until_ns > ?1 AND from_ns < ?2",
      g.by == By::hour ? kGatewayHour : "''", kHour);
  return each(db, sql, Filter{}, q, [&](const Statement& s) {
    auto& sum = rows[s.text(0)].gateway;
    const auto from = s.integer(1), until = s.integer(2);
    const auto asked = std::min(until, unix_ns(q.until)) - std::max(from, unix_ns(q.since));
    const double part = static_cast<double>(asked) / static_cast<double>(until - from);
    sum.cpu += Nanos(std::llround(static_cast<double>(s.integer(3)) * part));
    sum.energy += scale(Energy::raw(s.integer(4)), part);
    sum.energy_low += scale(Energy::raw(s.integer(5)), part);
    sum.energy_high += scale(Energy::raw(s.integer(6)), part);
    sum.carbon += scale(Carbon::raw(s.integer(7)), part);
    sum.carbon_low += scale(Carbon::raw(s.integer(8)), part);
    sum.carbon_high += scale(Carbon::raw(s.integer(9)), part);
  });
}

const char* avoided_group(const Grouping& g) {
  switch (g.by) {
    case By::step:
      return "a.step";
    case By::hour:
      return kAvoidedHour;
    default:
      return g.request ? g.request : g.call;
  }
}

Result<void> sum_avoided(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  if (g.by == By::place_hour) return {};
  const auto filter = call_filter(q);
  std::string figures;
  for (const auto* column : kFigures) figures += fmt::format(", sum(a.{})", column);
  const auto served =
      fmt::format(" LEFT JOIN calls c ON c.request=a.request AND {} LEFT JOIN targets t ON t.id=c.target", kServed);
  const bool by_call = (!g.request && g.call) || q.deployment || q.zone;
  const auto sql = fmt::format(
      "SELECT {} AS g, a.late_ns IS NOT NULL AS late, count(DISTINCT a.request), count(DISTINCT CASE WHEN NOT EXISTS"
      " (SELECT 1 FROM calls k WHERE k.request=a.request) THEN a.request END), sum(a.tokens_in), sum(a.tokens_out),"
      " max(a.letter){} FROM blocks b CROSS JOIN avoided a ON {} LEFT JOIN requests r ON r.id=a.request LEFT JOIN"
      " origins o ON o.id=r.origin{} WHERE{} AND coalesce(a.late_ns, a.at_ns) >= ?1 AND"
      " coalesce(a.late_ns, a.at_ns) < ?2{} GROUP BY g, late",
      avoided_group(g), figures, fmt::format(kInBlock, "a"), by_call ? served : "", fmt::format(kBlocks, 2),
      filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) {
    auto& row = rows[s.text(0)];
    auto& sum = s.integer(1) != 0 ? row.prior.avoided : row.avoided;
    sum.requests = s.integer(2);
    sum.without_call = s.integer(3);
    sum.in = s.integer(4);
    sum.out = s.integer(5);
    sum.figures = read_figures(s, 7);
    const auto letter = s.text(6);
    if (!letter.empty()) sum.figures.letter = static_cast<energy::Letter>(letter[0]);
  });
}

Result<Rows> collect(Database& db, const ReportQuery& q, By by) {
  Rows rows;
  const auto& g = grouping(by);
  if (by != By::step) {
    const auto parts = parts_of(db, q);
    if (!parts) return tl::unexpected(parts.error());
    for (const ReportQuery& piece : parts->row_by_row)
      for (auto* part : {&sum_calls, &count_requests, &sum_windows})
        if (auto done = part(db, piece, g, rows); !done) return tl::unexpected(done.error());
    if (parts->added_up)
      for (auto* part : {&sum_rolled_calls, &count_rolled_requests, &sum_rolled_windows})
        if (auto done = part(db, *parts->added_up, g, rows); !done) return tl::unexpected(done.error());
    for (auto* part : {&sum_corrections, &sum_gateway})
      if (auto done = part(db, q, g, rows); !done) return tl::unexpected(done.error());
  }
  if (auto done = sum_avoided(db, q, g, rows); !done) return tl::unexpected(done.error());
  for (auto& [name, row] : rows) row.name = name;
  return rows;
}

}  // namespace

Result<Database> open_report_database(const std::filesystem::path& dir) {
  const auto file = dir / "ledger.db";
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) {
    return fail(Code::not_found, "there is no ledger in {}; has the gateway run with this ledger.dir?", dir.string());
  }
  auto db = Database::open(file, Database::Mode::read_only);
  if (!db) return db;
  if (auto known = check_schema(*db); !known) return tl::unexpected(known.error());
  if (auto begun = db->exec("BEGIN"); !begun) return tl::unexpected(begun.error());  // one state for all queries
  return db;
}

const char* name(By by) {
  return grouping(by).name;
}

const char* call_group(By by) {
  return grouping(by).call;
}

const char* window_group(By by) {
  return grouping(by).window;
}

std::optional<By> parse_by(std::string_view text) {
  for (const auto& g : kGroupings) {
    if (text == g.name) return g.by;
  }
  return {};
}

std::vector<std::string> names_of(const std::string& row) {
  std::vector<std::string> names(1);
  for (const char c : row) {
    if (c == '\x1f')
      names.emplace_back();
    else
      names.back() += c;
  }
  return names;
}

std::optional<energy::Letter> Sums::letter() const {
  if (energy.raw() <= 0) return {};
  std::optional<energy::Letter> lowest;
  for (const auto& [letter, share] : energy_by_letter) {  // best first
    if (static_cast<double>(share.raw()) > 0.05 * static_cast<double>(energy.raw())) lowest = letter;
  }
  return lowest;
}

bool PriorPeriod::any() const {
  using Share = energy::DeviceWindow::Share;
  return sums.requests + sums.calls + corrections + avoided.requests > 0 || unattributed != Share{} ||
         foreign != Share{};
}

Result<Report> Reports::query(const ReportQuery& query) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  Report report;
  report.query = query;
  auto total = collect(*db, query, By::none);
  if (!total) return tl::unexpected(total.error());
  if (!total->empty()) report.total = total->begin()->second;
  report.total.name = "total";
  report.simulated = report.total.sums.simulated_calls + report.total.prior.sums.simulated_calls > 0;
  if (query.by == By::none) return report;
  auto rows = collect(*db, query, query.by);
  if (!rows) return tl::unexpected(rows.error());
  for (auto& [name, row] : *rows) report.rows.push_back(std::move(row));
  return report;
}

}  // namespace trine::ledger

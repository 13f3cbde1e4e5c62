#include "ledger/report.h"

#include <algorithm>
#include <cmath>

#include "ledger/report_database.h"
#include "ledger/report_rows.h"
#include "ledger/report_sources.h"
#include "ledger/schema.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

// Expressions over a source's rows r (report_sources.h), targets t and origins o.
struct Grouping {
  By by;
  const char* name;
  const char* call;
  const char* request;  // without t; null: only calls know
  const char* window;   // r alone; null: not a matter of devices
};

#define TRINE_IDENTITY(column) "coalesce((SELECT name FROM identities WHERE id=" column "),'')"
#define TRINE_HOUR(column) "strftime('%Y-%m-%dT%H:00:00Z'," column "/1000000000,'unixepoch')"

// Two names in one, apart by a character that is in none: names_of().
#define TRINE_BOTH(a, b) a "||char(31)||" b

// A team is its organisation's, a project its team's: of another they are others, whatever their names.
#define TRINE_ORG TRINE_IDENTITY("o.org")
#define TRINE_TEAM TRINE_BOTH(TRINE_ORG, TRINE_IDENTITY("o.team"))
#define TRINE_PROJECT TRINE_BOTH(TRINE_TEAM, TRINE_IDENTITY("o.project"))
#define TRINE_WHERE(id, path) "CASE WHEN " id " > 0 THEN " path " ELSE '' END"

constexpr Grouping kGroupings[] = {
    {By::none, "none", "''", "''", "''"},
    {By::workload, "workload", "coalesce(o.workload,'')", "o.workload", nullptr},
    {By::key, "key", TRINE_IDENTITY("r.key"), TRINE_IDENTITY("r.key"), nullptr},
    {By::user, "user", TRINE_IDENTITY("r.user"), TRINE_IDENTITY("r.user"), nullptr},
    {By::org, "org", TRINE_ORG, TRINE_ORG, nullptr},
    {By::team, "team", TRINE_WHERE("o.team", TRINE_TEAM), TRINE_WHERE("o.team", TRINE_TEAM), nullptr},
    {By::project, "project", TRINE_WHERE("o.project", TRINE_PROJECT), TRINE_WHERE("o.project", TRINE_PROJECT), nullptr},
    {By::route, "route", "coalesce(o.route,'')", "o.route", nullptr},
    {By::model, "model", "t.model", nullptr, nullptr},
    {By::deployment, "deployment", "t.deployment", nullptr, "r.deployment"},
    {By::zone, "zone", "t.zone", nullptr, "r.zone"},
    {By::hour, "hour", TRINE_HOUR("r.at"), TRINE_HOUR("r.at"), TRINE_HOUR("r.at")},
    {By::step, "step", nullptr, nullptr, nullptr},
    {By::charge, "charge", TRINE_PROJECT, TRINE_PROJECT, nullptr},
    {By::place_hour, "place_hour", TRINE_BOTH("t.deployment", TRINE_BOTH("t.zone", TRINE_HOUR("r.at"))), nullptr,
     TRINE_BOTH("r.deployment", TRINE_BOTH("r.zone", TRINE_HOUR("r.at")))},
};

constexpr auto kCorrectionHour = TRINE_HOUR("x.late_ns");
constexpr auto kCorrectionPlace = TRINE_BOTH("t.deployment", TRINE_BOTH("t.zone", TRINE_HOUR("x.late_ns")));
constexpr auto kGatewayHour = TRINE_HOUR("hour_ns");

#undef TRINE_IDENTITY
#undef TRINE_HOUR
#undef TRINE_BOTH
#undef TRINE_ORG
#undef TRINE_TEAM
#undef TRINE_PROJECT
#undef TRINE_WHERE

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
  void bind(Statement& s, int64_t from, int64_t until) const {
    s.bind(from).bind(until);
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
  constexpr auto kSomeTarget =
      "EXISTS (SELECT 1 FROM json_each('['||r.targets||']') j JOIN targets t ON t.id=j.value WHERE {})";
  f.add(q.deployment, fmt::format(kSomeTarget, "t.deployment = ?"));
  f.add(q.zone, fmt::format(kSomeTarget, "t.zone = ?"));
  return f;
}

Filter window_filter(const ReportQuery& q) {
  Filter f;
  f.add(q.deployment, "r.deployment = ?");
  f.add(q.zone, "r.zone = ?");
  return f;
}

using Rows = std::map<std::string, ReportRow>;

template <class F>
Result<void> each(Database& db, const std::string& sql, const Filter& filter, const Span& span, F&& row) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  filter.bind(*s, span.from, span.until);
  auto next = s->step();
  for (; next && *next; next = s->step()) row(*s);
  if (!next) return tl::unexpected(next.error());
  return {};
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

Result<void> sum_calls(Database& db, const ReportQuery& q, const Span& span, const Grouping& g, Rows& rows) {
  const auto filter = call_filter(q);
  const auto sql = fmt::format(
      "SELECT {} AS g, r.letter, r.late, r.served{} FROM {} r LEFT JOIN targets t ON t.id=r.target LEFT JOIN origins o"
      " ON o.id=r.origin WHERE 1{} GROUP BY g, r.letter, r.late, r.served",
      g.call, kCalls.sums_of("r"), kCalls.from(span.level), filter.sql);
  return each(db, sql, filter, span, [&](const Statement& s) { add_calls(rows, s); });
}

Result<void> sum_corrections(Database& db, const ReportQuery& q, const Span& whole, const Grouping& g, Rows& rows) {
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
  return each(db, sql, filter, whole, [&](const Statement& s) {
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

Result<void> count_requests(Database& db, const ReportQuery& q, const Span& span, const Grouping& g, Rows& rows) {
  if (g.by == By::place_hour) return {};
  // Where only calls know the group, a request counts once in each group that it touched, of those asked for.
  const auto filter = g.request ? request_filter(q) : call_filter(q);
  const auto from = fmt::format("{} r LEFT JOIN origins o ON o.id=r.origin", kRequests.from(span.level));
  const auto sql =
      g.request
          ? fmt::format(
                "SELECT {} AS g, r.outcome, r.late, sum(r.requests) FROM {} WHERE 1{} GROUP BY g, r.outcome, r.late",
                g.request, from, filter.sql)
          : fmt::format(
                "SELECT g, outcome, late, sum(requests) FROM (SELECT DISTINCT r.n, {} AS g, r.outcome AS outcome,"
                " r.late AS late, r.requests AS requests FROM {} JOIN json_each('['||r.targets||']') j JOIN"
                " targets t ON t.id=j.value WHERE 1{}) GROUP BY g, outcome, late",
                g.call, from, filter.sql);
  return each(db, sql, filter, span, [&](const Statement& s) { add_requests(rows, s); });
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

Result<void> sum_windows(Database& db, const ReportQuery& q, const Span& span, const Grouping& g, Rows& rows) {
  if (!g.window || q.workload || q.key) return {};
  const auto filter = window_filter(q);
  const auto sql = fmt::format("SELECT {} AS g, r.late{} FROM {} r WHERE 1{} GROUP BY g, r.late", g.window,
                               kWindows.sums_of("r"), kWindows.from(span.level), filter.sql);
  return each(db, sql, filter, span, [&](const Statement& s) { add_windows(rows, s); });
}

// Of a part of an hour its part.
Result<void> sum_gateway(Database& db, const ReportQuery& q, const Span& whole, const Grouping& g, Rows& rows) {
  if ((g.by != By::none && g.by != By::hour) || q.workload || q.key || q.deployment || q.zone) return {};
  const auto sql = fmt::format(
      "SELECT {} AS g, from_ns, until_ns, cpu_ns, energy_uj, energy_low_uj, energy_high_uj, carbon_ng, carbon_low_ng,"
      " carbon_high_ng FROM gateway_use WHERE hour_ns > ?1 - {} AND hour_ns < ?2 AND until_ns > ?1 AND from_ns < ?2",
      g.by == By::hour ? kGatewayHour : "''", kHourNs);
  return each(db, sql, Filter{}, whole, [&](const Statement& s) {
    auto& sum = rows[s.text(0)].gateway;
    const auto from = s.integer(1), until = s.integer(2);
    const auto asked = std::min(until, whole.until) - std::max(from, whole.from);
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

Result<void> sum_avoided(Database& db, const ReportQuery& q, const Span& span, const Grouping& g, Rows& rows) {
  if (g.by == By::place_hour) return {};
  const auto filter = call_filter(q);
  const bool by_step = g.by == By::step;
  const auto sql = fmt::format(
      "SELECT {} AS g, r.late{} FROM {} r LEFT JOIN targets t ON t.id=r.target LEFT JOIN origins o ON o.id=r.origin"
      " WHERE 1{} GROUP BY g, r.late",
      by_step     ? "r.step"
      : g.request ? g.request
                  : g.call,
      kAvoided.sums_of("r"), kAvoided.from(span.level), filter.sql);
  return each(db, sql, filter, span, [&](const Statement& s) {
    auto& row = rows[s.text(0)];
    auto& sum = s.integer(1) != 0 ? row.prior.avoided : row.avoided;
    const bool first = sum == AvoidedSums{};
    sum.requests += s.integer(by_step ? 2 : 4);
    sum.without_call += s.integer(by_step ? 3 : 5);
    sum.in += s.integer(6);
    sum.out += s.integer(7);
    add_figures(sum.figures, s, 8);
    const auto letter = s.text(17);
    if (letter.empty()) return;
    const auto worst = static_cast<energy::Letter>(letter[0]);
    sum.figures.letter = first ? worst : std::max(sum.figures.letter, worst);
  });
}

Result<Rows> collect(Database& db, const ReportQuery& q, By by) {
  Rows rows;
  const auto& g = grouping(by);
  const Span whole{Level::rows, unix_ns(q.since), unix_ns(q.until)};
  const bool hourly = by == By::hour || by == By::place_hour;
  const auto spans = cover(db, q, hourly ? kHourNs : 24 * kHourNs, of_totals(q, by));
  if (!spans) return tl::unexpected(spans.error());
  for (const Span& span : *spans) {
    if (by != By::step) {
      for (auto* part : {&sum_calls, &count_requests, &sum_windows})
        if (auto done = part(db, q, span, g, rows); !done) return tl::unexpected(done.error());
    }
    if (auto done = sum_avoided(db, q, span, g, rows); !done) return tl::unexpected(done.error());
  }
  if (by != By::step) {
    for (auto* part : {&sum_corrections, &sum_gateway})
      if (auto done = part(db, q, whole, g, rows); !done) return tl::unexpected(done.error());
  }
  for (auto& [name, row] : rows) row.name = name;
  return rows;
}

// Not a time, nor several names in one: others' code reads those.
bool is_name(By by) {
  return by != By::hour && by != By::step && by != By::charge && by != By::place_hour;
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

bool of_totals(const ReportQuery& q, By by) {
  if (q.workload || q.key) return false;
  for (const By total : {By::none, By::model, By::deployment, By::zone, By::hour, By::step, By::place_hour})
    if (by == total) return true;
  return false;
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

std::string shown_name(By by, std::string row) {
  if (by != By::team && by != By::project) return row;
  row.erase(0, std::min(row.find_first_not_of('\x1f'), row.size()));
  std::replace(row.begin(), row.end(), '\x1f', '/');
  return row;
}

int64_t Sums::answered() const {
  return requests - outcomes[static_cast<size_t>(energy::Outcome::failed)] -
         outcomes[static_cast<size_t>(energy::Outcome::refused)];
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
  auto all = this->query(query, {query.by});
  if (!all) return tl::unexpected(all.error());
  return std::move(all->front());
}

Result<std::vector<Report>> Reports::query(const ReportQuery& query, std::initializer_list<By> groupings) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  Report whole;
  whole.query = query;
  const auto total = collect(*db, query, By::none);
  if (!total) return tl::unexpected(total.error());
  if (!total->empty()) whole.total = total->begin()->second;
  whole.total.name = "total";
  whole.simulated = whole.total.sums.simulated_calls + whole.total.prior.sums.simulated_calls > 0;
  std::vector<Report> all;
  for (const By by : groupings) {
    Report& report = all.emplace_back(whole);
    report.query.by = by;
    if (by == By::none) continue;
    auto rows = collect(*db, query, by);
    if (!rows) return tl::unexpected(rows.error());
    put_rows(std::move(*rows), is_name(by) ? query.most_rows : 0, report);
    for (auto& row : report.rows) row.name = shown_name(by, std::move(row.name));
  }
  return all;
}

}  // namespace trine::ledger

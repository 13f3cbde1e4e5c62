#include "ledger/report.h"

#include <algorithm>

#include "ledger/batch.h"
#include "ledger/report_database.h"
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
    {By::hour, "hour", TRINE_HOUR("c.booked_ns"), TRINE_HOUR("r.end_ns"), TRINE_HOUR("w.begin_ns")},
};

#undef TRINE_IDENTITY
#undef TRINE_HOUR

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

// The rows of a table whose times may lie in the period, by the table `blocks`.
constexpr auto kBlocks = " b.kind={} AND b.high_ns >= ?1 AND b.low_ns < ?2";
constexpr auto kInBlock = "{0}.n >= b.block*4096 AND {0}.n < (b.block+1)*4096";

Result<void> sum_calls(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  const auto filter = call_filter(q);
  // The latest settlement: the call's own first one, unless a later one has replaced it.
  std::string figures;
  for (const auto* column : {"gpu_energy_uj", "energy_uj", "energy_low_uj", "energy_high_uj", "operational_ng",
                             "embodied_ng", "carbon_low_ng", "carbon_high_ng", "cost_neur"}) {
    figures += fmt::format(", sum(coalesce(s.{0}, c.{0}))", column);
  }
  const auto sql = fmt::format(
      "SELECT {} AS g, coalesce(s.letter, c.letter) AS l, count(*), sum(c.settled < 0), sum(c.simulated),"
      " sum(c.source), sum(c.tokens_in), sum(c.tokens_cached), sum(c.tokens_out){} FROM blocks b CROSS JOIN calls c"
      " ON {} JOIN targets t ON t.id=c.target LEFT JOIN requests r ON r.id=c.request LEFT JOIN origins o ON"
      " o.id=r.origin LEFT JOIN later_settlements s ON s.request=c.request AND s.attempt=c.attempt AND"
      " s.version=c.settled AND c.settled IS NOT c.first_version"
      " WHERE{} AND c.booked_ns >= ?1 AND c.booked_ns < ?2{} GROUP BY g, l",
      g.call, figures, fmt::format(kInBlock, "c"), fmt::format(kBlocks, 1), filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) {
    auto& sums = rows[s.text(0)].sums;
    sums.calls += s.integer(2);
    sums.unsettled_calls += s.integer(3);
    sums.simulated_calls += s.integer(4);
    sums.counted_calls += s.integer(5);
    sums.in += s.integer(6);
    sums.cached += s.integer(7);
    sums.out += s.integer(8);
    sums.gpu_energy += Energy::raw(s.integer(9));
    sums.energy += Energy::raw(s.integer(10));
    sums.energy_low += Energy::raw(s.integer(11));
    sums.energy_high += Energy::raw(s.integer(12));
    sums.operational += Carbon::raw(s.integer(13));
    sums.embodied += Carbon::raw(s.integer(14));
    sums.carbon_low += Carbon::raw(s.integer(15));
    sums.carbon_high += Carbon::raw(s.integer(16));
    sums.cost += Money::raw(s.integer(17));
    const auto letter = s.text(1);
    if (!letter.empty()) {
      sums.energy_by_letter[static_cast<energy::Letter>(letter[0])] += Energy::raw(s.integer(10));
    }
  });
}

Result<void> count_requests(Database& db, const ReportQuery& q, const Grouping& g, Rows& rows) {
  const auto filter = request_filter(q);
  const auto from =
      fmt::format("blocks b CROSS JOIN requests r ON {} JOIN origins o ON o.id=r.origin", fmt::format(kInBlock, "r"));
  const auto where = fmt::format("{} AND r.end_ns >= ?1 AND r.end_ns < ?2{}", fmt::format(kBlocks, 0), filter.sql);
  // Where only calls know the group, a request counts once in each group that it touched.
  const auto sql = g.request
                       ? fmt::format("SELECT {} AS g, r.outcome, count(*) FROM {} WHERE{} GROUP BY g, r.outcome",
                                     g.request, from, where)
                       : fmt::format(
                             "SELECT {} AS g, r.outcome, count(DISTINCT r.id) FROM {} JOIN calls c ON c.request=r.id"
                             " JOIN targets t ON t.id=c.target WHERE{} GROUP BY g, r.outcome",
                             g.call, from, where);
  return each(db, sql, filter, q, [&](const Statement& s) {
    auto& sums = rows[s.text(0)].sums;
    const auto outcome = static_cast<size_t>(s.integer(1));
    sums.requests += s.integer(2);
    if (outcome < sums.outcomes.size()) sums.outcomes[outcome] += s.integer(2);
  });
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
  const auto sql = fmt::format("SELECT {} AS g{} FROM windows w WHERE w.begin_ns >= ? AND w.begin_ns < ?{} GROUP BY g",
                               g.window, columns, filter.sql);
  return each(db, sql, filter, q, [&](const Statement& s) {
    auto& row = rows[s.text(0)];
    int column = 1;
    for (auto* share : {&row.unattributed, &row.foreign}) {
      share->gpu_energy = Energy::raw(s.integer(column++));
      share->energy = Energy::raw(s.integer(column++));
      share->operational = Carbon::raw(s.integer(column++));
      share->embodied = Carbon::raw(s.integer(column++));
      share->cost = Money::raw(s.integer(column++));
    }
  });
}

Result<Rows> collect(Database& db, const ReportQuery& q, By by) {
  Rows rows;
  const auto& g = grouping(by);
  for (auto* part : {&sum_calls, &count_requests, &sum_windows}) {
    if (auto done = part(db, q, g, rows); !done) return tl::unexpected(done.error());
  }
  for (auto& [name, row] : rows) row.name = name;
  return rows;
}

Result<std::vector<energy::Settlement>> settlements_of(Database& db, const CallId& id) {
  auto s = db.prepare(
      "SELECT version, basis, booked_ns, gpu_energy_uj, energy_uj, energy_low_uj, energy_high_uj, operational_ng,"
      " embodied_ng, carbon_low_ng, carbon_high_ng, cost_neur, letter FROM settlements WHERE request=? AND attempt=?"
      " ORDER BY version");
  if (!s) return tl::unexpected(s.error());
  const IdBytes bytes(id.request);
  s->blob(bytes).bind(static_cast<int64_t>(id.attempt));
  std::vector<energy::Settlement> all;
  auto row = s->step();
  for (; row && *row; row = s->step()) {
    energy::Settlement one;
    one.call = id;
    one.version = static_cast<uint32_t>(s->integer(0));
    one.basis = static_cast<energy::Basis>(s->integer(1));
    one.booked_at = from_unix_ns(s->integer(2));
    one.figures.gpu_energy = Energy::raw(s->integer(3));
    one.figures.energy = Energy::raw(s->integer(4));
    one.figures.energy_low = Energy::raw(s->integer(5));
    one.figures.energy_high = Energy::raw(s->integer(6));
    one.figures.operational = Carbon::raw(s->integer(7));
    one.figures.embodied = Carbon::raw(s->integer(8));
    one.figures.carbon_low = Carbon::raw(s->integer(9));
    one.figures.carbon_high = Carbon::raw(s->integer(10));
    one.figures.cost = Money::raw(s->integer(11));
    const auto letter = s->text(12);
    if (!letter.empty()) one.figures.letter = static_cast<energy::Letter>(letter[0]);
    all.push_back(one);
  }
  if (!row) return tl::unexpected(row.error());
  return all;
}

constexpr auto kWho =
    "(SELECT name FROM identities WHERE id=o.org), (SELECT name FROM identities WHERE id=o.team),"
    " (SELECT name FROM identities WHERE id=o.project), (SELECT name FROM identities WHERE id=q.key),"
    " (SELECT name FROM identities WHERE id=q.user), workload, route, endpoint, start_ns, streamed";

Result<std::optional<RequestView>> find_request(Database& db, const RequestId& id) {
  const IdBytes bytes(id);
  for (const bool open : {false, true}) {
    auto s = db.prepare(
        open ? fmt::format("SELECT {} FROM open_requests q JOIN origins o ON o.id=q.origin WHERE q.id=?", kWho)
             : fmt::format("SELECT {}, end_ns, outcome, http_status, error, reason, calls"
                           " FROM requests q JOIN origins o ON o.id=q.origin WHERE q.id=?",
                           kWho));
    if (!s) return tl::unexpected(s.error());
    auto row = s->blob(bytes).step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) continue;
    RequestView view;
    view.open = open;
    auto& f = view.facts;
    f.id = id;
    f.tenant = {s->text(0), s->text(1), s->text(2), s->text(3)};
    f.user = s->text(4);
    f.workload = s->text(5);
    f.route = s->text(6);
    f.endpoint = s->text(7);
    f.start = from_unix_ns(s->integer(8));
    f.streamed = s->integer(9) != 0;
    if (!open) {
      f.end = from_unix_ns(s->integer(10));
      f.outcome = static_cast<energy::Outcome>(s->integer(11));
      f.http_status = static_cast<int>(s->integer(12));
      f.error = s->text(13);
      f.reason = s->text(14);
      f.calls = static_cast<uint16_t>(s->integer(15));
    }
    return view;
  }
  return std::nullopt;
}

Result<std::vector<CallView>> calls_of(Database& db, const RequestId& id) {
  auto s = db.prepare(fmt::format(
      "SELECT {} FROM calls c JOIN targets t ON t.id=c.target WHERE c.request=? ORDER BY c.attempt", kCallColumns));
  if (!s) return tl::unexpected(s.error());
  const IdBytes bytes(id);
  std::vector<CallView> calls;
  auto row = s->blob(bytes).step();
  for (; row && *row; row = s->step()) {
    CallView call;
    call.facts = read_call(*s);
    auto settlements = settlements_of(db, call.facts.id);
    if (!settlements) return tl::unexpected(settlements.error());
    call.settlements = std::move(*settlements);
    calls.push_back(std::move(call));
  }
  if (!row) return tl::unexpected(row.error());
  return calls;
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

std::optional<By> parse_by(std::string_view text) {
  for (const auto& g : kGroupings) {
    if (text == g.name) return g.by;
  }
  return {};
}

std::optional<energy::Letter> Sums::letter() const {
  if (energy.raw() <= 0) return {};
  std::optional<energy::Letter> lowest;
  for (const auto& [letter, share] : energy_by_letter) {  // best first
    if (static_cast<double>(share.raw()) > 0.05 * static_cast<double>(energy.raw())) lowest = letter;
  }
  return lowest;
}

bool RequestView::final() const {
  return !open && std::all_of(calls.begin(), calls.end(), [](const CallView& c) {
    return !c.settlements.empty() && c.settlements.back().basis == energy::Basis::final;
  });
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
  report.simulated = report.total.sums.simulated_calls > 0;
  if (query.by == By::none) return report;
  auto rows = collect(*db, query, query.by);
  if (!rows) return tl::unexpected(rows.error());
  for (auto& [name, row] : *rows) report.rows.push_back(std::move(row));
  return report;
}

Result<std::optional<RequestView>> Reports::request(const RequestId& id) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  auto view = find_request(*db, id);
  if (!view || !*view) return view;
  auto calls = calls_of(*db, id);
  if (!calls) return tl::unexpected(calls.error());
  (*view)->calls = std::move(*calls);
  return view;
}

Result<std::vector<CallView>> Reports::calls(const RequestId& id) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  return calls_of(*db, id);
}

}  // namespace trine::ledger

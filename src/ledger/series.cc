#include "ledger/series.h"

#include <algorithm>
#include <map>

#include "json/write.h"
#include "ledger/report_database.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

using Groups = std::map<std::string, std::vector<SeriesPoint>>;

// Collects rows "group, step, ..." of one table.
class Collector {
 public:
  Collector(Database& db, const SeriesQuery& query, int64_t first, size_t steps)
      : db_(db), query_(query), first_(first), steps_(steps) {}

  Result<void> calls();
  Result<void> requests();
  Result<void> windows();

  Groups groups;
  bool simulated = false;

 private:
  std::string step_of(const char* time) const { return fmt::format("{}/{}", time, query_.step.count()); }
  template <class F>
  Result<void> each(const std::string& sql, bool of_calls, F&& row);

  Database& db_;
  const SeriesQuery& query_;
  int64_t first_;  // step
  size_t steps_;
};

template <class F>
Result<void> Collector::each(const std::string& sql, bool of_windows, F&& row) {
  auto s = db_.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  const ReportQuery& q = query_.report;
  s->bind(unix_ns(q.since)).bind(unix_ns(q.until));
  for (const auto* text : {&q.workload, &q.key, &q.deployment, &q.zone})
    if (*text && (!of_windows || text == &q.deployment || text == &q.zone)) s->bind(std::string_view(**text));
  auto next = s->step();
  for (; next && *next; next = s->step()) {
    const int64_t step = s->integer(1) - first_;
    if (step < 0 || step >= static_cast<int64_t>(steps_)) continue;
    auto& points = groups[s->text(0)];
    points.resize(steps_);
    row(*s, points[static_cast<size_t>(step)]);
  }
  if (!next) return tl::unexpected(next.error());
  return {};
}

std::string conditions(const ReportQuery& q, const char* deployment, const char* zone) {
  std::string sql;
  if (q.workload) sql += " AND o.workload = ?";
  if (q.key) sql += " AND r.key = (SELECT id FROM identities WHERE kind='key' AND name=?)";
  if (q.deployment) sql += fmt::format(" AND {}", fmt::format(fmt::runtime(deployment), "deployment"));
  if (q.zone) sql += fmt::format(" AND {}", fmt::format(fmt::runtime(zone), "zone"));
  return sql;
}

constexpr const char* kFigures[] = {"gpu_energy_uj",  "energy_uj",      "energy_low_uj",
                                    "energy_high_uj", "operational_ng", "embodied_ng",
                                    "carbon_low_ng",  "carbon_high_ng", "cost_neur"};

Result<void> Collector::calls() {
  std::string figures;
  for (const auto* column : kFigures) figures += fmt::format(", sum(coalesce(s.{0}, c.{0}))", column);
  const auto sql = fmt::format(
      "SELECT {} AS g, {} AS step, count(*), sum(c.simulated), sum(c.tokens_in), sum(c.tokens_cached),"
      " sum(c.tokens_out){} FROM blocks b CROSS JOIN calls c ON c.n >= b.block*4096 AND c.n < (b.block+1)*4096 JOIN"
      " targets t ON t.id=c.target LEFT JOIN requests r ON r.id=c.request LEFT JOIN origins o ON o.id=r.origin LEFT "
      "JOIN"
      " later_settlements s ON s.request=c.request AND s.attempt=c.attempt AND s.version=c.settled AND c.settled IS NOT"
      " c.first_version WHERE b.kind=1 AND b.high_ns >= ?1 AND b.low_ns < ?2 AND c.booked_ns >= ?1 AND c.booked_ns <"
      " ?2 AND c.late_ns IS NULL{} GROUP BY g, step",
      call_group(query_.report.by), step_of("c.booked_ns"), figures,
      conditions(query_.report, "t.deployment = ?", "t.zone = ?"));
  return each(sql, false, [&](const Statement& s, SeriesPoint& p) {
    p.calls += s.integer(2);
    simulated = simulated || s.integer(3) > 0;
    p.in += s.integer(4);
    p.cached += s.integer(5);
    p.out += s.integer(6);
    energy::Figures& f = p.figures;
    f.gpu_energy += Energy::raw(s.integer(7));
    f.energy += Energy::raw(s.integer(8));
    f.energy_low += Energy::raw(s.integer(9));
    f.energy_high += Energy::raw(s.integer(10));
    f.operational += Carbon::raw(s.integer(11));
    f.embodied += Carbon::raw(s.integer(12));
    f.carbon_low += Carbon::raw(s.integer(13));
    f.carbon_high += Carbon::raw(s.integer(14));
    f.cost += Money::raw(s.integer(15));
  });
}

Result<void> Collector::requests() {
  if (query_.report.by != By::none) return {};
  constexpr const char* kSomeCall =
      "EXISTS (SELECT 1 FROM calls c JOIN targets t ON t.id=c.target WHERE c.request=r.id AND t.{} = ?)";
  const auto sql = fmt::format(
      "SELECT '' AS g, {} AS step, count(*), sum(r.outcome IN (1,3)) FROM blocks b CROSS JOIN requests r ON r.n >="
      " b.block*4096 AND r.n < (b.block+1)*4096 JOIN origins o ON o.id=r.origin WHERE b.kind=0 AND b.high_ns >= ?1 AND"
      " b.low_ns < ?2 AND coalesce(r.late_ns, r.end_ns) >= ?1 AND coalesce(r.late_ns, r.end_ns) < ?2 AND r.late_ns IS "
      "NULL{} GROUP BY step",
      step_of("coalesce(r.late_ns, r.end_ns)"), conditions(query_.report, kSomeCall, kSomeCall));
  return each(sql, false, [](const Statement& s, SeriesPoint& p) {
    p.requests += s.integer(2);
    p.failed += s.integer(3);
  });
}

Result<void> Collector::windows() {
  const ReportQuery& q = query_.report;
  const char* group = window_group(q.by);
  if (!group || q.workload || q.key) return {};
  const auto sql = fmt::format(
      "SELECT {} AS g, {} AS step, sum(unattributed_gpu_energy_uj), sum(unattributed_energy_uj),"
      " sum(unattributed_operational_ng), sum(unattributed_embodied_ng), sum(unattributed_cost_neur) FROM windows w "
      "WHERE"
      " w.late_ns IS NULL AND w.begin_ns >= ?1 AND w.begin_ns < ?2{} GROUP BY g, step",
      group, step_of("w.begin_ns"), conditions(q, "w.deployment = ?", "w.zone = ?"));
  return each(sql, true, [](const Statement& s, SeriesPoint& p) {
    p.unattributed.gpu_energy += Energy::raw(s.integer(2));
    p.unattributed.energy += Energy::raw(s.integer(3));
    p.unattributed.operational += Carbon::raw(s.integer(4));
    p.unattributed.embodied += Carbon::raw(s.integer(5));
    p.unattributed.cost += Money::raw(s.integer(6));
  });
}

void add(SeriesPoint& to, const SeriesPoint& p) {
  to.requests += p.requests;
  to.failed += p.failed;
  to.calls += p.calls;
  to.in += p.in;
  to.cached += p.cached;
  to.out += p.out;
  energy::Figures& f = to.figures;
  f.gpu_energy += p.figures.gpu_energy;
  f.energy += p.figures.energy;
  f.energy_low += p.figures.energy_low;
  f.energy_high += p.figures.energy_high;
  f.operational += p.figures.operational;
  f.embodied += p.figures.embodied;
  f.carbon_low += p.figures.carbon_low;
  f.carbon_high += p.figures.carbon_high;
  f.cost += p.figures.cost;
  auto& u = to.unattributed;
  u.gpu_energy += p.unattributed.gpu_energy;
  u.energy += p.unattributed.energy;
  u.operational += p.unattributed.operational;
  u.embodied += p.unattributed.embodied;
  u.cost += p.unattributed.cost;
}

int64_t energy_of(const Series::Group& g) {
  int64_t sum = 0;
  for (const SeriesPoint& p : g.points) sum += p.figures.energy.raw();
  return sum;
}

void sort_and_fold(std::vector<Series::Group>& groups) {
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return energy_of(a) > energy_of(b); });
  if (groups.size() <= kMostGroups) return;
  Series::Group others{"(others)", std::move(groups[kMostGroups - 1].points)};
  for (size_t i = kMostGroups; i < groups.size(); ++i)
    for (size_t p = 0; p < others.points.size(); ++p) add(others.points[p], groups[i].points[p]);
  groups.resize(kMostGroups - 1);
  groups.push_back(std::move(others));
}

// One column: a value of each point.
template <class F>
void column(json::Writer& w, const char* name, const Series::Group& g, F value) {
  w.key(name).array();
  for (const SeriesPoint& p : g.points) w.value(value(p));
  w.end();
}

void columns(json::Writer& w, const Series& s, const Series::Group& g) {
  const ReportQuery& q = s.query.report;
  if (q.by == By::none) {
    column(w, "requests", g, [](const auto& p) { return p.requests; });
    column(w, "failed", g, [](const auto& p) { return p.failed; });
  }
  column(w, "calls", g, [](const auto& p) { return p.calls; });
  column(w, "tokens_in", g, [](const auto& p) { return p.in; });
  column(w, "tokens_cached", g, [](const auto& p) { return p.cached; });
  column(w, "tokens_out", g, [](const auto& p) { return p.out; });
  column(w, "gpu_energy_j", g, [](const auto& p) { return to_joules(p.figures.gpu_energy); });
  column(w, "energy_j", g, [](const auto& p) { return to_joules(p.figures.energy); });
  column(w, "energy_low_j", g, [](const auto& p) { return to_joules(p.figures.energy_low); });
  column(w, "energy_high_j", g, [](const auto& p) { return to_joules(p.figures.energy_high); });
  column(w, "operational_g", g, [](const auto& p) { return to_grams(p.figures.operational); });
  column(w, "embodied_g", g, [](const auto& p) { return to_grams(p.figures.embodied); });
  column(w, "carbon_g", g, [](const auto& p) { return to_grams(p.figures.carbon()); });
  column(w, "carbon_low_g", g, [](const auto& p) { return to_grams(p.figures.carbon_low); });
  column(w, "carbon_high_g", g, [](const auto& p) { return to_grams(p.figures.carbon_high); });
  column(w, "cost", g, [](const auto& p) { return to_euros(p.figures.cost); });
  if (!window_group(q.by) || q.workload || q.key) {  // idle is nobody's
    for (const char* name : {"idle_energy_j", "idle_carbon_g", "idle_cost"}) w.key(name).null();
    return;
  }
  column(w, "idle_energy_j", g, [](const auto& p) { return to_joules(p.unattributed.energy); });
  column(w, "idle_carbon_g", g,
         [](const auto& p) { return to_grams(p.unattributed.operational + p.unattributed.embodied); });
  column(w, "idle_cost", g, [](const auto& p) { return to_euros(p.unattributed.cost); });
}

// Without groups, full hours come from a report, which knows hours that are added up.
Result<Groups> from_hours(const std::filesystem::path& dir, const SeriesQuery& query, int64_t first, size_t steps,
                          bool& simulated) {
  ReportQuery q = query.report;
  q.by = By::hour;
  const auto report = Reports(dir).query(q);
  if (!report) return tl::unexpected(report.error());
  Groups groups;
  auto& points = groups[""];
  points.resize(steps);
  for (const ReportRow& row : report->rows) {
    const auto hour = parse_iso8601(row.name);
    const int64_t step = hour ? unix_ns(*hour) / query.step.count() - first : -1;
    if (step < 0 || step >= static_cast<int64_t>(steps)) continue;
    const Sums& s = row.sums;
    SeriesPoint p;
    p.requests = s.requests;
    p.failed = s.outcomes[static_cast<size_t>(energy::Outcome::failed)] +
               s.outcomes[static_cast<size_t>(energy::Outcome::interrupted)];
    p.calls = s.calls;
    p.in = s.in;
    p.cached = s.cached;
    p.out = s.out;
    p.figures = {s.gpu_energy, s.energy,     s.energy_low,  s.energy_high, s.operational,
                 s.embodied,   s.carbon_low, s.carbon_high, s.cost,        energy::Letter::D};
    p.unattributed = row.unattributed;
    add(points[static_cast<size_t>(step)], p);
    simulated = simulated || s.simulated_calls > 0;
  }
  return groups;
}

}  // namespace

Result<Series> series(const std::filesystem::path& dir, const SeriesQuery& query) {
  const int64_t length = query.step.count();
  const int64_t first = unix_ns(query.report.since) / length, last = (unix_ns(query.report.until) - 1) / length;
  if (last - first >= static_cast<int64_t>(kMostSteps))
    return fail(Code::invalid_argument, "the period has more than {} steps of {} s; take longer ones", kMostSteps,
                seconds(query.step));
  if (!call_group(query.report.by)) return fail(Code::invalid_argument, "calls are not grouped like that");
  const auto steps = static_cast<size_t>(last - first + 1);
  Series out;
  out.query = query;
  out.begin = from_unix_ns(first * length);
  if (query.report.by == By::none && length % Nanos(std::chrono::hours(1)).count() == 0) {
    auto groups = from_hours(dir, query, first, steps, out.simulated);
    if (!groups) return tl::unexpected(groups.error());
    out.groups.push_back({"", std::move(groups->at(""))});
    return out;
  }
  auto db = open_report_database(dir);
  if (!db) return tl::unexpected(db.error());
  Collector c(*db, query, first, steps);
  for (auto part : {&Collector::calls, &Collector::requests, &Collector::windows})
    if (auto done = (c.*part)(); !done) return tl::unexpected(done.error());
  out.simulated = c.simulated;
  if (query.report.by == By::none) c.groups[""].resize(steps);
  for (auto& [name, points] : c.groups) out.groups.push_back({name, std::move(points)});
  sort_and_fold(out.groups);
  return out;
}

std::string to_json(const Series& s, const std::string& currency) {
  std::string out;
  json::Writer w(out);
  w.object().key("since").value(iso8601(s.query.report.since)).key("until").value(iso8601(s.query.report.until));
  w.key("step_s").value(std::chrono::duration_cast<std::chrono::seconds>(s.query.step).count());
  w.key("by").value(name(s.query.report.by)).key("currency").value(currency).key("simulated").value(s.simulated);
  const size_t steps = s.groups.empty() ? 0 : s.groups.front().points.size();
  w.key("t").array();
  for (size_t i = 0; i < steps; ++i)
    w.value((unix_ns(s.begin) + static_cast<int64_t>(i) * s.query.step.count()) / 1'000'000'000);
  w.end();
  if (s.query.report.by == By::none) {
    columns(w, s, s.groups.front());
  } else {
    w.key("groups").array();
    for (const Series::Group& g : s.groups) {
      w.object().key("name").value(g.name);
      columns(w, s, g);
      w.end();
    }
    w.end();
  }
  w.end();
  return out;
}

}  // namespace trine::ledger

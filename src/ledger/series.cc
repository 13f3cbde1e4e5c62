#include "ledger/series.h"

#include <algorithm>
#include <map>

#include "json/write.h"
#include "ledger/report_database.h"
#include "ledger/report_sources.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

using Groups = std::map<std::string, std::vector<SeriesPoint>>;

// Collects rows "group, step, ..." of one source.
class Collector {
 public:
  Collector(Database& db, const SeriesQuery& query, int64_t first, size_t steps)
      : db_(db), query_(query), first_(first), steps_(steps) {}

  Result<void> calls(const Span& span);
  Result<void> requests(const Span& span);
  Result<void> windows(const Span& span);

  Groups groups;
  bool simulated = false;

 private:
  std::string step() const { return fmt::format("r.at/{}", query_.step.count()); }
  template <class F>
  Result<void> each(const std::string& sql, const Span& span, bool of_windows, F&& row);

  Database& db_;
  const SeriesQuery& query_;
  int64_t first_;  // step
  size_t steps_;
};

template <class F>
Result<void> Collector::each(const std::string& sql, const Span& span, bool of_windows, F&& row) {
  auto s = db_.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  const ReportQuery& q = query_.report;
  s->bind(span.from).bind(span.until);
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

std::string conditions(const ReportQuery& q, const char* place) {
  std::string sql;
  if (q.workload) sql += " AND o.workload = ?";
  if (q.key) sql += " AND r.key = (SELECT id FROM identities WHERE kind='key' AND name=?)";
  if (q.deployment) sql += fmt::format(" AND {}", fmt::format(fmt::runtime(place), "deployment"));
  if (q.zone) sql += fmt::format(" AND {}", fmt::format(fmt::runtime(place), "zone"));
  return sql;
}

Result<void> Collector::calls(const Span& span) {
  const auto sql = fmt::format(
      "SELECT {} AS g, {} AS step{} FROM {} r LEFT JOIN targets t ON t.id=r.target LEFT JOIN origins o ON o.id=r.origin"
      " WHERE NOT r.late{} GROUP BY g, step",
      call_group(query_.report.by), step(), kCalls.sums_of("r"), kCalls.from(span.level),
      conditions(query_.report, "t.{} = ?"));
  return each(sql, span, false, [&](const Statement& s, SeriesPoint& p) {
    p.calls += s.integer(2);
    simulated = simulated || s.integer(4) > 0;
    p.in += s.integer(6);
    p.cached += s.integer(7);
    p.out += s.integer(8);
    add_figures(p.figures, s, 9);
  });
}

Result<void> Collector::requests(const Span& span) {
  if (query_.report.by != By::none) return {};
  constexpr const char* kSomeTarget =
      "EXISTS (SELECT 1 FROM json_each('['||r.targets||']') j JOIN targets t ON t.id=j.value WHERE t.{} = ?)";
  const auto sql = fmt::format(
      "SELECT '' AS g, {} AS step, sum(r.requests), sum(CASE WHEN r.outcome IN ({},{}) THEN r.requests ELSE 0 END) FROM"
      " {} r LEFT JOIN origins o ON o.id=r.origin WHERE NOT r.late{} GROUP BY step",
      step(), static_cast<int>(energy::Outcome::failed), static_cast<int>(energy::Outcome::interrupted),
      kRequests.from(span.level), conditions(query_.report, kSomeTarget));
  return each(sql, span, false, [](const Statement& s, SeriesPoint& p) {
    p.requests += s.integer(2);
    p.failed += s.integer(3);
  });
}

Result<void> Collector::windows(const Span& span) {
  const ReportQuery& q = query_.report;
  const char* group = window_group(q.by);
  if (!group || q.workload || q.key) return {};
  const auto sql = fmt::format("SELECT {} AS g, {} AS step{} FROM {} r WHERE NOT r.late{} GROUP BY g, step", group,
                               step(), kWindows.sums_of("r"), kWindows.from(span.level), conditions(q, "r.{} = ?"));
  return each(sql, span, true, [](const Statement& s, SeriesPoint& p) {
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
  auto db = open_report_database(dir);
  if (!db) return tl::unexpected(db.error());
  Collector c(*db, query, first, steps);
  const auto spans = cover(*db, query.report, length, of_totals(query.report, query.report.by));
  if (!spans) return tl::unexpected(spans.error());
  for (const Span& span : *spans)
    for (auto part : {&Collector::calls, &Collector::requests, &Collector::windows})
      if (auto done = (c.*part)(span); !done) return tl::unexpected(done.error());
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

#include "ledger/series.h"

#include "json/write.h"
#include "ledger/report_database.h"
#include "ledger/report_sources.h"
#include "ledger/series_groups.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

// Reads rows "group, ..." of one source.
class Collector {
 public:
  Collector(Database& db, const SeriesQuery& query, int64_t first, size_t steps)
      : groups(steps), db_(db), query_(query), first_(first), steps_(steps) {}

  // First over all spans: which groups there are.
  Result<void> weigh(const Span& span);
  // Then, after groups.choose(): their points.
  Result<void> calls(const Span& span);
  Result<void> requests(const Span& span);
  Result<void> windows(const Span& span);

  SeriesGroups groups;
  bool simulated = false;

 private:
  std::string step() const { return fmt::format("r.at/{}", query_.step.count()); }
  template <class F>
  Result<void> each(const std::string& sql, const Span& span, bool of_windows, F&& row);
  // Rows "group, step, ...".
  template <class F>
  Result<void> each_point(const std::string& sql, const Span& span, bool of_windows, F&& row);

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
  for (; next && *next; next = s->step()) row(*s);
  if (!next) return tl::unexpected(next.error());
  return {};
}

template <class F>
Result<void> Collector::each_point(const std::string& sql, const Span& span, bool of_windows, F&& row) {
  return each(sql, span, of_windows, [&](const Statement& s) {
    const int64_t step = s.integer(1) - first_;
    if (step >= 0 && step < static_cast<int64_t>(steps_)) row(s, groups.at(s.text(0), static_cast<size_t>(step)));
  });
}

std::string conditions(const ReportQuery& q, const char* place) {
  std::string sql;
  if (q.workload) sql += " AND o.workload = ?";
  if (q.key) sql += " AND r.key = (SELECT id FROM identities WHERE kind='key' AND name=?)";
  if (q.deployment) sql += fmt::format(" AND {}", fmt::format(fmt::runtime(place), "deployment"));
  if (q.zone) sql += fmt::format(" AND {}", fmt::format(fmt::runtime(place), "zone"));
  return sql;
}

constexpr const char* kTarget = "t.{} = ?";

Result<void> Collector::weigh(const Span& span) {
  const ReportQuery& q = query_.report;
  const auto of_calls = fmt::format(
      "SELECT {} AS g, sum(r.energy_uj) FROM {} r LEFT JOIN targets t ON t.id=r.target LEFT JOIN origins o ON"
      " o.id=r.origin WHERE NOT r.late{} GROUP BY g",
      call_group(q.by), kCalls.from(span.level), conditions(q, kTarget));
  const auto weighed = [&](const Statement& s) { groups.weigh(s.text(0), s.integer(1)); };
  if (auto done = each(of_calls, span, false, weighed); !done) return done;
  const char* group = window_group(q.by);
  if (!group || q.workload || q.key) return {};
  const auto of_windows = fmt::format("SELECT DISTINCT {} AS g, 0 FROM {} r WHERE NOT r.late{}", group,
                                      kWindows.from(span.level), conditions(q, "r.{} = ?"));
  return each(of_windows, span, true, weighed);
}

Result<void> Collector::calls(const Span& span) {
  const auto sql = fmt::format(
      "SELECT {} AS g, {} AS step{} FROM {} r LEFT JOIN targets t ON t.id=r.target LEFT JOIN origins o ON o.id=r.origin"
      " WHERE NOT r.late{} GROUP BY g, step",
      call_group(query_.report.by), step(), kCalls.sums_of("r"), kCalls.from(span.level),
      conditions(query_.report, kTarget));
  return each_point(sql, span, false, [&](const Statement& s, SeriesPoint& p) {
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
  return each_point(sql, span, false, [](const Statement& s, SeriesPoint& p) {
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
  return each_point(sql, span, true, [](const Statement& s, SeriesPoint& p) {
    p.unattributed.gpu_energy += Energy::raw(s.integer(2));
    p.unattributed.energy += Energy::raw(s.integer(3));
    p.unattributed.operational += Carbon::raw(s.integer(4));
    p.unattributed.embodied += Carbon::raw(s.integer(5));
    p.unattributed.cost += Money::raw(s.integer(6));
  });
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
  if (query.report.by == By::none) {
    c.groups.weigh("", 0);
  } else {
    for (const Span& span : *spans)
      if (auto done = c.weigh(span); !done) return tl::unexpected(done.error());
  }
  c.groups.choose();
  for (const Span& span : *spans)
    for (auto part : {&Collector::calls, &Collector::requests, &Collector::windows})
      if (auto done = (c.*part)(span); !done) return tl::unexpected(done.error());
  out.simulated = c.simulated;
  out.groups = c.groups.take();
  for (auto& group : out.groups) group.name = shown_name(query.report.by, std::move(group.name));
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

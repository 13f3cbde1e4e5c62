#include "web/api.h"

#include "base/text.h"
#include "json/read.h"
#include "json/write.h"
#include "ledger/search.h"
#include "ledger/series.h"
#include "observe/process.h"
#include "web/answer.h"
#include "web/put.h"

namespace trine::web {
namespace {

using gateway::admin_error;
using gateway::AdminAnswer;
using json::Writer;
using std::chrono::hours;

// Clients name workloads and users: a page shows the largest.
constexpr size_t kMostRows = 1000;

AdminAnswer json_answer(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

// Steps that give a chart some hundreds of points.
Result<Nanos> chart_step(const std::string& text, Nanos span) {
  if (text == "minute") return Nanos(std::chrono::minutes(1));
  if (text == "10min") return Nanos(std::chrono::minutes(10));
  if (text == "hour") return Nanos(hours(1));
  if (text == "day") return Nanos(hours(24));
  if (!text.empty() && text != "auto") return fail(Code::invalid_argument, "step is auto, minute, 10min, hour or day");
  return span > hours(8 * 24 + 1) ? Nanos(hours(24)) : step_of(span);
}

Result<ledger::SearchQuery> search_query(const Query& q, Wall now) {
  const auto report = report_query(q, now);
  if (!report) return tl::unexpected(report.error());
  ledger::SearchQuery out;
  out.since = report->since;
  out.until = report->until;
  out.workload = report->workload;
  out.key = report->key;
  out.deployment = report->deployment;
  out.zone = report->zone;
  out.route = q.filter("route");
  out.error = q.filter("error");
  if (const auto outcome = q.filter("outcome")) {
    out.outcome = ledger::parse_outcome(*outcome);
    if (!out.outcome) return fail(Code::invalid_argument, "outcome is ok, failed, cancelled, interrupted or refused");
  }
  const auto limit = q.count("limit", 50, static_cast<int64_t>(ledger::kMostFound));
  const auto before = q.count("before", INT64_MAX, INT64_MAX);
  if (!limit) return tl::unexpected(limit.error());
  if (!before) return tl::unexpected(before.error());
  out.limit = static_cast<size_t>(*limit);
  out.before = *before;
  return out;
}

// "-7d", "+24h", or a time.
Result<Wall> around(const std::string& name, const std::string& text, Wall now) {
  const bool signed_text = text.starts_with('-') || text.starts_with('+') || text.starts_with(' ');
  const auto d = parse_duration(signed_text ? std::string_view(text).substr(1) : std::string_view(text));
  if (d) return text.starts_with('-') ? now - *d : now + *d;
  if (const auto t = parse_iso8601(text)) return *t;
  return fail(Code::invalid_argument, "{}={} is neither -7d, +24h nor a time", name, text);
}

// Members of ours at the end of an object that is JSON already.
std::string with(std::string object, const std::string& members) {
  object.pop_back();
  if (object.size() > 1) object += ',';
  return object + members + "}";
}

Result<std::string> overview(const Views& views, const Snapshot& snapshot, const std::filesystem::path& dir,
                             const ledger::ReportQuery& query) {
  auto report = views.report(snapshot, query);
  if (!report) return report;
  ledger::ReportQuery earlier = query;
  earlier.by = ledger::By::none;  // its total is all that is asked for
  earlier.until = query.since;
  Nanos span = query.until - query.since;
  const Nanos step = step_of(span);
  if (span > hours(3)) span = (span + step / 2) / step * step;  // half a step of very many
  earlier.since = query.since - std::min(span, query.since.time_since_epoch());
  const auto before = ledger::Reports(dir).query(earlier);
  if (!before) return tl::unexpected(before.error());
  const std::string text = ledger::to_json(*before);
  const auto total = json::member(text, "total");
  return fmt::format(R"({{"report":{},"before":{}}})", *report, total && *total ? (*total)->raw : "null");
}

int64_t thread_count() {
  std::error_code ec;
  const std::filesystem::directory_iterator tasks("/proc/self/task", ec);
  return ec ? 0 : std::distance(begin(tasks), end(tasks));
}

}  // namespace

Api::Api(Parts parts, Snapshot snapshot)
    : parts_(std::move(parts)),
      snapshot_(std::move(snapshot)),
      live_(parts_.loop.clock(), parts_.view),
      answers_(parts_.loop) {}

net::Task<AdminAnswer> Api::made(std::string key, Answers::Make make) {
  auto made = co_await answers_.get(std::move(key), std::move(make));
  if (!made) co_return busy();
  if (!*made) co_return answer_of(made->error());
  co_return json_answer(std::move(**made));
}

std::shared_ptr<const std::string> Api::live() {
  learn_idle();
  return live_.text();
}

void Api::learn_idle() {
  const Mono now = parts_.loop.clock().mono();
  if (asking_idle_ || (idle_asked_ != Mono{} && now - idle_asked_ < kIdleEvery)) return;
  asking_idle_ = true;
  idle_asked_ = now;
  auto ask = [](Api& self) -> net::Task<void> {
    const auto day = std::make_shared<ledger::Report>();
    const Wall wall = self.parts_.loop.clock().wall();
    Answers::Make make = [reports = self.parts_.ledger.reports(), wall, day]() -> Answers::Made {
      ledger::ReportQuery q;
      q.since = wall - hours(24);
      q.until = wall;
      q.by = ledger::By::deployment;
      auto report = reports.query(q);
      if (!report) return tl::unexpected(report.error());
      *day = std::move(*report);
      return std::string();
    };
    const auto done = co_await self.answers_.once(std::move(make));
    self.asking_idle_ = false;
    if (done && *done) self.live_.use(*day);
  };
  net::spawn(ask(*this));
}

std::string Api::sources_json() const {
  std::string out;
  Writer w(out);
  w.array();
  for (const grid::SourceStatus& s : parts_.view().sources) {
    const auto time = [&](const char* key, Wall t) { put(w, key, t == Wall{} ? std::string() : iso8601(t)); };
    w.object().key("source").value(s.source).key("zone").value(s.zone).key("up").value(s.up);
    time("fetched", s.fetched);
    time("newest_end", s.newest_end);
    time("next", s.next);
    w.key("errors").value(s.errors).key("holes").value(s.holes).key("absurd").value(s.absurd);
    put(w, "trouble", s.trouble);
    w.end();
  }
  w.end();
  return out;
}

std::string Api::guard_counts() const {
  const gateway::GatewayView view = parts_.view();
  std::string out;
  Writer w(out);
  constexpr const char* kActions[] = {"allow", "flag", "redact", "block"};
  int64_t checked = 0, ns = 0;
  w.object();
  for (const auto& [name, counters] : {std::pair("requests", &gateway::WorkerCounters::guarded),
                                       std::pair("answers", &gateway::WorkerCounters::answers_guarded)}) {
    w.key(name).object();
    for (size_t i = 0; i < 4; ++i) {
      int64_t n = 0;
      for (const auto& c : view.workers) n += (c.*counters)[i].get();
      if (counters == &gateway::WorkerCounters::guarded) checked += n;
      w.key(kActions[i]).value(n);
    }
    w.end();
  }
  for (const auto& c : view.workers) ns += c.guard_ns.get();
  w.key("mean_ms");
  checked > 0 ? w.value(static_cast<double>(ns) / 1e6 / static_cast<double>(checked)) : w.null();
  w.key("on").value(snapshot_->config->guard.on);
  put(w, "policy", snapshot_->config->guard.policy);
  w.key("counted_since").value(iso8601(parts_.loop.clock().wall() - (view.now - view.started))).end();
  return out.substr(1, out.size() - 2);  // members of another object
}

std::string Api::settings_json() const {
  const gateway::GatewayView view = parts_.view();
  const gateway::Config& c = *snapshot_->config;
  std::string out;
  Writer w(out);
  w.object().key("version").value(TRINE_VERSION);
  w.key("started").value(iso8601(parts_.loop.clock().wall() - (view.now - view.started)));
  w.key("uptime_s").value(seconds(view.now - view.started)).key("generation").value(snapshot_->generation);
  w.key("file").value(c.file).key("notes").array();
  for (const std::string& n : c.notes) w.value(n);
  w.end().key("health").raw(parts_.own.health(*snapshot_, view.now).json);
  w.key("ledger").object().key("dir").value(c.ledger.dir).key("currency").value(c.ledger.currency);
  w.key("lag_records").value(view.ledger.lag_records).key("full").value(view.ledger.full);
  w.key("refused_appends").value(view.ledger.refused_appends).key("folded").value(view.ledger.fold.folded);
  w.key("damaged").value(view.ledger.fold.damaged);
  put(w, "trouble", view.ledger.fold.last_error);
  put(w, "last_fold", view.ledger.fold.last_fold == Wall{} ? std::string() : iso8601(view.ledger.fold.last_fold));
  const auto process = observe::process_figures();
  w.end().key("process").object().key("cpu_seconds").value(process.cpu_seconds);
  w.key("resident_bytes").value(process.resident_bytes).key("threads").value(thread_count()).end();
  w.key("workers").value(c.workers).key("identity_dir");
  c.identity_dir.empty() ? w.null() : w.value(c.identity_dir);
  w.end();
  return out;
}

net::Task<AdminAnswer> Api::request(std::string id) {
  const auto parsed = RequestId::parse(id);
  if (!parsed)
    co_return admin_error({llm::ErrorCode::not_found, "a request's id stands in its answer's x-trine-request-id", {}});
  Answers::Make make = [this, id = *parsed, views = &parts_.views, snapshot = snapshot_]() -> Answers::Made {
    auto view = parts_.ledger.request(id);  // also what is not folded yet
    if (!view) return tl::unexpected(view.error());
    if (!*view) return fail(Code::not_found, "the ledger has no request of this id");
    const std::string request = ledger::to_json(**view);
    const auto guard = request_guard(*snapshot, **view);
    if (!guard) return guard;
    const auto explained = views->explain(snapshot, std::move(**view));
    if (!explained) return explained;
    return fmt::format(R"({{"request":{},"explanation":{},"guard":{}}})", request, *explained, *guard);
  };
  co_return co_await made("request " + id, std::move(make));
}

net::Task<AdminAnswer> Api::answer(std::string path, std::string query_text) {
  const std::string name = path.substr(kPaths.size());
  auto parsed = Query::parse(query_text);
  if (!parsed) co_return answer_of(parsed.error());
  const Query query = std::move(*parsed);
  const Wall now = parts_.loop.clock().wall();
  const Snapshot snapshot = snapshot_;
  const Views* views = &parts_.views;
  const std::filesystem::path dir = snapshot->config->ledger.dir;
  const std::string key = fmt::format("{} {} {}", snapshot->generation, name, query.key());

  if (name == "fleet") co_return json_answer(*live());
  if (name == "report" || name == "overview" || name == "series") {
    auto q = report_query(query, now);
    if (!q) co_return answer_of(q.error());
    q->most_rows = kMostRows;
    Answers::Make make;
    if (name == "report") make = [views, snapshot, q = *q] { return views->report(snapshot, q); };
    if (name == "overview") make = [views, snapshot, dir, q = *q] { return overview(*views, snapshot, dir, q); };
    if (name == "series") {
      const auto step = chart_step(query.text("step"), q->until - q->since);
      if (!step) co_return answer_of(step.error());
      make = [dir, s = ledger::SeriesQuery{*q, *step},
              currency = snapshot->config->ledger.currency]() -> Answers::Made {
        const auto found = ledger::series(dir, s);
        if (!found) return tl::unexpected(found.error());
        return ledger::to_json(*found, currency);
      };
    }
    co_return co_await made(key, std::move(make));
  }
  if (name == "requests") {
    const auto q = search_query(query, now);
    if (!q) co_return answer_of(q.error());
    Answers::Make make = [dir, q = *q]() -> Answers::Made {
      const auto page = ledger::search(dir, q);
      if (!page) return tl::unexpected(page.error());
      return ledger::to_json(*page);
    };
    co_return co_await made(key, std::move(make));
  }
  if (name.starts_with("requests/")) co_return co_await request(name.substr(9));
  if (name == "grid") {
    const std::string from_text = query.text("from"), to_text = query.text("to");
    // From a full hour on: slots begin there.
    const Wall hour = std::chrono::floor<hours>(now);
    const auto from = around("from", from_text.empty() ? "-7d" : from_text, hour);
    const auto to = around("to", to_text.empty() ? "+24h" : to_text, hour);
    if (!from) co_return answer_of(from.error());
    if (!to) co_return answer_of(to.error());
    Answers::Make make = [views, snapshot, now, from = *from, to = *to, sources = sources_json()]() -> Answers::Made {
      auto zones = views->grid(snapshot, now, from, to);
      if (!zones) return zones;
      return with(std::move(*zones), "\"sources\":" + sources);
    };
    co_return co_await made(key, std::move(make));
  }
  if (name == "score") {
    ScoreQuestion q{query.text("workload"), query.text("weights"), query.text("for"), {}};
    if (const auto lambda = query.filter("lambda")) {
      q.lambda = parse_number(*lambda);
      if (!q.lambda || !(*q.lambda >= 0))
        co_return answer_of(Error{Code::invalid_argument, "lambda is a price per kg"});
    }
    Answers::Make make = [views, snapshot, q, now] { return views->score(snapshot, q, now); };
    co_return co_await made(key, std::move(make));
  }
  if (name == "decisions") {
    Answers::Make make = [views, dir]() -> Answers::Made {
      auto all = views->decisions(dir);
      if (!all) return all;
      return fmt::format(R"({{"decisions":{}}})", *all);
    };
    co_return co_await made(key, std::move(make));
  }
  if (name == "budgets") {
    Answers::Make make = [views, snapshot, now] { return views->budgets(snapshot, now); };
    co_return co_await made(key, std::move(make));
  }
  if (name == "guard") {
    const auto q = report_query(query, now);
    if (!q) co_return answer_of(q.error());
    Answers::Make make = [views, identity = snapshot->config->identity_dir, q = *q,
                          counts = guard_counts()]() -> Answers::Made {
      const auto audit = identity.empty() ? std::filesystem::path() : std::filesystem::path(identity) / "audit";
      auto events = guard_events(audit, q.since, q.until);
      if (!events) return events;
      auto watch = identity.empty() ? Result<std::string>("[]") : views->watch(identity);
      if (!watch) return watch;
      return with(std::move(*events),
                  fmt::format(R"({},"watch":{},"audit":{})", counts, *watch, identity.empty() ? "false" : "true"));
    };
    co_return co_await made(key, std::move(make));
  }
  if (name == "settings") {
    Answers::Make make = [file = snapshot->config->file, state = settings_json()]() -> Answers::Made {
      const auto config = redacted_config(file);
      return with(state, "\"config\":" + (config ? json::quoted(*config) : "null"));
    };
    co_return co_await made(key, std::move(make));
  }
  co_return admin_error({llm::ErrorCode::not_found, {}, {}});
}

}  // namespace trine::web

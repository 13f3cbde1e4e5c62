#include "gateway/gateway.h"

#include <malloc.h>
#include <pwd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <limits>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "gateway/cache/answer_cache.h"
#include "gateway/documents/reader.h"
#include "gateway/health_checks.h"
#include "gateway/idempotency.h"
#include "gateway/identify/directory.h"
#include "gateway/identify/oidc.h"
#include "gateway/jobs/job_runner.h"
#include "gateway/notify/decision_watch.h"
#include "gateway/notify/notifier.h"
#include "gateway/settle/settle.h"
#include "gateway/traces/exporter.h"
#include "gateway/vault_keeper.h"
#include "gateway/watch/desk.h"
#include "gateway/watch/refusals.h"
#include "gateway/worker.h"
#include "grid/poller.h"
#include "vault/vault.h"

namespace trine::gateway {
namespace {

constexpr Nanos kFinishLimit = std::chrono::seconds(10);

net::HostPort at(const HostPort& h) {
  return {h.host, h.port};
}

// The signals that serve() waits for, blocked in every thread from here on.
sigset_t take_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

// Bodies come and go at the top of the heap: giving their pages back after each request, only to have them zeroed again
// for the next, was an eighth of the CPU time at 32 KB. Larger blocks are mapped and given back one by one.
void keep_freed_memory() {
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

Result<std::shared_ptr<const Snapshot>> load_snapshot(const std::string& file, const Snapshot* before) {
  auto config = load_config(file);
  if (!config) return tl::unexpected(config.error());
  auto catalog = load_catalog(**config);
  if (!catalog) return tl::unexpected(catalog.error());
  return make_snapshot(*config, *catalog, before);
}

// Of a file as it stands, for the audit log; empty: it cannot be read.
std::string hash_of_file(const std::string& file) {
  auto text = yaml::file_contents(file, yaml::kMaxFileBytes);
  if (!text) return {};
  const std::string hash = hex(hash_key(*text));
  wipe(*text);
  return hash;
}

// Who sent the signal: "local:alice"; "system": not a process.
std::string sender(const siginfo_t& signal) {
  if (signal.si_code > 0) return "system";
  const passwd* p = ::getpwuid(signal.si_uid);
  return p ? fmt::format("local:{}", p->pw_name) : fmt::format("local:{}", signal.si_uid);
}

Result<std::shared_ptr<net::TlsContext>> load_tls(const Config& config) {
  if (!config.tls) return std::shared_ptr<net::TlsContext>();
  return net::tls_server(
      {.cert_file = config.tls->cert, .key_file = config.tls->key, .client_ca_file = config.tls->client_ca});
}

// What is kept of users beside the ledger: an erasure covers it.
struct Kept {
  std::unique_ptr<vault::Vault> vault;  // null: nothing outlasts a restart
  std::unique_ptr<AnswerCache> answers;
};

Result<Kept> open_kept(const Config& config) {
  Kept kept;
  if (config.vault) {
    auto vault = open_vault(*config.vault);
    if (!vault) return tl::unexpected(vault.error());
    kept.vault = std::move(*vault);
  }
  kept.answers = std::make_unique<AnswerCache>(static_cast<size_t>(config.cache_memory), kept.vault.get());
  const auto loaded = kept.answers->load(system_clock().wall());
  if (!loaded) return tl::unexpected(loaded.error());
  if (*loaded > 0) log::info("{} answers of the last run may be given again", *loaded);
  return kept;
}

ledger::Ledger::Options ledger_options(const Config& config) {
  const LedgerConfig& l = config.ledger;
  ledger::Ledger::Options o;
  o.dir = l.dir;
  o.workers = static_cast<uint32_t>(config.workers);
  o.segment_bytes = static_cast<uint64_t>(l.segment);
  o.reserve_bytes = static_cast<uint64_t>(l.reserve);
  o.retention.requests = l.retention.requests;
  o.retention.calls = l.retention.calls;
  o.retention.windows = l.retention.windows;
  o.retention.identity = l.retention.identity;
  return o;
}

// Counts down to zero; waits for it.
class Latch {
 public:
  explicit Latch(size_t n) : left_(n) {}
  void count_down() {
    const std::lock_guard lock(mutex_);
    if (left_ > 0 && --left_ == 0) zero_.notify_all();
  }
  bool wait_for(Nanos d) {
    std::unique_lock lock(mutex_);
    return zero_.wait_for(lock, d, [&] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  size_t left_;
};

// Everything that runs. The order of the members is the order of their making; they end the other way round.
class Gateway {
 public:
  static Result<std::unique_ptr<Gateway>> open(const ServeOptions& options, Mono started);
  ~Gateway();

  // `actor`: who asked for it.
  void reload(const std::string& actor);
  // `hurry` is asked from time to time; true ends the requests that still run.
  void drain(const std::function<bool()>& hurry);

 private:
  Gateway(const ServeOptions& options, Mono started, std::shared_ptr<const Snapshot> snapshot, Kept kept,
          std::unique_ptr<ledger::Ledger> ledger);
  Result<void> start(const std::shared_ptr<net::TlsContext>& tls);
  // Lines of the audit log, if there is one; written soon. `durable`: see AuditLog::append.
  void note(std::vector<protect::AuditEntry> lines, bool durable);
  void warn_of_restart(const Config& now) const;
  Result<void> try_reload();
  Result<void> open_pages();
  // Tells budgets that are new what the ledger says was spent. Blocks.
  Result<void> know_spending(const LimitTable& limits);
  Result<void> open_files();
  // What the last run left of jobs goes on, a worker after the other.
  void resume_jobs();

  ServeOptions options_;
  std::mutex knowing_;
  const Mono started_;
  std::string file_hash_;  // of the configuration in force
  std::shared_ptr<const Snapshot> snapshot_;
  Kept kept_;
  std::unique_ptr<ledger::Ledger> ledger_;
  Executor executor_;                          // of requests that are looked up
  Executor identity_executor_;                 // of keys: nobody's questions make a revocation wait
  Executor text_executor_;                     // of long texts that the guard looks at
  std::unique_ptr<DocumentReader> documents_;  // null: no route wants it
  Executor vault_executor_;                    // of what is kept on the disk
  std::unique_ptr<FileStore> files_;           // null, as is the next: there is no vault
  std::unique_ptr<JobOffice> jobs_;
  OwnEndpoints own_;
  Idempotency idempotency_;
  std::vector<WorkerCounters> counters_;

  // The back office: metering, the grid's sources and the admin port, on one thread.
  net::Loop office_;
  Metering metering_;
  grid::Poller grid_;
  AnswerSweep sweep_;
  HealthChecks health_checks_;
  OwnUse own_use_;
  TraceExporter traces_;
  Notifier notifier_;
  DecisionWatch decisions_;
  Admin admin_;
  net::Server admin_server_;
  std::unique_ptr<Directory> directory_;  // null: keys of the configuration only
  std::unique_ptr<WatchDesk> desk_;       // with the directory, as is the next
  std::unique_ptr<RefusalDesk> refusals_;
  OidcKeys oidc_;
  std::unique_ptr<IdentityApi> identity_api_;  // where there is a directory
  std::unique_ptr<Pages> pages_;               // null: none are built in
  std::thread office_thread_;

  std::vector<std::unique_ptr<Worker>> workers_;
};

Gateway::Gateway(const ServeOptions& options, Mono started, std::shared_ptr<const Snapshot> snapshot, Kept kept,
                 std::unique_ptr<ledger::Ledger> ledger)
    : options_(options),
      started_(started),
      file_hash_(hash_of_file(options.config_file)),
      snapshot_(std::move(snapshot)),
      kept_(std::move(kept)),
      ledger_(std::move(ledger)),
      own_(*ledger_, executor_),
      counters_(static_cast<size_t>(snapshot_->config->workers)),
      metering_(office_, ledger_->back_office()),
      grid_({.loop = office_, .seed = random_seed(), .dialer = nullptr}),
      sweep_(office_, *kept_.answers),
      health_checks_(office_),
      own_use_(office_, ledger_->back_office()),
      traces_(office_),
      notifier_({.loop = office_, .view = [this] { return admin_.view(); }, .seed = random_seed()}),
      decisions_(office_, executor_, snapshot_->config->ledger.dir, [this](const Notice& n) { notifier_.tell(n); }),
      admin_({.loop = office_,
              .own = own_,
              .workers = counters_,
              .ledger = *ledger_,
              .metering = metering_,
              .grid = grid_,
              .own_use = own_use_,
              .metrics = options.metrics,
              .traces = &traces_,
              .notifier = &notifier_,
              .started = started_}),
      admin_server_(office_, admin_, server_limits(*snapshot_->config)),
      oidc_(office_, [this](const std::shared_ptr<const OidcProviders>& p) {
        for (auto& w : workers_) w->use(p, [this](size_t index) { oidc_.want(index); });
        if (identity_api_) identity_api_->use(p);
        if (pages_) pages_->use(p);
      }) {}

Result<std::unique_ptr<Gateway>> Gateway::open(const ServeOptions& options, Mono started) {
  auto snapshot = load_snapshot(options.config_file, nullptr);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const Config& config = *(*snapshot)->config;
  log::set_level(config.log_level);
  auto tls = load_tls(config);
  if (!tls) return tl::unexpected(tls.error());
  auto kept = open_kept(config);
  if (!kept) return tl::unexpected(kept.error());
  auto ledger_wants = ledger_options(config);
  ledger_wants.erase_elsewhere = [answers = kept->answers.get()](const ledger::Subject& s) {
    return answers->erase(s.kind == ledger::Subject::Kind::user ? vault::Identity::user : vault::Identity::key, s.name);
  };
  auto ledger = ledger::Ledger::open(std::move(ledger_wants));
  if (!ledger) return tl::unexpected(ledger.error());
  std::unique_ptr<Gateway> gateway(new Gateway(options, started, *snapshot, std::move(*kept), std::move(*ledger)));
  if (auto running = gateway->start(*tls); !running) return tl::unexpected(running.error());
  return gateway;
}

Result<void> Gateway::start(const std::shared_ptr<net::TlsContext>& tls) {
  const Config& config = *snapshot_->config;
  // What a crash left is settled first, so that budgets begin with all that was spent.
  settle_interrupted(*snapshot_, ledger_->recovery().interrupted, ledger_->back_office());
  for (const std::string& note : config.notes) log::warning("{}", note);
  if (auto ok = know_spending(*snapshot_->limits); !ok) return ok;
  if (wants_documents(config)) {
    documents_ = std::make_unique<DocumentReader>(reader_options(config));
    if (!documents_->reads()) log::warning("{}", documents_->why_not());
    admin_.use(*documents_);
  }
  if (auto ok = open_files(); !ok) return ok;
  for (size_t i = 0; i < counters_.size(); ++i) {
    auto worker = std::make_unique<Worker>(Worker::Parts{
        .index = i,
        .journal = &ledger_->journal(static_cast<uint32_t>(i)),
        .idempotency = &idempotency_,
        .own = &own_,
        .counters = &counters_[i],
        .hand =
            [this](std::vector<CallNote> notes) { office_.post([this, n = std::move(notes)] { metering_.take(n); }); },
        .executor = &text_executor_,
        .answers = kept_.answers.get(),
        .documents = documents_.get(),
        .jobs = jobs_.get(),
        .snapshot = snapshot_,
        .tls = tls});
    net::HostPort where = at(config.listen.traffic);
    if (i > 0 && where.port == 0) where.port = workers_.front()->port();
    if (auto ok = worker->listen(where); !ok) return ok;
    workers_.push_back(std::move(worker));
  }
  if (auto ok = admin_server_.listen(at(config.listen.admin), false); !ok) return ok;
  if (!config.identity_dir.empty()) {
    auto directory =
        Directory::open({.loop = office_,
                         .executor = identity_executor_,
                         .dir = config.identity_dir,
                         .snapshot = snapshot_,
                         .tell =
                             [this](const std::shared_ptr<const Identities>& i, const std::shared_ptr<void>& until) {
                               for (auto& w : workers_) w->use(i, until);
                             },
                         .know = [this](const LimitTable& t) { return know_spending(t); }});
    if (!directory) return tl::unexpected(directory.error());
    directory_ = std::move(*directory);
    directory_->start();
    desk_ = std::make_unique<WatchDesk>(
        office_, *directory_,
        [this](const std::shared_ptr<const WatchLevels>& levels) {
          for (auto& w : workers_) w->use(levels);
        },
        [this](const protect::LevelChange& change) { notifier_.tell(change); });
    const auto kept = directory_->watched();
    if (!kept) return tl::unexpected(kept.error());
    desk_->start(*kept);
    refusals_ = std::make_unique<RefusalDesk>(
        office_, [this](std::vector<protect::AuditEntry> lines) { note(std::move(lines), false); });
    for (auto& w : workers_)
      w->use(
          [this](std::vector<protect::Observation> notes) {
            office_.post([this, n = std::move(notes)] { desk_->take(n); });
          },
          [this](std::vector<Refusals> notes) {
            office_.post([this, n = std::move(notes)] {
              refusals_->take(n);
              desk_->take(n);
            });
          });
    identity_api_ = std::make_unique<IdentityApi>(IdentityApi::Parts{
        .loop = office_,
        .directory = *directory_,
        .want_keys = [this](size_t index) { oidc_.want(index); },
        .audit_dir = std::filesystem::path(config.identity_dir) / "audit",
        .session = [this](const net::Head& h) { return pages_ ? pages_->session(h) : SessionCaller(); },
        .watched = [this](const std::string& key) { return desk_->level(key); }});
    admin_.use(*identity_api_);
  }
  if (auto ok = open_pages(); !ok) return ok;
  if (auto ok = oidc_.use(snapshot_); !ok) return ok;
  admin_.use(snapshot_);
  traces_.use(snapshot_);
  notifier_.use(snapshot_);
  if (!config.notifications.empty()) decisions_.start();
  for (auto& w : workers_)
    w->use([this](std::vector<std::shared_ptr<const Trace>> traces) {
      office_.post([this, t = std::move(traces)] { traces_.take(t); });
    });
  metering_.use(snapshot_);
  own_use_.use(snapshot_);
  health_checks_.use(snapshot_);
  grid_.use(snapshot_->grid_sources, config.grid_cache, snapshot_->grid);
  resume_jobs();  // before the first client can send one, which would be among them
  office_thread_ = std::thread([this] { office_.run(); });
  for (auto& w : workers_) w->start();

  if (const auto& r = ledger_->recovery(); r.requests > 0)
    log::info("{} requests that the last run left open are recorded as interrupted", r.requests);
  log::info("ready: {}://{}:{} (traffic), http://{}:{} (admin), {} deployments, {} routes, after {:.0f} ms",
            config.tls ? "https" : "http", config.listen.traffic.host, workers_.front()->port(),
            config.listen.admin.host, admin_server_.port(), snapshot_->deployments.size(), snapshot_->routes.size(),
            seconds(system_clock().mono() - started_) * 1000);
  if (options_.ready) options_.ready(workers_.front()->port(), admin_server_.port());
  return {};
}

Result<void> Gateway::open_files() {
  vault::Vault* const vault = kept_.vault.get();
  if (!vault) return {};
  if (auto swept = vault->sweep(system_clock().wall()); !swept) return tl::unexpected(swept.error());
  files_ = std::make_unique<FileStore>(*vault, vault_executor_);
  jobs_ = std::make_unique<JobOffice>(*files_);
  return {};
}

void Gateway::resume_jobs() {
  if (!jobs_) return;
  auto left = jobs_->log.running(system_clock().wall());
  if (!left) return log::error("jobs that the last run left are not taken up: {}", left.error().message);
  size_t next = 0;
  for (JobRecord& record : *left) {
    const auto job = std::make_shared<Job>(std::move(record), jobs_->boot);
    if (!jobs_->board.add(job, std::numeric_limits<int>::max())) continue;
    workers_[next++ % workers_.size()]->resume(job);
  }
  if (!left->empty()) log::info("{} document jobs that the last run left go on", left->size());
}

Result<void> Gateway::open_pages() {
  if (!options_.pages) return {};
  auto pages = options_.pages(
      {.loop = office_,
       .ledger = *ledger_,
       .own = own_,
       .view = [this] { return admin_.view(); },
       .note = [this](protect::AuditEntry line) { note({std::move(line)}, true); },
       .identities = [this] { return directory_ ? directory_->identities() : nullptr; },
       .want_keys = [this](size_t index) { oidc_.want(index); },
       .watched = [this](const std::string& name) { return desk_ ? desk_->level(name) : protect::WatchLevel::none; }},
      snapshot_);
  if (!pages) return tl::unexpected(pages.error());
  pages_ = std::move(*pages);
  admin_.use(*pages_);
  return {};
}

Result<void> Gateway::know_spending(const LimitTable& limits) {
  // A reload and a look at the identity store may come at the same time: an account is told once.
  const std::lock_guard one_at_a_time(knowing_);
  const auto& budgets = limits.budgets();
  if (std::all_of(budgets.begin(), budgets.end(), [](const auto& b) { return b.account->seeded(); })) return {};
  if (auto ok = ledger_->flush(); !ok) return ok;
  return seed(limits, ledger_->reports(), system_clock().wall());
}

void Gateway::note(std::vector<protect::AuditEntry> lines, bool durable) {
  if (!directory_) return;
  const size_t count = lines.size();
  const bool posted =
      directory_->post([lines = std::move(lines), durable](protect::IdentityStore&, protect::AuditLog& audit) {
        for (const protect::AuditEntry& e : lines)
          if (auto r = audit.append(e, durable); !r) log::error("the audit log: {}", r.error().message);
      });
  if (!posted) log::error("{} lines are not in the audit log: too much to do", count);
}

void Gateway::warn_of_restart(const Config& now) const {
  const Config& was = *snapshot_->config;
  std::string what;
  if (!(now.listen.traffic == was.listen.traffic) || !(now.listen.admin == was.listen.admin)) what += " listen";
  if (now.workers != was.workers) what += " workers";
  if (now.ledger.dir != was.ledger.dir) what += " ledger.dir";
  if (now.identity_dir != was.identity_dir) what += " identity.dir";
  if (now.vault != was.vault) what += " vault";
  if (now.tls.has_value() != was.tls.has_value()) what += " tls";
  if (!(reader_options(now) == reader_options(was)) || (wants_documents(now) && !documents_)) what += " documents";
  if (!what.empty()) log::warning("reload: these need a restart to change:{}", what);
}

void Gateway::reload(const std::string& actor) {
  protect::AuditEntry line;
  line.at = system_clock().wall();
  line.actor = actor;
  line.action = "config.reload";
  line.subject = "file " + options_.config_file;
  line.detail = {{"sha256", hash_of_file(options_.config_file)}, {"sha256_before", file_hash_}};
  if (const auto done = try_reload(); !done) {
    log::error("reload refused, the old configuration stays:\n{}", done.error().message);
    line.outcome = "refused";
    line.detail.emplace_back("because", done.error().message);
  } else {
    file_hash_ = line.detail.front().second;
  }
  note({std::move(line)}, true);
}

Result<void> Gateway::try_reload() {
  auto snapshot = load_snapshot(options_.config_file, snapshot_.get());
  if (!snapshot) return tl::unexpected(snapshot.error());
  auto tls = load_tls(*(*snapshot)->config);
  if (!tls) return tl::unexpected(tls.error());
  for (const std::string& note : (*snapshot)->config->notes) log::warning("{}", note);
  if (auto ok = know_spending(*(*snapshot)->limits); !ok)
    return fail(ok.error().code, "budgets: {}", ok.error().message);
  warn_of_restart(*(*snapshot)->config);
  snapshot_ = *snapshot;
  kept_.answers->store().resize(static_cast<size_t>(snapshot_->config->cache_memory));
  log::set_level(snapshot_->config->log_level);
  for (auto& w : workers_) w->use(snapshot_, *tls);
  office_.post([this, s = snapshot_] {
    metering_.use(s);
    own_use_.use(s);
    health_checks_.use(s);
    grid_.use(s->grid_sources, s->config->grid_cache, s->grid);
    admin_.use(s);
    if (pages_) pages_->use(s);
    traces_.use(s);
    notifier_.use(s);
    if (!s->config->notifications.empty()) decisions_.start();
    if (auto ok = oidc_.use(s); !ok) log::error("reload: {}", ok.error().message);
    if (directory_) directory_->use(s);
  });
  log::info("reloaded: {} deployments, {} routes, {} keys", snapshot_->deployments.size(), snapshot_->routes.size(),
            snapshot_->config->keys.size());
  return {};
}

void Gateway::drain(const std::function<bool()>& hurry) {
  own_.set_draining();
  const Mono last = system_clock().mono() + snapshot_->config->timeouts.drain;
  Latch drained(workers_.size());
  for (auto& w : workers_) w->drain([&drained] { drained.count_down(); });
  constexpr Nanos kLook = std::chrono::milliseconds(50);
  bool hurried = false;
  while (!drained.wait_for(kLook)) {
    if (hurried || (system_clock().mono() < last && !hurry())) continue;
    hurried = true;
    log::warning("ending the requests that still run");
    for (auto& w : workers_) w->close_all();
  }
  const auto finished = std::make_shared<Latch>(2);  // may be told after this gave up
  office_.post([this, finished] {
    admin_server_.drain([finished] { finished->count_down(); });
    admin_server_.close_all();
    grid_.stop();
    oidc_.stop();
    if (refusals_) refusals_->flush();
    health_checks_.stop();
    traces_.stop();
    notifier_.stop();
    decisions_.stop();
    auto last_reading = [](Gateway& g, std::shared_ptr<Latch> done) -> net::Task<void> {
      co_await g.metering_.finish();
      g.own_use_.book();
      // requests under way end by themselves
      while (!g.grid_.idle() || !g.oidc_.idle() || !g.health_checks_.idle() || !g.traces_.idle() ||
             !g.notifier_.idle() || !g.decisions_.idle())
        co_await g.office_.sleep(std::chrono::milliseconds(5));
      done->count_down();
    };
    net::spawn(last_reading(*this, finished));
  });
  if (!finished->wait_for(kFinishLimit)) log::warning("a meter did not answer: some figures stay provisional");
}

Gateway::~Gateway() {
  for (auto& w : workers_) w->stop();
  if (office_thread_.joinable()) {
    office_.stop();
    office_thread_.join();
  }
  executor_.wait();
  text_executor_.wait();
  vault_executor_.wait();
  if (documents_) documents_->stop();
  if (directory_) directory_->close();
}

}  // namespace

Result<void> serve(const ServeOptions& options) {
  const Mono started = system_clock().mono();
  keep_freed_memory();
  const sigset_t signals = take_signals();
  auto gateway = Gateway::open(options, started);
  if (!gateway) return tl::unexpected(gateway.error());
  for (;;) {
    siginfo_t signal{};
    if (sigwaitinfo(&signals, &signal) < 0) continue;
    if (signal.si_signo == SIGHUP) {
      (*gateway)->reload(sender(signal));
      continue;
    }
    log::info("draining: present requests end, new connections are refused");
    (*gateway)->drain([&] {
      const timespec now{};
      const int again = sigtimedwait(&signals, nullptr, &now);
      return again == SIGTERM || again == SIGINT;
    });
    return {};
  }
}

}  // namespace trine::gateway

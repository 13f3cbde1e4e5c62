// A gateway's whole request path on one loop: clients and engines in memory, time that moves only when the test says
// so, a real ledger in a folder of its own.
#pragma once

#include <thread>

#include "gateway/cache/answer_cache.h"
#include "gateway/context.h"
#include "gateway/executor.h"
#include "gateway/own_endpoints.h"
#include "gateway/pipeline.h"
#include "gateway/worker.h"
#include "integration/gateway/wire.h"
#include "ledger/ledger.h"
#include "unit/ledger/fixtures.h"

namespace trine::gateway::test {

using energy::Outcome;
using ledger::testing::SmallDisk;
using ledger::testing::TempDir;

// A configuration in parts, so that a test states only what it is about.
struct Sample {
  // "fr" is always the better one by its carbon.
  string keys = R"(
  - { id: one, secret: sk-one, org: acme, team: claims, project: intake }
  - { id: two, secret: sk-two, org: acme, team: claims, project: archive }
)";
  string deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.36 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, pue: 1.2, price: { per_hour: 1.20 } }
)";
  string routes = R"(
  - { model: small, deployments: [fr, de], weights: { cost: 0, control: 0, carbon: 1 } }
)";
  string grid = "{ zones: { FR: { g_per_kwh: 50 }, DE: { g_per_kwh: 400 } } }";
  string guard = {};      // the section; empty: off
  string more;            // further top-level keys
  string ledger = "{ }";  // the section
  SmallDisk* disk = nullptr;
  DocumentReader* reader = nullptr;  // none: no file is read

  string yaml() const {
    return "keys:" + keys + "deployments:" + deployments + "routes:" + routes + "grid: " + grid +
           "\nledger: " + ledger + (guard.empty() ? "\n" : "\nguard: " + guard + "\n") + more;
  }
};

// Without the guard, where the text does not ask for it: its rules take a second to compile.
inline std::shared_ptr<const Config> load_text(const string& yaml) {
  const bool guarded = yaml.find("\nguard:") != string::npos;
  auto config = load_config_text("gateway.yaml", guarded ? yaml : yaml + "\nguard: { on: false }\n");
  if (!config) throw std::runtime_error(config.error().message);
  return *config;
}
// The built-in catalog is read once.
inline Result<std::shared_ptr<const catalog::Catalog>> catalog_of(const Config& config) {
  static const auto built_in = load_catalog(Config{});
  const bool plain = config.catalog.dir.empty() && config.catalog.exchange.empty();
  return plain ? built_in : load_catalog(config);
}
inline Result<std::shared_ptr<const Snapshot>> snapshot_of(const string& yaml, const Snapshot* before = nullptr) {
  auto config = load_text(yaml);
  auto catalog = catalog_of(*config);
  if (!catalog) return tl::unexpected(catalog.error());
  return make_snapshot(config, *catalog, before);
}
inline std::shared_ptr<const Snapshot> must_snapshot(const string& yaml, const Snapshot* before = nullptr) {
  auto s = snapshot_of(yaml, before);
  if (!s) throw std::runtime_error(s.error().message);
  return *s;
}

class Harness {
 public:
  explicit Harness(const Sample& sample = {})
      : ledger(open_ledger(dir.path(), sample.disk)), own(*ledger, executor), reader(sample.reader) {
    const auto snapshot = must_snapshot(sample.yaml());
    context.use(snapshot);
    server = std::make_unique<net::Server>(loop, pipeline, server_limits(*snapshot->config));
  }
  // Every exchange must have an end; those of a test end with it.
  ~Harness() {
    clients.clear();
    engines.leave();
    server->close_all();
    loop.run_virtual(clock, std::chrono::hours(24));
    EXPECT_EQ(server->connections(), 0u);
  }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  static std::unique_ptr<ledger::Ledger> open_ledger(const std::filesystem::path& dir, ledger::Space* space = nullptr) {
    ledger::Ledger::Options o;
    o.dir = dir;
    o.segment_bytes = 256 << 10;
    o.reserve_bytes = 8 << 10;
    o.fold_every = std::chrono::hours(1);  // flush() folds when a test looks
    o.space = space;
    auto l = ledger::Ledger::open(std::move(o));
    if (!l) throw std::runtime_error(l.error().message);
    return std::move(*l);
  }

  // What is ready now, at this very time.
  void settle() { loop.run_virtual(clock, Nanos(0)); }
  // Everything that happens until `d` from now; the clock stands there afterwards.
  void advance(Nanos d) {
    const Mono target = clock.mono() + d;
    loop.run_virtual(clock, d);
    if (clock.mono() < target) clock.advance(target - clock.mono());
    settle();
  }
  // For what another thread does (the executor). Virtual time stands still.
  template <class Holds>
  bool until(Holds holds) {
    const auto patience = std::chrono::steady_clock::now() + 20s;
    for (; !holds(); std::this_thread::yield()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      settle();
    }
    return true;
  }

  Client& connect(net::MemoryFaults to_gateway = {}, net::MemoryFaults to_client = {}, bool reads = true) {
    auto [theirs, ours] = net::memory_pair(loop, to_gateway, to_client);
    server->serve(std::move(ours));
    return *clients.emplace_back(std::make_unique<Client>(std::move(theirs), reads));
  }
  // Sends a request on a new connection and runs what follows at once.
  Client& send(string_view request) {
    Client& c = connect();
    c.send(request);
    settle();
    return c;
  }
  // The same, for an answer that comes at once.
  Message ask(string_view request) {
    const bool head = request.starts_with("HEAD ");
    Client& c = send(request);
    Message m;
    EXPECT_TRUE(until([&] { return (m = c.answer(head)).complete || c.ended; }));
    return m;
  }

  void reload(const Sample& sample) { context.use(must_snapshot(sample.yaml(), context.snapshot().get())); }

  // ---- what the ledger has ----
  ledger::RequestView record(const Message& answer) { return record(answer.header("x-trine-request-id")); }
  ledger::RequestView record(const string& id_text) {
    const auto id = RequestId::parse(id_text);
    if (!id) throw std::runtime_error("no request id: " + id_text);
    auto view = folded().request(*id);
    if (!view) throw std::runtime_error(view.error().message);
    if (!*view) throw std::runtime_error("no record of " + id_text);
    return **view;
  }
  // Everything that was ever recorded.
  ledger::Sums total() { return report(ledger::By::none).total.sums; }
  ledger::Sums of_deployment(const string& name) {
    for (const auto& row : report(ledger::By::deployment).rows)
      if (row.name == name) return row.sums;
    return {};
  }
  ledger::Report hours() { return report(ledger::By::hour); }
  int64_t requests(Outcome o) { return total().outcomes[static_cast<size_t>(o)]; }
  const Deployment& deployment(string_view name) const { return *context.snapshot()->deployment(name); }
  int64_t running(string_view name) const { return deployment(name).state->batch.running(); }

  VirtualClock clock;
  net::Loop loop{clock};
  TempDir dir;
  std::unique_ptr<ledger::Ledger> ledger;
  Executor executor;
  OwnEndpoints own;
  DocumentReader* const reader;
  Idempotency idempotency;
  WorkerCounters counters;
  std::vector<CallNote> notes;  // what metering would be told
  CallFeed feed{[this](std::vector<CallNote> some) {
    for (CallNote& n : some) notes.push_back(std::move(n));
  }};
  AnswerCache answers{1 << 20, nullptr};
  Engines engines;
  Context context{{.worker = 0,
                   .loop = loop,
                   .journal = ledger->journal(0),
                   .feed = feed,
                   .idempotency = idempotency,
                   .counters = counters,
                   .seed = 7,
                   .dialer = &engines,
                   .egress_dialer = &engines,
                   .documents = reader,
                   .answers = &answers}};
  Pipeline pipeline{context, own};
  std::unique_ptr<net::Server> server;
  std::vector<std::unique_ptr<Client>> clients;

 private:
  ledger::Reports folded() {
    if (auto ok = ledger->flush(); !ok) throw std::runtime_error(ok.error().message);
    return ledger->reports();
  }
  ledger::Report report(ledger::By by) {
    auto r = folded().query({.since = from_unix_ns(0),
                             .until = from_unix_ns(4'000'000'000'000'000'000),
                             .by = by,
                             .workload = {},
                             .key = {},
                             .deployment = {},
                             .zone = {}});
    if (!r) throw std::runtime_error(r.error().message);
    return *r;
  }
};

// An engine that answers every request with this.
inline auto answers(string bytes) {
  return [bytes = std::move(bytes)](EngineSide& side, const Message&) { side.send(bytes); };
}
// An engine that begins a stream and leaves the rest to the test.
inline auto streams(string first = "") {
  return [first = std::move(first)](EngineSide& side, const Message&) {
    side.send(kStreamHead);
    if (!first.empty()) side.send(chunk(first));
  };
}

// A gateway as the test wants it, before two engines, "fr" and "de", that answer.
struct TwoEnginesTest : testing::Test {
  Harness& with(const Sample& s) {
    kept = std::make_unique<Harness>(s);
    for (auto host : {"fr.test", "de.test"})
      kept->engines[host].on_request = answers(json_answer(completion(usage_json(20, 5))));
    return *kept;
  }
  std::unique_ptr<Harness> kept;
};

}  // namespace trine::gateway::test

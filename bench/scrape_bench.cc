// links: observe
// The page /metrics of a large site: 200 deployments, 50 workloads, each of which has called each deployment; all
// families have their series, and each bucket that can name a trace does. `copy` and `lines` are what the same bytes
// cost at least: copied, and put together line by line from a ready beginning and a number.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "base/log.h"
#include "ledger/ledger.h"
#include "observe/families.h"
#include "observe/prometheus.h"

namespace {

using namespace trine;
using namespace std::chrono_literals;

constexpr int kDeployments = 200, kWorkloads = 50, kZones = 20, kKeys = 200, kWorkers = 2;
constexpr size_t kStages = 8;

std::string configuration() {
  std::string text = fmt::format("workers: {}\nguard: {{ on: false }}\n", kWorkers);
  text += "traces: { otlp: \"http://127.0.0.1:1\", sample: 1 }\nkeys:\n";
  for (int i = 0; i < kKeys; ++i) text += fmt::format("  - {{ id: k{}, secret: sk-{:05} }}\n", i, i);
  text += "budgets: [{ for: { key: \"*\" }, eur: 50 }]\n";
  text += "grid:\n  zones:\n";
  for (int i = 0; i < kZones; ++i) text += fmt::format("    Z{:02}: {{ g_per_kwh: {} }}\n", i, 31 + i);
  text += "baseline: { vendor: openai, model: gpt-4o-mini }\ndeployments:\n";
  // Simulated engines are metered: their meters' series are on the page, though nobody reads them here.
  for (int i = 0; i < kDeployments; ++i)
    text += fmt::format(
        "  - {{ name: deployment-{:03}, url: \"http://127.0.0.1:1/v1\", engine: sim, model: gpt-oss-20b, gpu: "
        "A100-PCIe-80GB, zone: Z{:02}, price: {{ per_hour: 1.2 }} }}\n",
        i, i % kZones);
  text += "routes:\n";
  for (int i = 0; i < kWorkloads; ++i)
    text += fmt::format("  - {{ model: m{}, deployments: [deployment-000], workload: workload-{:02} }}\n", i, i);
  return text;
}

// Numbers of the lengths that months of work give them, no two the same.
class Numbers {
 public:
  int64_t upto(int64_t most) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state_ >> 11) % static_cast<uint64_t>(most)) + most / 10;
  }

 private:
  uint64_t state_ = 1;
};

struct Site {
  Site() {
    log::set_level(log::Level::error);   // that no meter answers
    mallopt(M_MMAP_THRESHOLD, 4 << 20);  // as the program has it: a page's memory is new each time
    const auto config = gateway::load_config_text("bench.yaml", configuration());
    if (!config) throw std::runtime_error(config.error().message);
    const auto made = gateway::make_snapshot(*config, *gateway::load_catalog(**config));
    if (!made) throw std::runtime_error(made.error().message);
    snapshot = *made;
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-scrape-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    ledger::Ledger::Options options;
    options.dir = folder;
    ledger = *ledger::Ledger::open(std::move(options));
    state.fold.last_fold = system_clock().wall();
    metering = std::make_unique<gateway::Metering>(loop, ledger->back_office());
    metering->use(snapshot);
    for (const auto& d : snapshot->deployments)
      for (size_t worker = 0; worker < kWorkers; ++worker) fill(d->state->probe.of(worker));
    for (gateway::WorkerCounters& w : workers) fill(w);
    traces.use(snapshot);
    for (const auto& d : snapshot->deployments) name_traces(d->name);
    for (int i = 0; i < kZones; ++i)
      for (const char* name : {"entsoe", "electricitymaps"}) {
        grid::SourceStatus source;
        source.source = name;
        source.zone = fmt::format("Z{:02}", i);
        source.up = true;
        source.fetched = source.newest_end = system_clock().wall();
        sources.push_back(std::move(source));
      }
    for (const char* receiver : {"mail", "chat", "pager"})
      notices.push_back({.receiver = receiver, .sent = 7, .failed = 1, .dropped = 0, .waiting = 0});
  }
  ~Site() {
    metering->stop();
    loop.run_virtual(clock, 1min);  // readings under way end with its time, which costs none
    metering.reset();
    ledger.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  template <class Histogram>
  void fill_histogram(Histogram& h, double per_unit) {
    for (const double bound : Histogram::kBounds)
      for (int64_t i = numbers.upto(40); i > 0; --i) h.observe(static_cast<int64_t>(bound * per_unit));
  }

  void fill(gateway::AmountCounters& n, int64_t most) {
    for (gateway::Counter* c : {&n.energy_uj, &n.carbon_ng, &n.cost_n}) c->add(numbers.upto(most));
  }

  void fill(gateway::DeploymentCounters& n) {
    for (gateway::Counter& c : n.calls) c.add(numbers.upto(1'000'000));
    for (gateway::Counter* c : {&n.tokens_in, &n.tokens_cached, &n.tokens_out}) c->add(numbers.upto(9'000'000'000));
    for (gateway::Counter* c : {&n.energy_uj, &n.carbon_ng, &n.cost_n}) c->add(numbers.upto(9'000'000'000'000'000));
    fill(n.baseline, 9'000'000'000'000'000);
    fill_histogram(n.duration, 1e9);
    fill_histogram(n.first_token, 1e9);
    fill_histogram(n.per_output_token, 1e9);
    fill_histogram(n.call_tokens_in, 1);
    fill_histogram(n.call_tokens_out, 1);
    for (size_t place = 0; place < snapshot->workloads.all().size(); ++place) {
      gateway::WorkloadCounters& cell = n.workloads.of(place);
      cell.calls.add(numbers.upto(100'000));
      for (gateway::Counter* c : {&cell.tokens_in, &cell.tokens_out}) c->add(numbers.upto(900'000'000));
      for (gateway::Counter* c : {&cell.energy_uj, &cell.carbon_ng, &cell.cost_n})
        c->add(numbers.upto(90'000'000'000'000));
      fill(cell.baseline, 90'000'000'000'000);
    }
  }

  void fill(gateway::WorkerCounters& n) {
    for (gateway::Counter& c : n.requests) c.add(numbers.upto(1'000'000));
    for (gateway::Counter& c : n.phase_ns) c.add(numbers.upto(1'000'000'000'000));
    fill_histogram(n.overhead, 1e9);
    constexpr const char* kSteps[kStages] = {"cache.exact",     "cache.semantic",    "cache.coalesced",
                                             "documents.text",  "documents.repeats", "documents.images",
                                             "documents.lines", "documents.tables"};
    for (const char* step : kSteps) n.spared.add(step, numbers.upto(1'000'000), numbers.upto(1'000'000));
  }

  // One for each bucket.
  void name_traces(const std::string& deployment) {
    std::vector<std::shared_ptr<const gateway::Trace>> all;
    std::vector<double> took(gateway::kCallSeconds.begin(), gateway::kCallSeconds.end());
    took.push_back(100);
    for (const double s : took) {
      auto trace = std::make_shared<gateway::Trace>();
      trace->id = {static_cast<uint64_t>(numbers.upto(1LL << 60)), static_cast<uint64_t>(numbers.upto(1LL << 60))};
      gateway::CallTrace call{.span = 3, .facts = {}, .figures = {}, .settled = true};
      call.facts.deployment = deployment;
      call.facts.end = system_clock().wall();
      call.facts.start = call.facts.end - from_seconds(s);
      trace->calls.push_back(std::move(call));
      all.push_back(std::move(trace));
    }
    traces.take(std::move(all));
  }

  std::string page(gateway::MetricsForm form) const {
    gateway::GatewayView view{*snapshot, workers, state, *metering, {}, {}, sources, {}, &traces, notices};
    return observe::prometheus_page(view, form);
  }

  Numbers numbers;
  std::shared_ptr<const gateway::Snapshot> snapshot;
  std::vector<gateway::WorkerCounters> workers{kWorkers};
  std::filesystem::path folder;
  std::unique_ptr<ledger::Ledger> ledger;
  ledger::LedgerState state;
  VirtualClock clock{system_clock().wall()};
  net::Loop loop{clock};
  std::unique_ptr<gateway::Metering> metering;
  gateway::TraceExporter traces{loop};
  std::vector<grid::SourceStatus> sources;
  std::vector<gateway::NoticeStats> notices;
};

const Site& site() {
  static const Site it;
  return it;
}

const std::string& sample_page() {
  static const std::string it = site().page(gateway::MetricsForm::openmetrics);
  return it;
}

// What must be on the page, so that nothing is measured that leaves most of it out. Two families need more than a
// gateway made by hand has: a meter that answered, and a source of other intensities.
bool complete(const std::string& page) {
  constexpr std::string_view kNotHere[] = {"trine_meter_lag_seconds", "trine_grid_other_intensity_grams_per_kwh"};
  for (const observe::Family& f : observe::families()) {
    if (std::string_view(f.labels).empty() || std::ranges::find(kNotHere, f.name) != std::end(kNotHere)) continue;
    if (page.find(fmt::format("\n{}{{", f.name)) == std::string::npos &&
        page.find(fmt::format("\n{}_bucket{{", f.name)) == std::string::npos)
      return false;
  }
  const auto count = [&](std::string_view what) {
    int n = 0;
    for (size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + what.size())) ++n;
    return n;
  };
  return count("\ntrine_workload_cost_total{") == kDeployments * (kWorkloads + 2) &&
         count("# {trace_id=") == kDeployments * static_cast<int>(gateway::kCallSeconds.size() + 1);
}

void scrape(benchmark::State& state) {
  const auto form = state.range(0) != 0 ? gateway::MetricsForm::openmetrics : gateway::MetricsForm::prometheus;
  if (!complete(sample_page())) return state.SkipWithError("series or exemplars are missing");
  size_t bytes = 0, series = 0;
  for (auto _ : state) {
    const std::string page = site().page(form);
    bytes = page.size();
    benchmark::DoNotOptimize(page.data());
  }
  for (const char c : site().page(form)) series += c == '\n';
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["lines"] = static_cast<double>(series);
}
BENCHMARK(scrape)->Unit(benchmark::kMillisecond)->Arg(0)->Arg(1)->ArgName("openmetrics");

void copy(benchmark::State& state) {
  for (auto _ : state) {
    const std::string page(sample_page());
    benchmark::DoNotOptimize(page.data());
  }
}
BENCHMARK(copy)->Unit(benchmark::kMillisecond);

// Each line's beginning as it is, and its number formatted: no labels, no sums over workers, no table of families.
void lines(benchmark::State& state) {
  struct Line {
    std::string_view begin;
    int64_t number;
  };
  std::vector<Line> ready;
  const std::string_view page = sample_page();
  for (size_t at = 0; at < page.size();) {
    const size_t end = page.find('\n', at), space = page.rfind(' ', end);
    Line line{page.substr(at, space + 1 - at), 0};
    // All its digits, without the point that they have: the same length but for that.
    for (const char c : page.substr(space + 1, std::min<size_t>(end - space - 1, 19)))
      if (c >= '0' && c <= '9' && line.number < 100'000'000'000'000'000) line.number = line.number * 10 + (c - '0');
    ready.push_back(line);
    at = end + 1;
  }
  for (auto _ : state) {
    std::string out;
    out.reserve(page.size());
    char digits[24];
    for (const Line& l : ready) {
      const auto end = std::to_chars(digits, digits + sizeof digits, l.number).ptr;
      out.append(l.begin).append(digits, static_cast<size_t>(end - digits)).push_back('\n');
    }
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(lines)->Unit(benchmark::kMillisecond);

}  // namespace

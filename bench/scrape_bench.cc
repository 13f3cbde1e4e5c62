// links: observe
// The page /metrics of a large site: 200 deployments, 50 workloads, each of which has called each deployment.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>

#include "ledger/ledger.h"
#include "observe/prometheus.h"

namespace {

using namespace trine;

constexpr int kDeployments = 200, kWorkloads = 50;

std::string configuration() {
  std::string text =
      "keys: [{ id: k, secret: sk-k }]\nguard: { on: false }\ngrid: { zones: { FR: { g_per_kwh: 31 } } "
      "}\ndeployments:\n";
  for (int i = 0; i < kDeployments; ++i)
    text += fmt::format(
        "  - {{ name: deployment-{:03}, url: \"http://127.0.0.1:1/v1\", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: "
        "FR, "
        "price: {{ per_hour: 1.2 }} }}\n",
        i);
  text += "routes:\n";
  for (int i = 0; i < kWorkloads; ++i)
    text += fmt::format("  - {{ model: m{}, deployments: [deployment-000], workload: workload-{:02} }}\n", i, i);
  return text;
}

struct Site {
  Site() {
    const auto config = gateway::load_config_text("bench.yaml", configuration());
    if (!config) throw std::runtime_error(config.error().message);
    snapshot = *gateway::make_snapshot(*config, *gateway::load_catalog(**config));
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-scrape-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    ledger::Ledger::Options options;
    options.dir = folder;
    ledger = *ledger::Ledger::open(std::move(options));
    metering = std::make_unique<gateway::Metering>(loop, ledger->back_office());
    for (const auto& d : snapshot->deployments) {
      gateway::DeploymentCounters& n = d->state->probe.of(0);
      for (size_t place = 0; place < snapshot->workloads.all().size(); ++place) {
        gateway::WorkloadCounters& cell = n.workloads.of(place);
        cell.calls.add(12'345);
        cell.tokens_in.add(12'345'678);
        cell.tokens_out.add(2'345'678);
        cell.energy_uj.add(123'456'789'012);
        cell.carbon_ng.add(12'345'678'901'234);
        cell.cost_n.add(123'456'789'012);
      }
    }
  }
  ~Site() {
    metering.reset();
    ledger.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  std::shared_ptr<const gateway::Snapshot> snapshot;
  std::vector<gateway::WorkerCounters> workers{1};
  std::filesystem::path folder;
  std::unique_ptr<ledger::Ledger> ledger;
  net::Loop loop;
  std::unique_ptr<gateway::Metering> metering;
};

void scrape(benchmark::State& state) {
  const Site site;
  size_t bytes = 0;
  for (auto _ : state) {
    const gateway::GatewayView view{*site.snapshot, site.workers, {}, *site.metering, {}, {}};
    const std::string page = observe::render_page(view, system_clock().wall(), {}, gateway::MetricsForm::openmetrics);
    bytes = page.size();
    benchmark::DoNotOptimize(page.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(scrape)->Unit(benchmark::kMillisecond);

}  // namespace

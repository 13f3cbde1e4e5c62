// links: replay
// Requests a second of one core for a fleet of 10, everything included: arrival, route, batch, completion, percentiles.
// Contract: at least 300,000. Beside it the same arrivals through an event loop that does nothing with them.
#include <benchmark/benchmark.h>

#include "catalog/load.h"
#include "fleet/fleet_file.h"
#include "replay/cluster.h"

namespace {

using namespace trine;
using namespace trine::replay;

constexpr double kHour = 3600;
constexpr int kMachines = 10;
const fleet::Mix kMix{.in = 1155, .cached = 0, .out = 211};

const fleet::Fleet& ten() {
  static const auto catalog = *catalog::load();
  static const auto fleet = *fleet::read_fleet_text(
      "fleet.yaml",
      "peak_tokens_per_min: 3000000\nmodel: llama-3.1-8b\noptions:\n"
      "  - { name: a, gpu: A100, zone: DE, per_hour: 1.6 }\n  - { name: b, gpu: H100, zone: SE, per_hour: 2.7 }\n",
      *catalog);
  return fleet;
}

Arrivals hour(const fleet::Trace& trace, double requests, uint64_t seed) {
  return {trace, fleet::Shape::raw, kMix, {requests}, seed};
}

void BM_Cluster(benchmark::State& state) {
  Cluster::Setup setup;
  setup.load.mix = kMix;
  setup.slo = {.ttft_s = 2, .tpot_s = 0.08};
  setup.router.weights = {0.5, 0, 0.5};
  for (const auto& o : ten().options) setup.services.push_back(*make_service(o, setup.load, setup.slo));
  double rate = 0;
  for (const auto& s : setup.services) rate += 0.8 * s.requests_per_s * kMachines / 2;
  fleet::Trace trace;
  trace.hourly = {1};
  uint64_t requests = 0;
  for (auto _ : state) {
    Cluster cluster(setup);
    cluster.set_grid(0, {350, 35});
    for (int i = 0; i < kMachines; ++i) cluster.order(i % 2 ? 1 : 0, 0, true);
    Arrivals arrivals = hour(trace, rate * kHour, 1);
    for (Arrival a; arrivals.next(a);) {
      while (cluster.next_at() <= a.at_s) cluster.step();
      cluster.arrive(a);
    }
    cluster.finish(kHour);
    requests += cluster.tally().requests;
    benchmark::DoNotOptimize(cluster.tally().served);
  }
  state.SetItemsProcessed(static_cast<int64_t>(requests));
}
BENCHMARK(BM_Cluster)->Unit(benchmark::kMillisecond);

// Arrivals and one event each, through the same heap.
void BM_EmptyLoop(benchmark::State& state) {
  fleet::Trace trace;
  trace.hourly = {1};
  uint64_t requests = 0;
  for (auto _ : state) {
    EventHeap events;
    for (int i = 0; i < kMachines; ++i) events.grow();
    Arrivals arrivals = hour(trace, 200'000, 1);
    uint32_t next = 0;
    for (Arrival a; arrivals.next(a); ++requests) {
      while (events.first_at() <= a.at_s) events.set(events.first(), EventHeap::kNever);
      events.set(next++ % kMachines, a.at_s + 1e-3);
    }
    benchmark::DoNotOptimize(events.first_at());
  }
  state.SetItemsProcessed(static_cast<int64_t>(requests));
}
BENCHMARK(BM_EmptyLoop)->Unit(benchmark::kMillisecond);

}  // namespace

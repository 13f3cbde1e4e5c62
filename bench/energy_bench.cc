// links: energy
// Attribution replayed on one core: requests of two slices each, one-second windows, 30 concurrent per device.
// Contract: over 100,000 requests/s.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "energy/attribution.h"

namespace {

using namespace trine;
using namespace trine::energy;

// `rate` requests a second on one device, each running five seconds.
void BM_Attribution(benchmark::State& state) {
  const auto rate = static_cast<uint64_t>(state.range(0));
  DeviceConfig config;
  config.device = "gpu-0";
  config.deployment = "fr-h100";
  config.zone = "FR";
  config.models = {TokenWeights::from({0.0665, 3.163})};
  config.embodied = {164, 700, 3};
  config.idle_w = 60;
  Attributor device(config);
  std::vector<Settlement> settled;
  const Conditions now{{56, 0.08, true}, {euros(2.5), Money()}, EngineTokens{0, 0}, std::nullopt};
  Wall t = from_unix_ns(1'795'395'000'000'000'000);
  uint64_t id = 0;
  CallFacts call;
  call.in = 1200;
  call.out = 200;
  call.streamed = true;
  for (auto _ : state) {
    for (uint64_t i = 0; i < rate; ++i) {
      call.id.request.lo = ++id;
      call.start = t + Nanos(static_cast<int64_t>(i * 1'000'000'000 / rate));
      call.first_token = call.start + std::chrono::milliseconds(300);
      call.end = call.start + std::chrono::seconds(5);
      const Slices s = slices_of(call, {});
      const auto slot = device.open(call.id, call.start);
      device.work(slot, s.prefill);
      device.work(slot, s.decode);
      device.close(slot, call.end);
    }
    const Wall end = t + std::chrono::seconds(1);
    device.window({t, end, std::chrono::seconds(1), joules(650), Reading::counter, 0, {}}, now, settled);
    benchmark::DoNotOptimize(settled.data());
    settled.clear();
    t = end;
  }
  state.SetItemsProcessed(static_cast<int64_t>(id));
}
BENCHMARK(BM_Attribution)->Arg(10)->Arg(100)->Arg(1000)->Arg(100'000);

}  // namespace

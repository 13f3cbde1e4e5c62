#include "energy/replay.h"

#include "energy/attribution.h"

namespace trine::energy {

std::vector<ReplayedWindow> replay(const CallId& wanted, std::span<const ReplayedCall> calls,
                                   std::span<const TokenWeights> weights, const Pace& pace,
                                   std::span<const DeviceWindow> windows) {
  DeviceConfig config;
  config.models.assign(weights.begin(), weights.end());
  Attributor attributor(config);
  for (const ReplayedCall& c : calls) {
    const Slices slices = slices_of(c.facts, pace);
    const auto slot = attributor.open(c.facts.id, c.facts.start, c.model);
    attributor.work(slot, slices.prefill);
    attributor.work(slot, slices.decode);
    attributor.close(slot, c.facts.end);
  }
  std::vector<ReplayedWindow> out;
  std::vector<Settlement> settled;
  for (const DeviceWindow& w : windows) {
    const MeterWindow meter{w.begin, w.end, w.end - w.begin, w.total.gpu_energy, Reading::counter, 0, std::nullopt};
    if (!attributor.window(meter, {}, settled)) continue;
    ReplayedWindow r;
    for (const CallShare& s : attributor.shares()) {
      r.all_weight_j += s.weight_j;
      ++r.calls;
      if (s.call == wanted) r.weight_j = s.weight_j;
    }
    if (r.weight_j <= 0) continue;
    r.window = w;
    r.batch = attributor.detail().batch;
    const double part = r.share();
    r.ours = {scale(w.requests.gpu_energy, part), scale(w.requests.energy, part), scale(w.requests.operational, part),
              scale(w.requests.embodied, part), scale(w.requests.cost, part)};
    out.push_back(r);
  }
  return out;
}

}  // namespace trine::energy

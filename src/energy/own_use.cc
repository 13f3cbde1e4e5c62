#include "energy/own_use.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace trine::energy {
namespace {

// `sigma` either way, in whole units.
template <class Amount>
std::pair<Amount, Amount> range_of(Amount value, double sigma) {
  const auto r = range90(static_cast<double>(value.raw()), sigma);
  return {Amount::raw(std::llround(r.low)), Amount::raw(std::llround(r.high))};
}

}  // namespace

GatewayUse gateway_use(Wall begin, Wall end, Nanos cpu, const GatewayHost& host, const GridValue& raw) {
  const GridValue grid = usable(raw);
  GatewayUse use;
  use.begin = begin;
  use.end = end;
  use.cpu = std::max(Nanos(0), cpu);
  use.zone = host.zone;
  if (use.cpu == Nanos(0)) return use;
  use.energy = std::max(Energy::raw(1), joules(seconds(use.cpu) * host.watts_per_core * host.pue));
  use.carbon = std::max(Carbon::raw(1), emitted(use.energy, Intensity{grid.g_per_kwh}));
  const double sigma = combined({kWattsPerCoreSigma, host.pue_sigma});
  std::tie(use.energy_low, use.energy_high) = range_of(use.energy, sigma);
  std::tie(use.carbon_low, use.carbon_high) = range_of(use.carbon, combined({sigma, grid.sigma}));
  return use;
}

}  // namespace trine::energy

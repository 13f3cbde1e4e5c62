#include "energy/provisional.h"

#include <algorithm>
#include <cmath>

namespace trine::energy {

Figures provisional(const CallFacts& call, const OwnHardware& hw, const GridValue& raw_grid) {
  const GridValue grid = usable(raw_grid);
  Figures f;
  f.letter = letter_for(Source::curve, grid.hourly, call.simulated);
  if (call.outcome == Outcome::refused) return f;

  const double batch = std::isfinite(call.mean_batch) ? std::max(1.0, call.mean_batch) : 1.0;
  const auto in = static_cast<double>(std::max<Tokens>(0, call.in));
  const auto out = static_cast<double>(std::max<Tokens>(0, call.out));
  const double cached = std::clamp(static_cast<double>(call.cached), 0.0, in);
  const Nanos share = from_seconds(std::max(0.0, seconds(call.end - call.start)) / batch);

  f.gpu_energy = joules(work_joules(hw.weights, {in - cached, cached, out, in + out / 2}, batch));
  const Energy host = modelled_host(hw.site, share);
  f.energy = facility(f.gpu_energy, host, hw.site);
  f.operational = emitted(f.energy, Intensity{grid.g_per_kwh});
  f.embodied = Carbon::raw(std::llround(hw.embodied.ng_per_s(hw.site.gpus) * seconds(share)));
  f.cost = hourly_cost(hw.price_over(call.start, call.end), share, f.energy);

  const double it = of_sum(to_joules(f.gpu_energy), hw.curve_sigma, to_joules(host), sigma::modelled_host);
  const double energy_sigma = combined({it, hw.site.pue_sigma});
  set_ranges(f, energy_sigma, combined({energy_sigma, grid.sigma}), sigma::embodied);
  return f;
}

Result<Figures> provisional_vendor(const CallFacts& call, const VendorModel& model, const VendorPrice& price,
                                   const GridValue& raw_grid, double vendor_sigma) {
  const GridValue grid = usable(raw_grid);
  Figures f;
  f.letter = letter_for(Source::vendor, grid.hourly, call.simulated);
  if (call.outcome == Outcome::refused) return f;
  const Usage usage{call.in, call.cached, call.out, 0};
  const auto estimate = vendor_estimate(model, usage, seconds(call.end - call.start));
  if (!estimate) return tl::unexpected(estimate.error());
  const auto cost = vendor_cost(price, usage);
  if (!cost) return tl::unexpected(cost.error());
  f.gpu_energy = estimate->gpu;
  f.energy = estimate->facility;
  f.operational = emitted(f.energy, Intensity{grid.g_per_kwh});
  f.embodied = estimate->embodied;
  f.cost = *cost;
  set_ranges(f, vendor_sigma, combined({vendor_sigma, grid.sigma}), sigma::embodied);
  return f;
}

Settlement provisional_settlement(const CallFacts& call, const Figures& figures) {
  return {call.id, 0, Basis::provisional, call.end, figures};
}

}  // namespace trine::energy

// What the tests of savings share: an hour of traffic, and two baselines.
#pragma once

#include "energy/uncertainty.h"
#include "score/savings.h"

namespace trine::score::testing {

inline const energy::GridValue kGrid{380, 0.3, false};

// `calls` of one shape, each with these figures.
inline ServedHour hour_of(int64_t calls, Tokens in, Tokens out, energy::Figures each,
                          const energy::GridValue& grid = kGrid) {
  ServedHour h;
  h.grid = grid;
  h.sums.requests = h.sums.calls = calls;
  h.sums.in = calls * in;
  h.sums.out = calls * out;
  h.sums.served = {calls, calls * in, 0, calls * out};
  const auto n = static_cast<double>(calls);
  h.sums.energy = scale(each.energy, n);
  h.sums.energy_low = scale(each.energy_low, n);
  h.sums.energy_high = scale(each.energy_high, n);
  h.sums.operational = scale(each.operational, n);
  h.sums.embodied = scale(each.embodied, n);
  h.sums.carbon_low = scale(each.carbon_low, n);
  h.sums.carbon_high = scale(each.carbon_high, n);
  h.sums.cost = scale(each.cost, n);
  h.sums.energy_by_letter[each.letter] = h.sums.energy;
  if (each.letter == energy::Letter::S) h.sums.simulated_calls = calls;
  return h;
}

// A call that cost 20 J, 2 mg and 0.01 cent, known to a few percent.
inline energy::Figures cheap(energy::Letter letter = energy::Letter::A) {
  energy::Figures f;
  f.energy = joules(20);
  f.operational = grams(0.0015);
  f.embodied = grams(0.0005);
  f.cost = euros(0.0001);
  f.letter = letter;
  energy::set_ranges(f, 0.05, 0.1, 0.5);
  return f;
}

inline SavingsBaseline vendor_baseline() {
  VendorBaseline v;
  v.model = {.active_b = 8, .total_b = 8, .published_joules_per_output_token = std::nullopt};
  v.price = {.in = euros(0.15), .cached = euros(0.075), .out = euros(0.6), .reasoning = std::nullopt};
  return {"openai gpt-4o-mini", "US", v};
}

inline SavingsBaseline own_baseline(std::optional<double> batch) {
  OwnBaseline o;
  o.hardware.site = {.gpus = 1, .host_w_per_gpu = 150, .pue = 1.2, .pue_sigma = 0.08};
  o.hardware.weights = energy::TokenWeights::from({0.0535, 2.61});
  o.hardware.embodied = {.gpu_kg = 164, .server_kg = 700, .life_years = 3};
  o.hardware.price = {.per_hour = euros(1.2), .electricity_per_kwh = {}};
  o.speed = {.step_s0 = 0.0102, .step_s1 = 0.00021, .prefill_tokens_per_s = 17'000};
  o.batch = batch;
  return {"deployment de-a100", "DE", o};
}

// What one call of this shape takes on the baseline's own hardware: settled by the same formula as the gateway's.
inline energy::Figures taken_by(const OwnBaseline& b, Tokens in, Tokens out, const energy::GridValue& grid = kGrid) {
  energy::CallFacts call;
  call.in = in;
  call.out = out;
  call.mean_batch = *b.batch;
  const double s = static_cast<double>(out) * (b.speed.step_s0 + b.speed.step_s1 * *b.batch) +
                   static_cast<double>(in) / b.speed.prefill_tokens_per_s;
  call.end = call.start + from_seconds(s);
  return energy::provisional(call, b.hardware, grid);
}

}  // namespace trine::score::testing

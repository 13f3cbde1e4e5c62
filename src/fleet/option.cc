#include "fleet/option.h"

#include <algorithm>
#include <cmath>

namespace trine::fleet {
namespace {

constexpr double kMemoryShare = 0.9;  // of a GPU's memory that weights and KV cache may take: what engines reserve
constexpr double kNsPerGram = 1e9;

double fresh(const Mix& mix) {
  return std::max(0.0, mix.in - mix.cached);
}

double step_s(const score::Speed& speed, double batch) {
  return speed.step_s0 + speed.step_s1 * batch;
}

}  // namespace

double tpot_s(const Machine& machine, const Mix& mix, double batch) {
  const double decode = step_s(machine.speed, batch);
  if (!(mix.out > 0)) return decode;
  return decode + batch * fresh(mix) / (machine.speed.prefill_tokens_per_s * mix.out);
}

Result<Capacity> capacity(const Option& option, const Mix& mix, const Slo& slo) {
  const Machine& m = *option.machine;
  Capacity c;
  c.ttft_s = fresh(mix) / m.speed.prefill_tokens_per_s;
  if (slo.ttft_s > 0 && c.ttft_s > slo.ttft_s)
    return fail(Code::failed_precondition,
                "the prefill of {:.0f} tokens takes {:.2f} s, over the {:.2f} s to the first token", fresh(mix),
                c.ttft_s, slo.ttft_s);
  const double room_gb = kMemoryShare * option.memory_gb - option.weight_gb;
  if (room_gb <= 0)
    return fail(Code::failed_precondition, "the model's {:.0f} GB do not fit into {:.0f} GB", option.weight_gb,
                option.memory_gb);
  c.batch = std::max(1.0, option.curve_batch);
  c.bound = Capacity::Bound::curve;
  if (option.kv_bytes > 0 && mix.total() > 0) {
    const double fits = room_gb * 1e9 / (option.kv_bytes * mix.total());
    if (fits < 1)
      return fail(Code::failed_precondition, "the context of {:.0f} tokens does not fit beside the model", mix.total());
    if (fits < c.batch) c.batch = fits, c.bound = Capacity::Bound::memory;
  }
  if (slo.tpot_s > 0) {
    // tpot is linear in the batch
    const double at_zero = tpot_s(m, mix, 0), slope = tpot_s(m, mix, 1) - at_zero;
    if (at_zero + slope > slo.tpot_s)
      return fail(Code::failed_precondition,
                  "a token takes {:.0f} ms with one request running, over the {:.0f} ms asked for",
                  (at_zero + slope) * 1e3, slo.tpot_s * 1e3);
    const double allowed = slope > 0 ? (slo.tpot_s - at_zero) / slope : c.batch;
    if (allowed < c.batch) c.batch = allowed, c.bound = Capacity::Bound::tpot;
  }
  c.batch = std::max(1.0, std::floor(c.batch + 1e-9));
  c.tpot_s = tpot_s(m, mix, c.batch);
  const double seconds = fresh(mix) / m.speed.prefill_tokens_per_s + mix.out * step_s(m.speed, c.batch) / c.batch;
  c.requests_per_s = seconds > 0 ? 1 / seconds : 0;
  if (!(c.requests_per_s > 0) || !std::isfinite(c.requests_per_s))
    return fail(Code::failed_precondition, "its speed is not known");
  return c;
}

Linear linear(const Option& option, const Mix& mix, const Capacity& capacity) {
  const Machine& m = *option.machine;
  const energy::OwnHardware& h = m.hardware;
  const energy::Work work{.fresh = fresh(mix), .cached = mix.cached, .out = mix.out, .context = mix.in + mix.out / 2};
  const double whole = energy::work_joules(h.weights, work, capacity.batch);
  Linear l;
  l.eur_per_hour = to_euros(h.price.per_hour);
  l.eur_per_kwh = to_euros(h.price.electricity_per_kwh);
  l.on_w = m.idle_w + h.site.host_w_per_gpu * h.site.gpus;
  l.joules_per_request = std::max(0.0, whole - m.idle_w / capacity.requests_per_s);
  l.pue = h.site.pue;
  l.embodied_g_per_hour = h.embodied.ng_per_s(h.site.gpus) * 3600 / kNsPerGram;
  return l;
}

Result<PerRequest> per_request(const VendorService& vendor, const Mix& mix) {
  const energy::Usage usage{
      .in = std::llround(mix.in), .cached = std::llround(mix.cached), .out = std::llround(mix.out)};
  const auto estimate = energy::vendor_estimate(vendor.model, usage, std::nullopt);
  if (!estimate) return tl::unexpected(estimate.error());
  const auto cost = energy::vendor_cost(vendor.price, usage);
  if (!cost) return tl::unexpected(cost.error());
  return PerRequest{to_euros(*cost), to_joules(estimate->facility), to_grams(estimate->embodied)};
}

}  // namespace trine::fleet

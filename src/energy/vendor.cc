#include "energy/vendor.h"

#include <algorithm>
#include <cmath>

namespace trine::energy {
namespace {

// EcoLogits' regression on ML.ENERGY data, and its server (8 GPUs, 1.2 kW without them).
constexpr double kAlpha = 1.1665273e-6, kBeta = -0.011205921, kGamma = 4.0529281e-5;                    // Wh per token
constexpr double kLatencyPerParam = 6.785088e-4, kLatencyPerBatch = 3.11931e-4, kLatency = 0.01947372;  // s per token
constexpr double kServerW = 1200, kServerGpus = 8, kServerKg = 5700, kGpuKg = 164, kGpuGb = 80;
constexpr double kLife_s = 3 * 365.0 * 86400;
constexpr double kJoulesPerWh = 3600;

Result<void> check(const Usage& u) {
  if (u.in < 0 || u.cached < 0 || u.out < 0 || u.reasoning < 0)
    return fail(Code::invalid_argument, "token counts cannot be negative");
  if (u.cached > u.in || u.reasoning > u.out)
    return fail(Code::invalid_argument, "cached tokens are part of the prompt, reasoning tokens part of the output");
  return {};
}

}  // namespace

Result<VendorEstimate> vendor_estimate(const VendorModel& m, const Usage& u, std::optional<double> measured_s) {
  if (auto ok = check(u); !ok) return tl::unexpected(ok.error());
  if (!(m.active_b > 0) || !(m.total_b >= m.active_b) || !(m.bits > 0) || !(m.pue >= 1) || !(m.batch >= 1) ||
      !(m.total_b < 1e6))
    return fail(
        Code::invalid_argument,
        "vendor model needs 0 < active <= total parameters (1e9), PUE and batch of 1 or more; got {}, {}, {}, {}",
        m.active_b, m.total_b, m.pue, m.batch);
  VendorEstimate e;
  const double needed = std::ceil(1.2 * m.total_b * m.bits / 8 / kGpuGb);
  e.gpus = static_cast<int>(std::exp2(std::ceil(std::log2(needed))));
  const auto out = static_cast<double>(u.out);
  e.latency_s = out * (kLatencyPerParam * m.active_b + kLatencyPerBatch * m.batch + kLatency);
  if (measured_s && *measured_s >= 0) e.latency_s = std::min(e.latency_s, *measured_s);

  double tokens = out;
  if (m.prompt_term) tokens += 0.25 * static_cast<double>(u.in - u.cached) + 0.02 * static_cast<double>(u.cached);
  const double gpu_wh = tokens * (kAlpha * std::exp(kBeta * m.batch) * m.active_b + kGamma);
  const double gpu_j = e.gpus * gpu_wh * kJoulesPerWh;
  const double server_j = e.latency_s * kServerW * e.gpus / kServerGpus / m.batch;
  e.gpu = joules(gpu_j);
  e.facility = joules(m.pue * (server_j + gpu_j));
  e.embodied = grams(1000 * e.latency_s / (m.batch * kLife_s) * (e.gpus / kServerGpus * kServerKg + e.gpus * kGpuKg));
  if (m.published_joules_per_output_token && *m.published_joules_per_output_token > 0) {
    e.facility = joules(*m.published_joules_per_output_token * out);
    e.gpu = scale(e.facility, gpu_j > 0 ? gpu_j / (m.pue * (server_j + gpu_j)) : 0);
    e.published = true;
  }
  return e;
}

Result<Money> vendor_cost(const VendorPrice& p, const Usage& u) {
  if (auto ok = check(u); !ok) return tl::unexpected(ok.error());
  const auto part = [](Money per_mtok, Tokens n) {
    return static_cast<double>(per_mtok.raw()) * static_cast<double>(n);
  };
  const double sum = part(p.in, u.in - u.cached) + part(p.cached, u.cached) + part(p.out, u.out - u.reasoning) +
                     part(p.reasoning.value_or(p.out), u.reasoning);
  return Money::raw(std::llround(sum * p.batch_factor / 1e6));
}

}  // namespace trine::energy

#include "energy/estimate.h"

#include <algorithm>
#include <cmath>

#include "energy/uncertainty.h"

namespace trine::energy {
namespace {

constexpr double kArithmeticShare = 0.4;  // of the peak that decoding reaches

bool positive(double v) {
  return v > 0 && std::isfinite(v);
}

Result<void> check(const ModelSpec& m) {
  if (!positive(m.active_b) || !positive(m.total_b) || m.active_b > m.total_b)
    return fail(Code::invalid_argument, "model needs 0 < active parameters <= parameters, got {} and {} (1e9)",
                m.active_b, m.total_b);
  if (!(m.bits >= 1 && m.bits <= 64))
    return fail(Code::invalid_argument, "bits per weight must be from 1 to 64, got {}", m.bits);
  return {};
}

Result<void> check(const GpuSpec& g) {
  if (!positive(g.tdp_w) || !positive(g.bandwidth_gb_s) || !positive(g.tflops))
    return fail(Code::invalid_argument, "GPU needs TDP, bandwidth and FLOPS over 0, got {} W, {} GB/s, {} TFLOPS",
                g.tdp_w, g.bandwidth_gb_s, g.tflops);
  return {};
}

}  // namespace

double joules_per_output_token(const Curve& curve, double batch) {
  return curve.a + curve.b / std::max(1.0, batch);
}

Curve curve_through(double batch1, double joules1, double batch2, double joules2) {
  const double b = std::max(0.0, (joules1 - joules2) / (1 / batch1 - 1 / batch2));
  const double a = joules2 - b / batch2;
  if (a >= 0) return {a, b};
  return {0, joules2 * batch2};  // steeper than 1/B: keep the point at the larger batch, where most tokens are
}

TokenWeights TokenWeights::from(const Curve& curve) {
  TokenWeights w;
  w.curve = curve;
  w.e_in = 0.25 * joules_per_output_token(curve, 64);
  w.e_hit = 0.08 * w.e_in;
  return w;
}

double work_joules(const TokenWeights& weights, const Work& work, double batch) {
  return work_joules_at(weights, work, 1 / std::max(1.0, batch));
}

double work_joules_at(const TokenWeights& weights, const Work& work, double per_batch) {
  const double context = work.context / kContextUnit;
  const double step = weights.curve.a + weights.curve.b * per_batch;
  const double decode = step * (1 + weights.c_ctx * context) + weights.e_ctx * context;
  return weights.e_in * work.fresh + weights.e_hit * work.cached + decode * work.out;
}

double typical_power_w(const GpuSpec& gpu) {
  return gpu.tdp_w * (gpu.hbm ? 0.85 : 0.80);
}

double decode_step_s(const ModelSpec& model, const GpuSpec& gpu, double batch) {
  const double memory = model.weight_gb() / gpu.bandwidth_gb_s;
  const double arithmetic = 2 * model.active_b * 1e9 * std::max(1.0, batch) / (kArithmeticShare * gpu.tflops * 1e12);
  return std::max(memory, arithmetic);
}

Result<JoulesEstimate> unknown_gpu(const ModelSpec& model, const GpuSpec& known, double known_tokens_per_s,
                                   const GpuSpec& gpu, double batch) {
  if (auto ok = check(model); !ok) return tl::unexpected(ok.error());
  if (auto ok = check(known); !ok) return tl::unexpected(ok.error());
  if (auto ok = check(gpu); !ok) return tl::unexpected(ok.error());
  if (!positive(known_tokens_per_s) || !positive(batch))
    return fail(Code::invalid_argument, "tokens/s and batch must be over 0, got {} and {}", known_tokens_per_s, batch);
  const double ratio = decode_step_s(model, known, batch) / decode_step_s(model, gpu, batch);
  return JoulesEstimate{typical_power_w(gpu) / (known_tokens_per_s * ratio), sigma::other_gpu};
}

Result<TokenWeights> scale_weights(const ModelSpec& model, const GpuSpec& known, const TokenWeights& weights,
                                   const GpuSpec& gpu) {
  const auto at = [&](double batch) {
    const double tokens_per_s = typical_power_w(known) / joules_per_output_token(weights.curve, batch);
    return unknown_gpu(model, known, tokens_per_s, gpu, batch);
  };
  const auto one = at(1), many = at(64);
  if (!one) return tl::unexpected(one.error());
  if (!many) return tl::unexpected(many.error());
  TokenWeights w = weights;
  w.curve = curve_through(1, one->joules_per_output_token, 64, many->joules_per_output_token);
  const double prefill = typical_power_w(gpu) / typical_power_w(known) * known.tflops / gpu.tflops;
  w.e_in = weights.e_in * prefill;
  w.e_hit = weights.e_hit * prefill;
  return w;
}

}  // namespace trine::energy

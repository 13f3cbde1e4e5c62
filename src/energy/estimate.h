// Joules of tokens, GPU boundary: known curves, token weights, unknown GPUs (unknown models: unknown_model.h)
// (docs/accounting.md §2.3, §4).
#pragma once

#include "base/error.h"

namespace trine::energy {

// Measured joules per output token of a model on a GPU (all its GPUs together): a + b / running requests.
struct Curve {
  double a = 0;  // J per output token in a full batch
  double b = 0;  // J per engine step
  bool operator==(const Curve&) const = default;
};

// A batch under 1 counts as 1.
double joules_per_output_token(const Curve& curve, double batch);

// The curve through two points (batch, J per output token), with a, b >= 0.
// REQUIRES: 0 < batch1 < batch2 and positive joules.
Curve curve_through(double batch1, double joules1, double batch2, double joules2);

// Tokens of context that c_ctx and e_ctx are per.
inline constexpr double kContextUnit = 4096;

// What a token weighs, in joules. Defaults as in docs/accounting.md §2.3; calibrate.h replaces them by fitted ones.
struct TokenWeights {
  Curve curve;
  double e_in = 0;      // J per fresh prompt token
  double e_hit = 0;     // J per prompt token served from the engine's prefix cache
  double c_ctx = 0.05;  // extra per 4096 tokens of context, on decoding: a share of a + b/B
  double e_ctx = 0;  // extra J per output token and 4096 tokens of context: reading the KV cache, where it was fitted
  static TokenWeights from(const Curve& curve);
  bool operator==(const TokenWeights&) const = default;
};

// Work of one call (or of a part of it).
struct Work {
  double fresh = 0;    // prompt tokens computed
  double cached = 0;   // prompt tokens found in the prefix cache
  double out = 0;      // tokens generated
  double context = 0;  // mean tokens in context while they were generated
};
double work_joules(const TokenWeights& weights, const Work& work, double batch);
// The same, where the batch varied while the tokens were made: `per_batch` is the mean of 1 / batch.
double work_joules_at(const TokenWeights& weights, const Work& work, double per_batch);

struct ModelSpec {
  double active_b = 0;  // 1e9 active parameters
  double total_b = 0;   // 1e9 parameters
  double bits = 16;     // per weight
  double weight_gb() const { return total_b * bits / 8; }
};

struct GpuSpec {
  double tdp_w = 0;
  double bandwidth_gb_s = 0;
  double tflops = 0;  // dense, at the precision the model is computed in
  bool hbm = true;    // false: GDDR
};
double typical_power_w(const GpuSpec& gpu);  // decoding under load: 0.85 TDP (HBM), 0.80 (GDDR)

struct JoulesEstimate {
  double joules_per_output_token = 0;
  double sigma = 0;  // of ln
};

// Seconds of one decode step of `batch` requests on one GPU: weights streamed once, or arithmetic at 40 % of the peak,
// whichever is longer (§4c).
double decode_step_s(const ModelSpec& model, const GpuSpec& gpu, double batch);

// A GPU without a measurement, from the throughput of the same model at the same batch on a known one (§4c).
// Errors: invalid_argument.
Result<JoulesEstimate> unknown_gpu(const ModelSpec& model, const GpuSpec& known, double known_tokens_per_s,
                                   const GpuSpec& gpu, double batch);

// Token weights of an unknown GPU from those of a known one whose throughput is not known: it is taken from the typical
// power and the curve. Decode by the ratio of step times, prefill by the ratio of arithmetic (§4c).
// Errors: invalid_argument.
Result<TokenWeights> scale_weights(const ModelSpec& model, const GpuSpec& known, const TokenWeights& weights,
                                   const GpuSpec& gpu);

}  // namespace trine::energy

#include "energy/unknown_model.h"

#include <algorithm>
#include <cmath>

namespace trine::energy {
namespace {

// Fitted by bench/estimate on the H100 rows of 10 models and their neighbours; a test compares them.
constexpr double kPerGbRead = 0.1806;               // J per GB: weights once per step, context once per token
constexpr double kPerLayerStep = 0.0222;            // J per layer, GPU and step: starting the kernels, waiting
constexpr double kPerLayerToken = 0.0008882;        // J per layer, GPU and token: small operations, exchange of GPUs
constexpr double kPerTokenActive = 0.001748;        // J per token and 1e9 active parameters: arithmetic
constexpr double kPerPromptTokenActive = 0.002642;  // J per prompt token and 1e9 active parameters
constexpr double kReadingExperts = 1.223;           // times kPerGbRead: small matrices, waiting for the busiest GPU
constexpr double kWattsOfAnH100 = 516.7;

// Shapes by size, from the models of the catalog.
constexpr double kLayers = 17.7, kLayersByActive = 0.24, kLayersByTotal = 0.08;
constexpr double kKvGb = 82e-6, kKvByActive = 0.30;  // GB per token of context
constexpr double kExperts = 0.60;  // share of the experts that a token uses, times total / active parameters

constexpr double kSigma = 0.19, kSigmaEightBitMixture = 0.50;
constexpr double kOutside = 1.5;  // times sigma, where no measured row is near

bool is_mixture(const ModelSpec& m) {
  return m.active_b < m.total_b;
}
// Measured ones differ by how their kernels round to tiles, which no size tells (docs/estimates.md).
bool is_eight_bit_mixture(const ModelSpec& m) {
  return is_mixture(m) && m.bits > 7 && m.bits < 9;
}

// GB that a step of `batch` tokens reads, as if all at the speed of large matrices: what every token uses, and each
// expert that at least one token uses.
double gb_per_step(const ModelSpec& m, double batch, double told_share) {
  if (!is_mixture(m)) return m.total_b * m.bits / 8;
  const double share = told_share > 0 ? told_share : kExperts * m.active_b / m.total_b;
  const double dense = std::max(0.0, (m.active_b - share * m.total_b) / (1 - share));
  const double experts = (m.total_b - dense) * (1 - std::pow(1 - share, batch));
  return (dense + kReadingExperts * experts) * m.bits / 8;
}

double sigma_of(const ModelSpec& m, int gpus, double batch) {
  const bool inside = batch >= 8 && batch <= 2048 && gpus <= 8 && m.active_b >= 2.5 && m.total_b <= 500 &&
                      m.bits >= (is_mixture(m) ? 4 : 8) && m.bits <= 16;
  return (is_eight_bit_mixture(m) ? kSigmaEightBitMixture : kSigma) * (inside ? 1 : kOutside);
}

// Comparisons are written so that NaN fails.
Result<void> check(const ModelSpec& m, int gpus, double batch, const RequestShape& shape) {
  if (!(m.active_b > 0) || !(m.total_b >= m.active_b) || !(m.total_b <= 1e5))
    return fail(Code::invalid_argument,
                "a model has 0 < active <= total parameters of at most 100000 (in 1e9); got {} active, {} in total",
                m.active_b, m.total_b);
  if (!(m.bits >= 1 && m.bits <= 64))
    return fail(Code::invalid_argument, "bits per weight are from 1 to 64, got {}", m.bits);
  if (gpus < 1 || gpus > 1024) return fail(Code::invalid_argument, "GPUs are from 1 to 1024, got {}", gpus);
  if (!(batch > 0 && batch <= 1e6))
    return fail(Code::invalid_argument, "the batch is over 0 and at most a million running requests, got {}", batch);
  if (!(shape.context >= 0 && shape.context <= 1e8))
    return fail(Code::invalid_argument, "the context is from 0 to 1e8 tokens, got {}", shape.context);
  if (!(shape.prompt_per_output >= 0 && shape.prompt_per_output <= 1e8))
    return fail(Code::invalid_argument, "prompt tokens per output token are from 0 to 1e8, got {}",
                shape.prompt_per_output);
  if (!(shape.kv_bytes_per_token >= 0 && shape.kv_bytes_per_token <= 1e9))
    return fail(Code::invalid_argument, "bytes per token of context are from 0 to 1e9, got {}",
                shape.kv_bytes_per_token);
  if (!(shape.expert_share >= 0 && shape.expert_share < 1))
    return fail(Code::invalid_argument, "the share of the experts that a token uses is from 0 to 1, got {}",
                shape.expert_share);
  return {};
}

}  // namespace

Result<JoulesEstimate> unknown_model_on_h100(const ModelSpec& model, int gpus, double batch,
                                             const RequestShape& shape) {
  if (auto ok = check(model, gpus, batch, shape); !ok) return tl::unexpected(ok.error());
  const double running = std::max(1.0, batch);
  const double layers =
      gpus * kLayers * std::pow(model.active_b, kLayersByActive) * std::pow(model.total_b, kLayersByTotal);
  const double kv_gb =
      shape.kv_bytes_per_token > 0 ? shape.kv_bytes_per_token * 1e-9 : kKvGb * std::pow(model.active_b, kKvByActive);
  const double step = kPerGbRead * gb_per_step(model, running, shape.expert_share) + kPerLayerStep * layers;
  const double token = kPerGbRead * kv_gb * shape.context + kPerLayerToken * layers + kPerTokenActive * model.active_b +
                       kPerPromptTokenActive * model.active_b * shape.prompt_per_output;
  return JoulesEstimate{step / running + token, sigma_of(model, gpus, running)};
}

double serving_power_of_an_h100_w() {
  return kWattsOfAnH100;
}

}  // namespace trine::energy

#include "cli/engine_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "energy/estimate.h"

namespace trine::cli {
namespace {

constexpr double kArithmeticShare = 0.4;  // of the GPU's peak, in prefill (docs/accounting.md §4c)
constexpr double kMemoryShare = 0.9;      // that an engine takes for weights and cache (vLLM's default)
constexpr int kMaxRunning = 256;          // vLLM's default for max_num_seqs
constexpr Tokens kUnknownContext = 8192;

tl::unexpected<Error> no_curve(const catalog::Catalog& catalog, const catalog::Model& model, const catalog::Gpu& gpu,
                               int gpus) {
  std::vector<std::string> have;
  for (const auto& c : catalog.tables().curves) {
    if (c.model == model.id) have.push_back(c.gpus == 1 ? c.gpu : fmt::format("{} x{}", c.gpu, c.gpus));
  }
  return fail(Code::not_found, "There is no energy curve for {} on {} x{}; there are some for: {}.", model.id, gpu.id,
              gpus, have.empty() ? "no GPU" : fmt::format("{}", fmt::join(have, ", ")));
}

// Tokens whose keys and values fit beside the weights.
Tokens kv_tokens(const catalog::Model& model, const catalog::Gpu& gpu, int gpus) {
  const double free_bytes = (kMemoryShare * gpu.memory_gb * gpus - model.weight_gb()) * 1e9;
  return static_cast<Tokens>(free_bytes / static_cast<double>(model.kv_bytes));
}

}  // namespace

Result<sim::EngineSpec> engine_spec(const catalog::Catalog& catalog, const std::string& model_name,
                                    const std::string& gpu_name, int gpus) {
  const auto* model = catalog.find_model(model_name);
  if (!model) return fail(Code::not_found, "--model: {}", catalog.unknown(catalog::Kind::model, model_name));
  const auto* gpu = catalog.find_gpu(gpu_name);
  if (!gpu) return fail(Code::not_found, "--gpu: {}", catalog.unknown(catalog::Kind::gpu, gpu_name));
  const auto* curve = catalog.find_curve(model->id, gpu->id, gpus);
  if (!curve) return no_curve(catalog, *model, *gpu, gpus);

  sim::EngineSpec spec;
  spec.model = model_name;
  spec.aliases.push_back(model->id);
  spec.aliases.insert(spec.aliases.end(), model->aliases.begin(), model->aliases.end());
  std::erase(spec.aliases, spec.model);
  spec.gpu = gpus == 1 ? gpu->id : fmt::format("{} x{}", gpu->id, gpus);
  spec.idle = curve->idle;
  spec.step_base = from_seconds(curve->step_s0);
  spec.step_per_sequence = from_seconds(curve->step_s1);
  spec.prefill_tokens_per_s = kArithmeticShare * gpu->fp16_tflops * 1e12 * gpus / (2e9 * model->active_b);
  spec.max_num_seqs = static_cast<int>(std::clamp(curve->max_batch, 1.0, double{kMaxRunning}));
  spec.context_length = model->context > 0 ? model->context : kUnknownContext;
  spec.kv_tokens = model->kv_bytes > 0 ? kv_tokens(*model, *gpu, gpus) : kMaxRunning * spec.context_length;
  spec.context_length = std::min(spec.context_length, spec.kv_tokens);
  if (spec.context_length < 2) {
    return fail(Code::failed_precondition, "{} ({:.0f} GB) does not fit into {} x{} ({:.0f} GB); use more --gpus.",
                model->id, model->weight_gb(), gpu->id, gpus, gpu->memory_gb * gpus);
  }
  const auto w = energy::TokenWeights::from({curve->a_joules, curve->b_joules});
  const sim::Curve published{joules(w.curve.a), joules(w.curve.b), joules(w.e_in), joules(w.e_hit)};
  spec.curve = sim::above_idle(published, spec);
  return sim::validated(std::move(spec));
}

}  // namespace trine::cli

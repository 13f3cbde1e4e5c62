#include "cli/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.h"
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "energy/boundary.h"
#include "energy/estimate.h"
#include "energy/uncertainty.h"
#include "energy/unknown_model.h"
#include "energy/vendor.h"
#include "gateway/resolve.h"

namespace trine::cli {
namespace {

constexpr const char* kReferenceGpu = "H100-SXM5-80GB";

// As people write it: "RTX 4090", "NVIDIA H100".
const catalog::Gpu* find_gpu(const catalog::Catalog& catalog, const std::string& name) {
  if (const auto* gpu = catalog.find_gpu(name)) return gpu;
  std::string dashed(trim(name));
  constexpr std::string_view maker = "nvidia ";
  if (dashed.size() > maker.size() && iequals(dashed.substr(0, maker.size()), maker)) dashed.erase(0, maker.size());
  std::replace(dashed.begin(), dashed.end(), ' ', '-');
  return catalog.find_gpu(dashed);
}

energy::GpuSpec spec_of(const catalog::Gpu& g) {
  return {.tdp_w = g.tdp.w, .bandwidth_gb_s = g.bandwidth_gb_s, .tflops = g.fp16_tflops, .hbm = g.hbm()};
}

// The model: of the catalog, or by its size.
struct Asked {
  const catalog::Model* known = nullptr;
  energy::ModelSpec spec;
  std::string name;
};

Result<Asked> asked_model(const catalog::Catalog& catalog, const EstimateOptions& o) {
  Asked a;
  if (!o.model.empty()) {
    if (o.params_b || o.active_b)
      return fail(Code::invalid_argument,
                  "--model and --params-b exclude each other: the catalog knows the model's size.");
    a.known = catalog.find_model(o.model);
    if (!a.known)
      return fail(Code::not_found, "--model: {}; or give its size by --params-b and --active-b.",
                  catalog.unknown(catalog::Kind::model, o.model));
    a.spec = {a.known->active_b, a.known->total_b, o.bits.value_or(a.known->weight_bits)};
    a.name = a.known->id;
    return a;
  }
  if (!o.params_b)
    return fail(Code::invalid_argument,
                "One of --model MODEL (of the catalog) and --params-b N (parameters in 1e9) is needed.");
  a.spec = {o.active_b.value_or(*o.params_b), *o.params_b, o.bits.value_or(16)};
  a.name = a.spec.active_b < a.spec.total_b
               ? fmt::format("{:g}B parameters, {:g}B active, {:g} bits", a.spec.total_b, a.spec.active_b, a.spec.bits)
               : fmt::format("{:g}B parameters, {:g} bits", a.spec.total_b, a.spec.bits);
  return a;
}

double prompt_per_output(const EstimateOptions& o, const energy::RequestShape& usual) {
  if (!o.in || !o.out || *o.out <= 0) return usual.prompt_per_output;
  return static_cast<double>(*o.in) / static_cast<double>(*o.out);
}

// A curve of the catalog at this batch, with what a longer or shorter prompt and context than those of its benchmark
// add.
void from_curve(const catalog::Curve& curve, const EstimateOptions& o, OwnEstimate& e) {
  const energy::RequestShape usual;
  const auto weights = energy::TokenWeights::from({curve.a_joules, curve.b_joules});
  e.joules = energy::joules_per_output_token(weights.curve, e.batch);
  if (o.context) {
    e.joules *= (1 + weights.c_ctx * *o.context / 4096) / (1 + weights.c_ctx * usual.context / 4096);
  }
  e.joules += weights.e_in * (e.prompt_per_output - usual.prompt_per_output);
  e.step_s = curve.step_seconds(std::max(1.0, e.batch));
  const bool measured = curve.method == catalog::Method::measured;
  e.sigma = (measured ? 1 : 2) * energy::sigma::curve;
  e.method =
      fmt::format("{} curve, {:g} + {:g}/batch", measured ? "measured" : "derived", curve.a_joules, curve.b_joules);
  e.source = measured ? curve.source : fmt::format("{} ({})", curve.source, curve.derived_from);
  if (e.batch < 0.99 * curve.min_batch || e.batch > 1.01 * curve.max_batch) {
    e.notes.push_back(fmt::format("Batch {:g} is outside of the curve's {:g} to {:g}: extrapolated.", e.batch,
                                  curve.min_batch, curve.max_batch));
  }
}

Result<void> from_size(const catalog::Catalog& catalog, const Asked& asked, const catalog::Gpu& gpu,
                       const EstimateOptions& o, OwnEstimate& e) {
  energy::RequestShape shape{.prompt_per_output = e.prompt_per_output};
  if (o.context) shape.context = *o.context;
  if (asked.known) {
    shape.kv_bytes_per_token = static_cast<double>(asked.known->kv_bytes);
    shape.expert_share = asked.known->expert_share();
  }
  if (o.kv_bytes) shape.kv_bytes_per_token = *o.kv_bytes;
  if (o.experts && o.active_experts) {
    if (*o.active_experts >= *o.experts || asked.spec.active_b >= asked.spec.total_b)
      return fail(Code::invalid_argument,
                  "--experts and --active-experts are a mixture's: fewer active ones than all, and --active-b under "
                  "--params-b.");
    shape.expert_share = static_cast<double>(*o.active_experts) / *o.experts;
  }
  const auto on_h100 = energy::unknown_model_on_h100(asked.spec, e.gpus, e.batch, shape);
  if (!on_h100) return tl::unexpected(on_h100.error());
  e.joules = on_h100->joules_per_output_token;
  e.sigma = on_h100->sigma;
  e.method = "by size, H100";
  e.source = "docs/estimates.md";
  double watts = energy::serving_power_of_an_h100_w();
  if (gpu.id != kReferenceGpu) {
    const auto* h100 = catalog.find_gpu(kReferenceGpu);
    if (!h100) return fail(Code::failed_precondition, "The catalog has no {} to estimate from.", kReferenceGpu);
    const double known_tokens_per_s = energy::typical_power_w(spec_of(*h100)) / e.joules;
    const auto scaled = energy::unknown_gpu(asked.spec, spec_of(*h100), known_tokens_per_s, spec_of(gpu), e.batch);
    if (!scaled) return tl::unexpected(scaled.error());
    e.joules = scaled->joules_per_output_token;
    e.sigma = energy::combined({e.sigma, energy::sigma::other_gpu});
    e.method = fmt::format("by size, H100; scaled to {} by bandwidth, FLOPS and TDP", gpu.id);
    e.source = "docs/estimates.md, docs/accounting.md §4c";
    watts = energy::typical_power_w(spec_of(gpu));
  }
  e.step_s = e.joules * std::max(1.0, e.batch) / (watts * e.gpus);
  const double memory_gb = gpu.memory_gb * e.gpus;
  if (asked.spec.weight_gb() > memory_gb) {
    e.notes.push_back(
        fmt::format("The weights alone take {:.0f} GB, {} x{} has {:.0f} GB: such an engine does not start.",
                    asked.spec.weight_gb(), gpu.id, e.gpus, memory_gb));
  }
  return {};
}

Result<double> checked_pue(const EstimateOptions& o, double otherwise) {
  const double pue = o.pue.value_or(otherwise);
  if (!(pue >= 1 && pue <= 5)) return fail(Code::invalid_argument, "--pue is from 1 to 5, got {}.", pue);
  return pue;
}

Result<const catalog::VendorModel*> asked_vendor_model(const catalog::Catalog& catalog, const EstimateOptions& o) {
  if (!catalog.find_vendor(o.vendor))
    return fail(Code::not_found, "--vendor: {}", catalog.unknown(catalog::Kind::vendor, o.vendor));
  if (const auto* found = catalog.find_vendor_model(o.vendor, o.model)) return found;
  std::vector<std::string_view> names;
  for (const auto& m : catalog.tables().vendor_models) {
    if (iequals(m.vendor, o.vendor)) names.push_back(m.model);
  }
  if (names.empty()) return fail(Code::not_found, "--vendor: the catalog knows no model's size of {}.", o.vendor);
  const auto near = nearest(o.model, names);
  return fail(Code::not_found, "--model: the catalog knows no size of {} {}{}", o.vendor, o.model,
              near.empty() ? "; `trine catalog list vendors` shows what there is."
                           : fmt::format("; did you mean \"{}\"?", near));
}

// EcoLogits takes both ends of a size that is secret and names the mean of the two results; so do we when we are to be
// EcoLogits. Else the middle of the range, as the gateway does.
Result<energy::VendorEstimate> estimated(const catalog::VendorModel& size, energy::VendorModel model,
                                         const energy::Usage& usage) {
  if (model.prompt_term || (size.active_b.low == size.active_b.high && size.total_b.low == size.total_b.high))
    return energy::vendor_estimate(model, usage, std::nullopt);
  model.active_b = size.active_b.low;
  model.total_b = size.total_b.low;
  auto low = energy::vendor_estimate(model, usage, std::nullopt);
  if (!low) return low;
  model.active_b = size.active_b.high;
  model.total_b = size.total_b.high;
  const auto high = energy::vendor_estimate(model, usage, std::nullopt);
  if (!high) return high;
  low->gpu = scale(low->gpu + high->gpu, 0.5);
  low->facility = scale(low->facility + high->facility, 0.5);
  low->embodied = scale(low->embodied + high->embodied, 0.5);
  low->gpus = std::max(low->gpus, high->gpus);
  return low;
}

}  // namespace

Result<OwnEstimate> own_estimate(const catalog::Catalog& catalog, const EstimateOptions& o) {
  const auto* gpu = find_gpu(catalog, o.gpu);
  if (!gpu) return fail(Code::not_found, "--gpu: {}", catalog.unknown(catalog::Kind::gpu, o.gpu));
  const auto asked = asked_model(catalog, o);
  if (!asked) return tl::unexpected(asked.error());
  const catalog::Curve* curve = nullptr;
  // A curve holds for the bits that it was measured with.
  if (asked->known && asked->spec.bits == asked->known->weight_bits)
    curve = catalog.find_curve(asked->known->id, gpu->id, o.gpus.value_or(0));

  OwnEstimate e;
  e.model = asked->name;
  e.gpu = gpu->id;
  e.gpus = o.gpus.value_or(curve ? curve->gpus : 1);
  e.batch = o.batch;
  if (!(e.batch > 0 && e.batch <= 1e6))
    return fail(Code::invalid_argument, "--batch is over 0 and at most a million running requests, got {}.", e.batch);
  e.prompt_per_output = prompt_per_output(o, {});
  if (curve) {
    from_curve(*curve, o, e);
  } else if (auto ok = from_size(catalog, *asked, *gpu, o, e); !ok) {
    return tl::unexpected(ok.error());
  }
  if (o.context && !(*o.context >= 0 && *o.context <= 1e8))
    return fail(Code::invalid_argument, "--context is from 0 to 1e8 tokens, got {}.", *o.context);

  const auto world = catalog.world_pue();
  const auto pue = checked_pue(o, world.pue);
  if (!pue) return tl::unexpected(pue.error());
  e.pue = *pue;
  e.pue_source = o.pue ? "given" : "world mean";
  const auto& server = catalog.server_of(*gpu);
  e.host_w = server.host.w / server.gpus;
  e.host_joules = e.host_w * e.gpus * e.step_s / std::max(1.0, e.batch);
  e.range = energy::range90(e.joules, e.sigma);
  e.facility_per_output = (e.joules + e.host_joules) * e.pue;
  e.facility_per_token = e.facility_per_output / (1 + e.prompt_per_output);
  const double it = energy::of_sum(e.joules, e.sigma, e.host_joules, energy::sigma::modelled_host);
  const double pue_sigma = o.pue ? energy::sigma::pue_table : energy::sigma::pue_unknown;
  e.facility_range = energy::range90(e.facility_per_token, energy::combined({it, pue_sigma}));
  return e;
}

Result<VendorFigures> vendor_figures(const catalog::Catalog& catalog, const EstimateOptions& o) {
  if (o.model.empty()) return fail(Code::invalid_argument, "--vendor needs --model MODEL.");
  if (!o.in || !o.out) return fail(Code::invalid_argument, "--vendor needs the tokens: --in N --out N.");
  const auto size = asked_vendor_model(catalog, o);
  if (!size) return tl::unexpected(size.error());
  auto resolved = gateway::resolve_vendor(catalog, o.vendor, o.model, {}, "EUR");
  if (!resolved) return tl::unexpected(resolved.error());
  const auto& vendor = *catalog.find_vendor(o.vendor);
  const auto pue = checked_pue(o, resolved->model.pue);
  if (!pue) return tl::unexpected(pue.error());
  const std::string zone_id = o.zone.empty() ? vendor.zone : o.zone;
  const auto* zone = catalog.find_zone(zone_id);
  if (!zone) return fail(Code::not_found, "--zone: {}", catalog.unknown(catalog::Kind::zone, zone_id));

  VendorFigures f;
  f.vendor = vendor.id;
  f.model = (*size)->model;
  f.in = *o.in;
  f.cached = o.cached;
  f.out = *o.out;
  f.prompt_term = !o.ecologits;
  f.released = (*size)->released;
  f.active_b = (*size)->active_b;
  f.total_b = (*size)->total_b;
  f.source = (*size)->source;
  f.pue = *pue;
  resolved->model.pue = *pue;
  resolved->model.prompt_term = f.prompt_term;
  const energy::Usage usage{f.in, f.cached, f.out, 0};
  const auto e = estimated(**size, resolved->model, usage);
  if (!e) return tl::unexpected(e.error());
  const auto cost = energy::vendor_cost(resolved->price, usage);
  if (!cost) return tl::unexpected(cost.error());

  const auto& [year, intensity] = *zone->lifecycle.rbegin();
  f.zone = zone->id;
  f.g_per_kwh = intensity.g_per_kwh;
  f.intensity_year = year;
  f.gpus = e->gpus;
  energy::Figures figures;
  figures.energy = e->facility;
  figures.operational = emitted(e->facility, intensity);
  figures.embodied = e->embodied;
  constexpr double kAnnual = 0.45;  // of an annual mean (docs/accounting.md §3)
  energy::set_ranges(figures, energy::sigma::vendor, energy::combined({energy::sigma::vendor, kAnnual}),
                     energy::sigma::embodied);
  f.energy = figures.energy;
  f.energy_low = figures.energy_low;
  f.energy_high = figures.energy_high;
  f.operational = figures.operational;
  f.embodied = figures.embodied;
  f.carbon_low = figures.carbon_low;
  f.carbon_high = figures.carbon_high;
  f.money = *cost;
  f.currency = "EUR";
  if (const auto* price = catalog.find_vendor_price(o.vendor, o.model)) {
    f.price_source = price->source;
    f.price_date = price->date;
  }
  return f;
}

int run_estimate(const EstimateOptions& o) {
  const auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return complain(catalog.error());
  const auto answer = [&](const auto& found) {
    if (!found) return complain(found.error());
    say(o.json ? to_json(*found) : to_text(*found));
    return kOk;
  };
  if (!o.vendor.empty()) return answer(vendor_figures(**catalog, o));
  return answer(own_estimate(**catalog, o));
}

}  // namespace trine::cli

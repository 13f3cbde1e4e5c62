#include "fleet/machine.h"

#include <algorithm>
#include <cmath>

#include "energy/uncertainty.h"
#include "energy/unknown_model.h"

namespace trine::fleet {
namespace {

using energy::TokenWeights;

constexpr double kReferenceBatches[] = {4, 64};  // where an estimated curve is fixed
constexpr double kArithmeticShare = 0.4;         // of a GPU's peak that prefill reaches (docs/accounting.md §4c)

energy::ModelSpec spec_of(const catalog::Model& m) {
  return {.active_b = m.active_b, .total_b = m.total_b, .bits = m.weight_bits};
}

energy::GpuSpec spec_of(const catalog::Gpu& g) {
  return {.tdp_w = g.tdp.w, .bandwidth_gb_s = g.bandwidth_gb_s, .tflops = g.fp16_tflops, .hbm = g.hbm()};
}

score::Speed speed_of(const catalog::Model& model, const catalog::Gpu& gpu, int gpus, double step_s0, double step_s1) {
  const double rate = kArithmeticShare * gpu.fp16_tflops * 1e12 * gpus / (2 * model.active_b * 1e9);
  return {.step_s0 = step_s0, .step_s1 = step_s1, .prefill_tokens_per_s = rate};
}

// How a model was measured, the nearest case first: this GPU; the same model on another GPU, scaled; the form for an
// unknown model on an H100, scaled (docs/accounting.md §4).
Result<Machine> curve_of(const catalog::Catalog& catalog, const catalog::Model& model, const catalog::Gpu& gpu,
                         int gpus) {
  Machine own;
  const catalog::Curve* curve = catalog.find_curve(model.id, gpu.id, gpus);
  if (!curve) curve = catalog.find_curve(model.id, gpu.id, 0);
  if (curve) {
    own.curve_measured = curve->method == catalog::Method::measured;
    own.hardware.weights = TokenWeights::from({curve->a_joules, curve->b_joules});
    own.hardware.curve_sigma = own.curve_measured ? energy::sigma::curve : 2 * energy::sigma::curve;
    own.speed = speed_of(model, gpu, gpus, curve->step_s0, curve->step_s1);
    return own;
  }
  const catalog::Gpu* known = catalog.find_gpu("H100-SXM-80GB");
  if (!known) known = catalog.find_gpu("H100");
  if (!known) return fail(Code::failed_precondition, "the catalog has no H100 to estimate from");
  const energy::RequestShape shape{.kv_bytes_per_token = static_cast<double>(model.kv_bytes),
                                   .expert_share = model.expert_share()};
  const auto low = energy::unknown_model_on_h100(spec_of(model), gpus, kReferenceBatches[0], shape);
  const auto high = energy::unknown_model_on_h100(spec_of(model), gpus, kReferenceBatches[1], shape);
  if (!low) return tl::unexpected(low.error());
  if (!high) return tl::unexpected(high.error());
  auto weights = TokenWeights::from(energy::curve_through(kReferenceBatches[0], low->joules_per_output_token,
                                                          kReferenceBatches[1], high->joules_per_output_token));
  if (known->id != gpu.id) {
    auto scaled = energy::scale_weights(spec_of(model), spec_of(*known), weights, spec_of(gpu));
    if (!scaled) return tl::unexpected(scaled.error());
    weights = *scaled;
  }
  own.hardware.weights = weights;
  own.hardware.curve_sigma =
      known->id == gpu.id ? high->sigma : energy::combined({high->sigma, energy::sigma::other_gpu});
  const double one = energy::decode_step_s(spec_of(model), spec_of(gpu), 1);
  const double many = energy::decode_step_s(spec_of(model), spec_of(gpu), kReferenceBatches[1]);
  const double slope = std::max(0.0, (many - one) / (kReferenceBatches[1] - 1));
  own.speed = speed_of(model, gpu, gpus, one - slope, slope);
  return own;
}

}  // namespace

std::optional<Money> cheapest_hour(const catalog::Catalog& catalog, const catalog::Gpu& gpu, int gpus,
                                   std::string_view region, const std::string& currency) {
  std::optional<Money> best;
  bool here = false;
  for (const catalog::Instance& i : catalog.tables().instances) {
    if (i.gpu != gpu.id || i.gpus <= 0) continue;
    const bool same = !region.empty() && i.region == region;
    if (here && !same) continue;
    const auto whole = catalog.convert(i.per_hour, currency);
    if (!whole) continue;
    const Money price = scale(*whole, static_cast<double>(gpus) / i.gpus);
    if (!best || (same && !here) || price < *best) best = price;
    here = here || same;
  }
  return best;
}

Result<Machine> machine_of(const catalog::Catalog& catalog, const catalog::Model& model, const catalog::Gpu& gpu,
                           int gpus, const catalog::Catalog::PueFigure& pue) {
  auto machine = curve_of(catalog, model, gpu, gpus);
  if (!machine) return machine;
  const catalog::Server& server = catalog.server_of(gpu);
  energy::OwnHardware& h = machine->hardware;
  h.site = {.gpus = gpus,
            .host_w_per_gpu = server.host.w / server.gpus,
            .pue = pue.pue,
            .pue_sigma = pue.published ? energy::sigma::pue_table : energy::sigma::pue_unknown};
  h.embodied = {.gpu_kg = to_grams(gpu.embodied.mid) / 1000,
                .server_kg = to_grams(server.embodied) / 1000 / server.gpus,
                .life_years = server.life_years};
  machine->idle_w = gpu.idle.w * gpus;
  return machine;
}

Result<VendorService> vendor_of(const catalog::Catalog& catalog, const std::string& vendor, const std::string& model,
                                const std::optional<energy::VendorPrice>& price, const std::string& currency) {
  VendorService v;
  const catalog::Vendor* row = catalog.find_vendor(vendor);
  const catalog::VendorModel* size = catalog.find_vendor_model(vendor, model);
  if (!row || !size) return fail(Code::not_found, "the catalog knows no size of {} {}.", vendor, model);
  v.model = {.active_b = size->active_b.mid(),
             .total_b = size->total_b.mid(),
             .pue = row->pue.value_or(1.2),
             .published_joules_per_output_token = std::nullopt};
  if (price) {
    v.price = *price;
    return v;
  }
  const catalog::VendorPrice* listed = catalog.find_vendor_price(vendor, model);
  if (!listed) return fail(Code::not_found, "the catalog knows no price of {} {}; set price: {{ … }}.", vendor, model);
  auto in = catalog.convert(listed->input, currency);
  if (!in) return tl::unexpected(in.error());
  v.price.in = v.price.cached = *in;
  if (listed->cached_input) {
    if (auto cached = catalog.convert(*listed->cached_input, currency)) v.price.cached = *cached;
  }
  if (listed->output) {
    if (auto out = catalog.convert(*listed->output, currency)) v.price.out = *out;
  }
  if (listed->reasoning) {
    if (auto reasoning = catalog.convert(*listed->reasoning, currency)) v.price.reasoning = *reasoning;
  }
  return v;
}

}  // namespace trine::fleet

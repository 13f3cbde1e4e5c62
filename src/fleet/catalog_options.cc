#include "fleet/catalog_options.h"

#include <algorithm>

#include "base/text.h"

namespace trine::fleet {
namespace {

constexpr double kEstimatedBatch = 64;  // as far as an estimated curve is trusted (machine.cc fixes it at 4 and 64)
constexpr double kWeightShare = 0.8;    // of the memory that weights may take, so that context has room beside them

const catalog::Curve* curve_for(const catalog::Catalog& catalog, const catalog::Model& model, const catalog::Gpu& gpu,
                                int gpus) {
  const catalog::Curve* exact = catalog.find_curve(model.id, gpu.id, gpus);
  return exact ? exact : catalog.find_curve(model.id, gpu.id, 0);
}

// GPUs for one copy of the model: as it was measured, else the smallest power of two that holds the weights.
int gpus_for(const catalog::Catalog& catalog, const catalog::Model& model, const catalog::Gpu& gpu, int most) {
  if (const auto* curve = catalog.find_curve(model.id, gpu.id, 0); curve && curve->gpus <= most) return curve->gpus;
  int n = 1;
  while (n < most && model.weight_gb() > kWeightShare * gpu.memory_gb * n) n *= 2;
  return std::min(n, most);
}

bool listed(std::string_view word, std::span<const std::string> list) {
  return list.empty() || std::any_of(list.begin(), list.end(), [&](const auto& w) { return iequals(w, word); });
}

// NVIDIA's consumer cards: ECC is off as delivered, and the driver's licence excludes data centres.
bool geforce(const catalog::Gpu& gpu) {
  return std::any_of(gpu.aliases.begin(), gpu.aliases.end(),
                     [](const std::string& a) { return a.find("GeForce") != std::string::npos; });
}

}  // namespace

Result<void> describe_machine(Option& o, const catalog::Catalog& catalog, const catalog::Model& model,
                              const catalog::Gpu& gpu, const catalog::Catalog::PueFigure& pue) {
  auto machine = machine_of(catalog, model, gpu, o.gpus, pue);
  if (!machine) return tl::unexpected(machine.error());
  o.machine = *machine;
  o.model = model.id;
  o.gpu = gpu.id;
  o.memory_gb = gpu.memory_gb * o.gpus;
  o.weight_gb = model.weight_gb();
  o.kv_bytes = static_cast<double>(model.kv_bytes);
  const catalog::Curve* curve = curve_for(catalog, model, gpu, o.gpus);
  o.curve_batch = curve ? curve->max_batch : kEstimatedBatch;
  o.curve_source = !curve ? "estimated" : curve->method == catalog::Method::measured ? "measured" : "derived";
  return {};
}

Result<std::vector<Option>> catalog_options(const catalog::Catalog& catalog, const catalog::Model& model,
                                            std::span<const std::string> regions, std::span<const std::string> zones,
                                            const std::string& currency) {
  for (const std::string& r : regions)
    if (!catalog.find_region(r)) return fail(Code::not_found, "{}", catalog.unknown(catalog::Kind::region, r));
  for (const std::string& z : zones)
    if (!catalog.find_zone(z)) return fail(Code::not_found, "{}", catalog.unknown(catalog::Kind::zone, z));
  std::vector<Option> options;
  for (const catalog::Instance& i : catalog.tables().instances) {
    const catalog::Region* region = catalog.find_region(i.region);
    const catalog::Gpu* gpu = catalog.find_gpu(i.gpu);
    if (!region || !gpu || i.gpus <= 0 || !listed(region->id, regions) || !listed(region->zone, zones)) continue;
    const auto price = catalog.convert(i.per_hour, currency);
    if (!price) continue;
    Option o;
    o.name = i.id;
    o.gpus = gpus_for(catalog, model, *gpu, i.gpus);
    if (auto known = describe_machine(o, catalog, model, *gpu, catalog.pue_of(*region)); !known) continue;
    o.region = region->id;
    o.zone = region->zone;
    o.provider = i.provider;
    o.machine->hardware.price.per_hour = scale(*price, static_cast<double>(o.gpus) / i.gpus);
    o.price_source = "catalog";
    auto control = score::control({{"operator", "provider"},
                                   {"weights", "open"},
                                   {"tuning", "full"},
                                   {"ecc", geforce(*gpu) ? "no" : "yes"},
                                   {"licence", geforce(*gpu) ? "restricted" : "unrestricted"}});
    if (!control) return tl::unexpected(control.error());
    o.control = *control;
    options.push_back(std::move(o));
  }
  if (options.empty())
    return fail(Code::not_found, "the catalog has no instance there; without --region and --zone all are scored.");
  return options;
}

}  // namespace trine::fleet

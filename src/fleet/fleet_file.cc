#include "fleet/fleet_file.h"

#include <algorithm>
#include <set>

#include "fleet/catalog_options.h"
#include "yaml/reader.h"

namespace trine::fleet {
namespace {

using catalog::Catalog;
using yaml::Fields;

// An option as the file has it, before the catalog is asked.
struct OptionDraft {
  Option option;
  std::string vendor, vendor_model;
  std::optional<double> pue;
  std::optional<Money> per_hour, electricity_per_kwh, in_per_mtok, cached_per_mtok, out_per_mtok;
  std::map<std::string, std::string> control;
};

void place(Fields& f, Option& o, const Catalog& catalog) {
  if (!o.region.empty()) {
    const catalog::Region* region = catalog.find_region(o.region);
    if (!region) return f.complain("region", catalog.unknown(catalog::Kind::region, o.region));
    if (o.zone.empty()) o.zone = region->zone;
    if (o.provider.empty()) o.provider = region->provider;
  }
  if (o.zone.empty()) return f.complain(f.where(), "options: \"" + o.name + "\" needs a region or a zone.");
  if (!catalog.find_zone(o.zone)) f.complain("zone", catalog.unknown(catalog::Kind::zone, o.zone));
}

void finish_machine(Fields& f, OptionDraft& d, const Fleet& fleet, const Catalog& catalog) {
  Option& o = d.option;
  const catalog::Gpu* gpu = catalog.find_gpu(o.gpu);
  if (!gpu) return f.complain("gpu", catalog.unknown(catalog::Kind::gpu, o.gpu));
  const catalog::Model* model = catalog.find_model(o.model);
  if (!model)
    return f.complain(
        f.has("model") ? f.where("model") : f.where(),
        "model: " + catalog.unknown(catalog::Kind::model, o.model) + "; `trine catalog list models` has them.");
  place(f, o, catalog);
  const catalog::Region* region = o.region.empty() ? nullptr : catalog.find_region(o.region);
  auto pue = region ? catalog.pue_of(*region) : catalog.world_pue();
  if (d.pue) pue = {.pue = *d.pue, .published = true, .source = "fleet file"};
  if (auto known = describe_machine(o, catalog, *model, *gpu, pue); !known)
    return f.complain(f.where(), "options: \"" + o.name + "\": " + known.error().message);
  o.price_source = "fleet file";
  if (!d.per_hour) {
    d.per_hour = cheapest_hour(catalog, *gpu, o.gpus, o.region, fleet.currency);
    o.price_source = "catalog";
  }
  if (!d.per_hour)
    return f.complain(f.where(), "options: \"" + o.name + "\" has no price, and the catalog no instance with " +
                                     gpu->id + "; set per_hour.");
  o.machine->hardware.price = {.per_hour = *d.per_hour, .electricity_per_kwh = d.electricity_per_kwh.value_or(Money())};
}

void finish_vendor(Fields& f, OptionDraft& d, const Fleet& fleet, const Catalog& catalog) {
  Option& o = d.option;
  if (!catalog.find_vendor(d.vendor)) return f.complain("vendor", catalog.unknown(catalog::Kind::vendor, d.vendor));
  if (d.in_per_mtok.has_value() != d.out_per_mtok.has_value())
    return f.complain(f.where(), "options: \"" + o.name + "\": give input_per_mtok and output_per_mtok together.");
  std::optional<energy::VendorPrice> price;
  if (d.in_per_mtok)
    price = energy::VendorPrice{.in = *d.in_per_mtok,
                                .cached = d.cached_per_mtok.value_or(*d.in_per_mtok),
                                .out = *d.out_per_mtok,
                                .reasoning = std::nullopt};
  auto vendor = vendor_of(catalog, d.vendor, o.model, price, fleet.currency);
  if (!vendor) return f.complain(f.where(), "options: \"" + o.name + "\": " + vendor.error().message);
  if (d.pue) vendor->model.pue = *d.pue;
  if (o.zone.empty()) o.zone = catalog.find_vendor(d.vendor)->zone;
  place(f, o, catalog);
  o.provider = d.vendor;
  o.price_source = price ? "fleet file" : "catalog";
  o.curve_source = "vendor formula";
  o.vendor = *vendor;
}

void finish(Fields& f, OptionDraft& d, const Fleet& fleet, const Catalog& catalog) {
  Option& o = d.option;
  if (o.gpu.empty() == d.vendor.empty())
    return f.complain(f.where(), "options: \"" + o.name + "\": give either gpu or vendor.");
  if (o.model.empty()) o.model = fleet.model;
  if (o.model.empty())
    return f.complain(f.where(), "options: \"" + o.name + "\" has no model; set it here or for all options.");
  if (o.min > o.max) return f.complain("min", "must not be larger than max.");
  auto control = score::control(d.control);
  if (!control) return f.complain("control", control.error().message + ".");
  o.control = *control;
  if (d.vendor.empty())
    finish_machine(f, d, fleet, catalog);
  else
    finish_vendor(f, d, fleet, catalog);
}

void declare_option(Fields& f, OptionDraft& d, const Fleet& fleet, const Catalog& catalog) {
  Option& o = d.option;
  f.text(yaml::required("name", "Its name in tables and plans; unique."), o.name);
  f.text({"gpu", "A machine with this GPU of the catalog,"}, o.gpu);
  f.integer({"gpus", "and so many of them."}, o.gpus, 1, 64);
  f.text({"vendor", "Or an API vendor of the catalog."}, d.vendor);
  f.text({"model", "Instead of the fleet's model; of a vendor: its name there."}, o.model);
  f.text({"region", "A region of the catalog: gives zone, provider and PUE."}, o.region);
  f.text({"zone", "Grid zone; instead of the region's."}, o.zone);
  f.text({"provider", "Instead of the region's."}, o.provider);
  f.text({"jurisdiction", "Country whose law rules the operator."}, o.jurisdiction);
  f.number({"pue", "Instead of the region's published one."}, d.pue, 1, 5);
  f.price({"per_hour", "Of one machine; without it, the catalog's cheapest instance with these GPUs."}, d.per_hour);
  f.price({"electricity_per_kwh", "Where electricity is not in the price."}, d.electricity_per_kwh);
  f.price({"input_per_mtok", "Of a vendor, per million prompt tokens; without it, the catalog's."}, d.in_per_mtok);
  f.price({"cached_input_per_mtok", "Of prompt tokens that the vendor had cached."}, d.cached_per_mtok);
  f.price({"output_per_mtok", "Of generated tokens."}, d.out_per_mtok);
  f.integer({"min", "Machines that always run."}, o.min, 0, 10'000);
  f.integer({"max", "Machines that can be had."}, o.max, 0, 10'000);
  f.duration({"startup", "From the order to the first request; paid."}, o.startup, Nanos(0), std::chrono::hours(24));
  f.boolean({"licensed", "False where a licence forbids this use, such as consumer cards in data centres."},
            o.licensed);
  f.text_map({"control", "Facts of docs/control-rubric.md; what is not given counts lowest."}, d.control);
  f.check([&f, &d, &fleet, &catalog] { finish(f, d, fleet, catalog); });
}

void check_names(Fields& f, const Fleet& fleet) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < fleet.options.size(); ++i)
    if (!seen.insert(fleet.options[i].name).second)
      f.complain(f.where("options", i), "options: there are two with the name \"" + fleet.options[i].name + "\".");
  if (!fleet.baseline.empty() && !fleet.find(fleet.baseline))
    f.complain("baseline", "no option is called \"" + fleet.baseline + "\".");
  if (!fleet.priced.empty() && !parse_iso8601(fleet.priced)) f.complain("priced", "is a day, such as 2026-11-28.");
  if (fleet.options.empty()) f.complain("options", "there is none.");
  if (!(fleet.tokens.total() > 0)) f.complain("tokens", "a request without tokens costs nothing; set in and out.");
  if (fleet.tokens.cached > fleet.tokens.in) f.complain("tokens", "cached must not be more than in.");
  for (const auto& cap : fleet.zone_caps)
    if (std::none_of(fleet.options.begin(), fleet.options.end(), [&](const Option& o) { return o.zone == cap.first; }))
      f.complain("zone_caps", "no option is in zone \"" + cap.first + "\".");
  if (fleet.deferrable > 0 && fleet.defer_hours == 0)
    f.complain("deferrable", "say for how many hours: set defer_hours.");
}

}  // namespace

const Option* Fleet::find(std::string_view name) const {
  const auto it = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return it == options.end() ? nullptr : &*it;
}

void declare(Fields& f, Fleet& fleet, const Catalog& catalog) {
  constexpr double kManyTokens = 1e12;
  f.text({"currency", "ISO 4217; all prices of the file are in it."}, fleet.currency);
  f.text({"priced", "The day that the prices are of, 2026-11-28; decisions show how old they are."}, fleet.priced);
  f.text({"model", "What the options serve, a model of the catalog."}, fleet.model);
  f.number(yaml::required("peak_tokens_per_min", "Input and output tokens in a minute of the busiest hour."),
           fleet.peak_tokens_per_min, 1, kManyTokens);
  f.object({"tokens", "Of one request, where the trace has only counts."}, fleet.tokens, [](Fields& t, Mix& mix) {
    t.number({"in", "Prompt tokens."}, mix.in, 0, 1e7);
    t.number({"cached", "Of these, found in a prefix cache."}, mix.cached, 0, 1e7);
    t.number({"out", "Tokens generated."}, mix.out, 0, 1e7);
  });
  f.object({"slo", "What 95 of 100 requests must keep."}, fleet.slo, [](Fields& s, Slo& slo) {
    const auto time = [&s](const yaml::Field& field, double& out) {
      Nanos d = from_seconds(out);
      s.duration(field, d, std::chrono::milliseconds(1), std::chrono::hours(1));
      out = seconds(d);
    };
    time({"ttft_p95", "Time to the first token."}, slo.ttft_s);
    time({"tpot_p95", "Time per output token."}, slo.tpot_s);
  });
  f.number({"utilisation", "Of a machine's capacity that an hour's mean may use."}, fleet.utilisation, 0.05, 1);
  f.text({"baseline", "The option that the static fleet is made of; without it the first."}, fleet.baseline);
  f.texts({"zones", "Grid zones where requests may be served; without them anywhere."}, fleet.zones);
  f.texts({"jurisdictions", "Countries whose law may rule the operator; without them any."}, fleet.jurisdictions);
  std::map<std::string, double> caps;
  f.number_map({"zone_caps", "Machines in a zone at most."}, caps, 0, 1e6);
  for (const auto& [zone, cap] : caps) fleet.zone_caps[zone] = static_cast<int>(cap);
  f.number({"deferrable", "Share of the requests that may wait,"}, fleet.deferrable, 0, 1);
  f.integer({"defer_hours", "for so many hours."}, fleet.defer_hours, 0, 168);
  f.number({"min_control", "Options with less control (docs/control-rubric.md) are refused."}, fleet.min_control, 0, 1);
  std::vector<OptionDraft> drafts;
  f.objects(yaml::required("options", "What could serve the requests."), drafts,
            [&](Fields& o, OptionDraft& d) { declare_option(o, d, fleet, catalog); });
  for (OptionDraft& d : drafts) fleet.options.push_back(std::move(d.option));
  f.check([&f, &fleet] { check_names(f, fleet); });
}

Result<Fleet> read_fleet_text(const std::string& name, std::string_view text, const Catalog& catalog) {
  Fleet fleet;
  if (auto read = yaml::read_text(name, text, [&](Fields& f) { declare(f, fleet, catalog); }); !read)
    return tl::unexpected(read.error());
  return fleet;
}

Result<Fleet> read_fleet_file(const std::string& path, const Catalog& catalog) {
  Fleet fleet;
  if (auto read = yaml::read_file(path, [&](Fields& f) { declare(f, fleet, catalog); }); !read)
    return tl::unexpected(read.error());
  return fleet;
}

}  // namespace trine::fleet

#include "cli/choice_options.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "catalog/load.h"
#include "cli/source.h"
#include "fleet/catalog_options.h"
#include "fleet/fleet_file.h"
#include "grid/live.h"

namespace trine::cli {
namespace {

void take_fleet(Choice& c, fleet::Fleet&& f, const std::string& path) {
  c.from = fmt::format("fleet file {}", path);
  c.currency = f.currency;
  c.workload = {
      .mix = f.tokens, .slo = f.slo, .utilisation = f.utilisation, .peak_tokens_per_min = f.peak_tokens_per_min};
  c.mix_from = c.utilisation_from = "fleet file";
  c.constraints.zones = f.zones;
  c.constraints.jurisdictions = f.jurisdictions;
  c.constraints.zone_caps = f.zone_caps;
  c.constraints.min_control = f.min_control;
  c.options = std::move(f.options);
  for (const fleet::Option& o : c.options)
    c.prices.push_back({.source = o.price_source, .what = {}, .date = f.priced, .age = {}});
}

// A deployment of the configuration as an option.
Result<fleet::Option> option_of(const gateway::Snapshot& s, const gateway::Deployment& d) {
  const gateway::DeploymentConfig& given = s.config->deployments[d.index];
  fleet::Option o;
  o.name = d.name;
  o.model = given.catalog_model.empty() ? d.model : given.catalog_model;
  o.zone = d.zone;
  o.region = given.region;
  o.gpus = given.gpus;
  o.max = 10'000;  // a deployment says nothing of how many there could be
  o.simulated = d.simulated;
  auto control = score::control(given.control);
  if (!control) return tl::unexpected(control.error());
  o.control = *control;
  o.price_source = given.price.known() ? "configuration" : "catalog";
  if (const auto* region = s.catalog->find_region(given.region)) o.provider = region->provider;
  if (d.vendor) {
    o.vendor = *d.vendor;
    o.provider = given.vendor;
    o.curve_source = "vendor formula";
    return o;
  }
  const auto* model = s.catalog->find_model(o.model);
  const auto* gpu = s.catalog->find_gpu(given.gpu);
  if (!model || !gpu || !d.own) return fail(Code::failed_precondition, "the catalog does not know its model or GPU");
  if (auto known = fleet::describe_machine(o, *s.catalog, *model, *gpu, s.catalog->world_pue()); !known)
    return tl::unexpected(known.error());
  o.machine = *d.own;  // with the configuration's price and site
  o.token_price = d.token_price;
  if (d.max_concurrency > 0) o.curve_batch = std::min<double>(o.curve_batch, d.max_concurrency);
  return o;
}

// The workload's route, or the only one; null: there is none of its own.
Result<const gateway::Route*> route_for(const gateway::Snapshot& s, const std::string& workload) {
  if (workload.empty()) return s.routes.size() == 1 ? &s.routes.begin()->second : nullptr;
  std::vector<std::string_view> known;
  for (const auto& route : s.config->routes) {  // in the order of the file
    if (route.workload == workload) return &s.routes.at(route.model);
    known.push_back(route.workload);
  }
  for (const auto& key : s.config->keys) {
    if (key.workload == workload) return nullptr;
    known.push_back(key.workload);
  }
  std::erase_if(known, [](std::string_view w) { return w.empty(); });
  const auto near = nearest(workload, known);
  return fail(Code::not_found, "--workload: {} names no workload \"{}\"{}", s.config->file, workload,
              near.empty() ? "." : fmt::format("; did you mean \"{}\"?", near));
}

Result<void> take_deployments(Choice& c, const gateway::Snapshot& s, const std::string& workload) {
  c.from = fmt::format("configuration {}", s.config->file);
  c.currency = s.config->ledger.currency;
  const auto route = route_for(s, workload);
  if (!route) return tl::unexpected(route.error());
  auto deployments = s.deployments;
  if (const gateway::Route* r = *route) {
    deployments = r->deployments;
    c.constraints.zones = r->zones;
    c.weights = r->weights;
    c.weights_from = fmt::format("route {} of {}", r->model, s.config->file);
  }
  for (const auto& d : deployments) {
    auto o = option_of(s, *d);
    if (!o) return fail(o.error().code, "deployments: \"{}\": {}.", d->name, o.error().message);
    c.options.push_back(std::move(*o));
  }
  return {};
}

Result<void> take_catalog(Choice& c, const ChoiceSource& s) {
  const auto* model = c.catalog->find_model(s.model);
  if (!model) return fail(Code::not_found, "--model: {}", c.catalog->unknown(catalog::Kind::model, s.model));
  auto options = fleet::catalog_options(*c.catalog, *model, s.regions, s.zones, c.currency);
  if (!options) return tl::unexpected(options.error());
  c.from = fmt::format("the catalog's instances with {}", model->id);
  c.options = std::move(*options);
  return {};
}

// A day in the text, at its beginning ("2026-08-06", "2026"), as how long before `at` it was.
std::optional<Nanos> age_of(const std::string& date, Wall at) {
  auto day = parse_iso8601(date.substr(0, 10));
  if (!day && date.size() == 4) day = parse_iso8601(date + "-01-01");
  if (!day) return std::nullopt;
  return std::max(Nanos(0), at - *day);
}

std::string date_of(const catalog::Catalog& catalog, const std::string& source) {
  const auto* s = catalog.find_source(source);
  return s ? s->date : std::string();
}

void describe_price(Provenance& p, const fleet::Option& o, const Choice& c) {
  const catalog::Catalog& catalog = *c.catalog;
  p.what = o.vendor ? "per token" : "per hour";
  if (p.source != "catalog") return;
  p.date.clear();  // not the fleet file's
  if (o.vendor) {
    if (const auto* listed = catalog.find_vendor_price(o.provider, o.model)) {
      p.source = fmt::format("catalog: {} {}, {}", listed->vendor, listed->model, listed->source);
      p.date = listed->date;
    }
    return;
  }
  const auto* gpu = catalog.find_gpu(o.gpu);
  const catalog::Instance* row = catalog.find_instance(o.name);
  if (!row && gpu) {
    const auto cheapest = fleet::cheapest_instance(catalog, *gpu, o.gpus, o.region, c.currency);
    row = cheapest ? cheapest->instance : nullptr;
  }
  if (!row) return;
  p.source = fmt::format("catalog: {}, {}", row->id, row->source);
  p.date = date_of(catalog, row->source);
}

Provenance energy_of(const fleet::Option& o, const catalog::Catalog& catalog) {
  Provenance p{.source = {}, .what = o.curve_source, .date = {}, .age = {}};
  if (o.vendor) {
    const auto* size = catalog.find_vendor_model(o.provider, o.model);
    p.source = size ? size->source : "docs/accounting.md §4d";
  } else if (const auto* model = catalog.find_model(o.model)) {
    const auto* gpu = catalog.find_gpu(o.gpu);
    const auto* curve = gpu ? catalog.find_curve(model->id, gpu->id, o.gpus) : nullptr;
    if (!curve && gpu) curve = catalog.find_curve(model->id, gpu->id, 0);
    p.source = curve ? curve->source : "docs/estimates.md";
    p.what += curve ? " curve" : " by size";
  }
  p.date = date_of(catalog, p.source);
  return p;
}

}  // namespace

Result<void> read_options(Choice& c, const ChoiceSource& s, std::shared_ptr<const gateway::Snapshot> running) {
  std::shared_ptr<const gateway::Snapshot> snapshot = std::move(running);
  if (!snapshot && !s.config.empty()) {
    auto config = gateway::load_config(s.config);
    if (!config) return tl::unexpected(config.error());
    auto resolved = resolve(*config);
    if (!resolved) return tl::unexpected(resolved.error());
    snapshot = *resolved;
  }
  if (snapshot) {
    c.catalog = snapshot->catalog;
    c.grid = snapshot->grid->table();
    c.ledger = snapshot->config->ledger.dir;
  } else {
    auto loaded = catalog::load({.folder = s.dir, .euro_rates = {}});
    if (!loaded) return tl::unexpected(loaded.error());
    c.catalog = *loaded;
    c.grid = std::make_shared<const grid::GridTable>(c.catalog);
  }
  if (!s.fleet.empty()) {
    auto f = fleet::read_fleet_file(s.fleet, *c.catalog);
    if (!f) return tl::unexpected(f.error());
    take_fleet(c, std::move(*f), s.fleet);
    if (!snapshot) return {};
    if (c.currency != snapshot->config->ledger.currency)
      return fail(Code::failed_precondition, "{} is in {}, {} in {}: they cannot be compared.", s.fleet, c.currency,
                  s.config, snapshot->config->ledger.currency);
    const auto route = route_for(*snapshot, s.workload);
    if (!route) return tl::unexpected(route.error());
    if (*route) {
      c.weights = (*route)->weights;
      c.weights_from = fmt::format("route {} of {}", (*route)->model, s.config);
    }
    return {};
  }
  return snapshot ? take_deployments(c, *snapshot, s.workload) : take_catalog(c, s);
}

void describe_inputs(Choice& c) {
  c.prices.resize(c.options.size());
  std::set<std::string> models;
  for (size_t i = 0; i < c.options.size(); ++i) {
    const fleet::Option& o = c.options[i];
    models.insert(o.model);
    Provenance& price = c.prices[i];
    if (price.source.empty()) price.source = o.price_source;
    describe_price(price, o, c);
    price.age = age_of(price.date, c.at);
    c.energy.push_back(energy_of(o, *c.catalog));
    c.energy.back().age = age_of(c.energy.back().date, c.at);
  }
  if (models.size() == 1) c.model = *models.begin();
}

}  // namespace trine::cli

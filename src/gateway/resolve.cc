#include "gateway/resolve.h"

#include <algorithm>

#include "base/hash.h"
#include "score/control.h"

namespace trine::gateway {
namespace {

// The operator's price, else the cheapest instance of the catalog.
Result<Money> hourly(const catalog::Catalog& catalog, const DeploymentConfig& d, const catalog::Gpu& gpu,
                     const std::string& currency) {
  if (d.price.per_hour) return *d.price.per_hour;
  if (d.price.capex)
    return energy::depreciation_per_hour(*d.price.capex, d.price.life_years,
                                         d.price.maintenance_per_year.value_or(Money()));
  if (const auto listed = fleet::cheapest_hour(catalog, gpu, d.gpus, d.region, currency)) return *listed;
  return fail(
      Code::invalid_argument,
      "deployments: \"{}\" has no price, and the catalog has no instance with {}; set price: {{ per_hour: … }}.",
      d.name, gpu.id);
}

std::optional<energy::VendorPrice> token_price(const PriceConfig& p) {
  if (!p.input_per_mtok || !p.output_per_mtok) return std::nullopt;
  return energy::VendorPrice{.in = *p.input_per_mtok,
                             .cached = p.cached_input_per_mtok.value_or(*p.input_per_mtok),
                             .out = *p.output_per_mtok,
                             .reasoning = std::nullopt};
}

Result<fleet::Machine> resolve_own(const Config& config, const DeploymentConfig& d, const catalog::Catalog& catalog,
                                   const catalog::Model& model, double pue, bool pue_known) {
  const catalog::Gpu& gpu = *catalog.find_gpu(d.gpu);
  auto own = fleet::machine_of(catalog, model, gpu, d.gpus, {.pue = pue, .published = pue_known, .source = {}});
  if (!own) return own;
  if (!d.price.free && !d.price.input_per_mtok) {
    auto price = hourly(catalog, d, gpu, config.ledger.currency);
    if (!price) return tl::unexpected(price.error());
    own->hardware.price = {.per_hour = *price, .electricity_per_kwh = d.price.electricity_per_kwh.value_or(Money())};
    own->hardware.tariff = d.price.electricity_tariff;
  }
  return own;
}

// The meter that the configuration names; a simulated engine brings its own.
std::optional<MeterUse> meter_of(const Config& config, const DeploymentConfig& d) {
  if (const MeterConfig* m = config.find_meter(d.meter)) {
    MeterUse use{.meter = *m, .devices = d.devices, .host = {}, .host_part = 1};
    if (const MeterConfig* host = config.find_meter(d.host_meter)) {
      use.host = *host;
      use.host_part = d.server_gpus > 0 ? static_cast<double>(d.gpus) / d.server_gpus : 1;
    }
    return use;
  }
  if (d.engine != EngineKind::sim || !d.metrics_url) return std::nullopt;
  MeterConfig own;
  own.name = d.name;
  own.kind = MeterKind::engine_sim;
  own.url = d.metrics_url;
  return MeterUse{.meter = own, .devices = {}, .host = {}, .host_part = 1};
}

// A hosted model of known size on hardware that nobody tells: the vendors' formula.
Result<fleet::VendorService> resolve_hosted(const DeploymentConfig& d, const catalog::Model& model, double pue) {
  fleet::VendorService v;
  v.model = {.active_b = model.active_b,
             .total_b = model.total_b,
             .bits = model.weight_bits,
             .pue = pue,
             .published_joules_per_output_token = std::nullopt};
  if (auto p = token_price(d.price)) v.price = *p;
  return v;
}

Result<void> resolve_origin(const Config& config, const DeploymentConfig& d, const Url& url, net::Origin& origin) {
  origin.address = {url.host, url.port};
  origin.connect_timeout = config.timeouts.connect;
  if (url.host == d.url.host) origin.server_name = d.server_name;
  const bool here = url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
  if (config.proxy && !here) {
    origin.proxy = net::HostPort{config.proxy->url.host, config.proxy->url.port};
    origin.proxy_credentials = config.proxy->credentials;
  }
  if (!url.tls) return {};
  auto tls = net::tls_client({.ca_file = d.ca.empty() ? config.extra_ca : d.ca,
                              .cert_file = d.client_cert,
                              .key_file = d.client_key,
                              .verify = d.tls_verify});
  if (!tls) return fail(Code::invalid_argument, "deployments: \"{}\": {}", d.name, tls.error().message);
  origin.tls = *tls;
  return {};
}

// The key goes to nobody but the deployment's own server.
Result<void> resolve_health(const Config& config, const DeploymentConfig& d, HealthPage& page) {
  page.url = *d.health_url;
  page.every = d.health_every;
  const bool own = page.url.host == d.url.host && page.url.port == d.url.port && page.url.tls == d.url.tls;
  if (own && !d.api_key.empty()) page.authorization = "Bearer " + d.api_key;
  if (auto r = resolve_origin(config, d, page.url, page.origin); !r) return r;
  page.origin.connect_timeout = std::min(page.origin.connect_timeout, page.every);
  return {};
}

}  // namespace

Key resolve_rights(const RightsConfig& r) {
  Key key;
  key.tenant = {r.org, r.team, r.project, {}};
  key.prefix_salt = prefix_salt_of(key.tenant);
  key.workload = r.workload;
  key.routes = r.routes;
  key.endpoints = endpoint_bits(r.endpoints);
  return key;
}

uint32_t endpoint_bits(const std::vector<std::string>& names) {
  if (names.empty()) return score::kAllEndpoints;
  uint32_t bits = 0;
  for (const std::string& n : names) {
    if (n == "chat") bits |= score::bit(score::Endpoint::chat);
    if (n == "completions") bits |= score::bit(score::Endpoint::completions);
    if (n == "embeddings") bits |= score::bit(score::Endpoint::embeddings);
    if (n == "responses") bits |= score::bit(score::Endpoint::responses);
    if (n == "other") bits |= score::bit(score::Endpoint::other);
  }
  return bits;
}

score::Endpoint score_endpoint(llm::Endpoint e) {
  switch (e) {
    case llm::Endpoint::chat:
      return score::Endpoint::chat;
    case llm::Endpoint::completions:
      return score::Endpoint::completions;
    case llm::Endpoint::embeddings:
      return score::Endpoint::embeddings;
    case llm::Endpoint::responses:
      return score::Endpoint::responses;
    case llm::Endpoint::models:
    case llm::Endpoint::other:
      break;
  }
  return score::Endpoint::other;
}

std::string MeterUse::hardware() const {
  return fmt::format("{} {} {}", name(meter.kind), meter.name, fmt::join(devices, ","));
}

bool Deployment::serves(llm::Endpoint e) const {
  return (endpoints & score::bit(score_endpoint(e))) != 0;
}

Result<fleet::VendorService> resolve_vendor(const catalog::Catalog& catalog, const std::string& vendor,
                                            const std::string& model, const PriceConfig& price,
                                            const std::string& currency) {
  return fleet::vendor_of(catalog, vendor, model, token_price(price), currency);
}

Result<std::shared_ptr<Deployment>> resolve_deployment(const Config& config, const DeploymentConfig& d,
                                                       const catalog::Catalog& catalog) {
  auto out = std::make_shared<Deployment>();
  out->name = d.name;
  out->place = hash64(d.name) | 1;
  out->model = d.model;
  out->engine = d.engine;
  out->simulated = d.engine == EngineKind::sim;
  out->base_path = d.url.path;
  out->head = fmt::format("Host: {}\r\n", d.url.authority());
  if (!d.api_key.empty()) out->head += fmt::format("Authorization: Bearer {}\r\n", d.api_key);
  out->max_concurrency = d.max_concurrency.value_or(0);
  out->endpoints = endpoint_bits(d.endpoints);
  out->metrics = d.metrics_url;
  out->free = d.price.free;
  if (auto r = resolve_origin(config, d, d.url, out->origin); !r) return tl::unexpected(r.error());
  if (d.health_url)
    if (auto r = resolve_health(config, d, out->health_page.emplace()); !r) return tl::unexpected(r.error());

  const catalog::Region* region = d.region.empty() ? nullptr : catalog.find_region(d.region);
  const catalog::Vendor* vendor = d.vendor.empty() ? nullptr : catalog.find_vendor(d.vendor);
  out->zone = !d.zone.empty() ? d.zone : region ? region->zone : vendor ? vendor->zone : "";
  const auto table = region ? catalog.pue_of(*region) : catalog.world_pue();
  const double pue = d.pue.value_or(table.pue);
  const bool pue_known = d.pue || table.published;

  auto control = score::control(d.control);
  if (!control) return fail(Code::invalid_argument, "deployments: \"{}\": {}", d.name, control.error().message);
  out->control = control->value;

  if (vendor) {
    auto v = resolve_vendor(catalog, d.vendor, d.model, d.price, config.ledger.currency);
    if (!v) return fail(v.error().code, "deployments: \"{}\": {}", d.name, v.error().message);
    if (d.pue) v->model.pue = *d.pue;
    if (d.price.free) v->price = {};
    out->vendor = *v;
    if (const auto* listed = catalog.find_vendor_price(d.vendor, d.model)) out->context = listed->context;
    return out;
  }
  const std::string& catalog_name = d.catalog_model.empty() ? d.model : d.catalog_model;
  const catalog::Model* model = catalog.find_model(catalog_name);
  if (!model)
    return fail(Code::invalid_argument,
                "deployments: \"{}\": {}; set catalog_model to the model of the catalog that is nearest in size.",
                d.name, catalog.unknown(catalog::Kind::model, catalog_name));
  out->context = model->context;
  if (d.gpu.empty()) {
    auto v = resolve_hosted(d, *model, pue);
    if (!v) return tl::unexpected(v.error());
    out->vendor = *v;
    return out;
  }
  auto own = resolve_own(config, d, catalog, *model, pue, pue_known);
  if (!own) return tl::unexpected(own.error());
  out->own = *own;
  out->meter = meter_of(config, d);
  out->token_price = token_price(d.price);
  return out;
}

}  // namespace trine::gateway

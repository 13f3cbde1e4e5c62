#include "gateway/snapshot.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/load.h"
#include "gateway/egress/egress.h"
#include "gateway/resolve.h"
#include "grid/cache.h"
#include "grid/poller.h"

namespace trine::gateway {
namespace {

constexpr const char *kFingerprint = "sha256:", *kSan = "san:", *kCommonName = "cn:";

uint64_t prefix_of(const KeyHash& h) {
  uint64_t p = 0;
  std::memcpy(&p, h.data(), sizeof p);
  return p;
}

std::string_view as_text(const KeyHash& h) {
  return {reinterpret_cast<const char*>(h.data()), h.size()};
}

// Every catalog id of the file that the catalog does not know, with its place.
std::string unknown_names(const Config& config, const catalog::Catalog& catalog) {
  std::string problems;
  for (const CatalogRef& ref : config.catalog_refs) {
    bool known = true;
    std::string sentence;
    switch (ref.kind) {
      case CatalogKind::gpu:
        known = catalog.find_gpu(ref.id);
        sentence = catalog.unknown(catalog::Kind::gpu, ref.id);
        break;
      case CatalogKind::vendor:
        known = catalog.find_vendor(ref.id);
        sentence = catalog.unknown(catalog::Kind::vendor, ref.id);
        break;
      case CatalogKind::region:
        known = catalog.find_region(ref.id);
        sentence = catalog.unknown(catalog::Kind::region, ref.id);
        break;
      case CatalogKind::zone:
        // A zone that the file itself gives an intensity need not be in the catalog.
        known = catalog.find_zone(ref.id) || config.zones.contains(ref.id);
        sentence = catalog.unknown(catalog::Kind::zone, ref.id);
        break;
      case CatalogKind::model:
        if (ref.vendor.empty()) {
          known = catalog.find_model(ref.id);
          sentence = catalog.unknown(catalog::Kind::model, ref.id) +
                     "; set catalog_model to the model of the catalog that is nearest in size";
        } else {
          known = catalog.find_vendor_model(ref.vendor, ref.id);
          sentence = fmt::format("the catalog knows no model \"{}\" of {}", ref.id, ref.vendor);
        }
        break;
    }
    if (known) continue;
    const char* stop = sentence.ends_with('?') ? "" : ".";
    problems += fmt::format("{}: {}: {}{}\n", ref.where, ref.key, sentence, stop);
  }
  if (!problems.empty()) problems.pop_back();
  return problems;
}

Result<std::map<std::string, grid::ZoneInput>> read_zones(const Config& config) {
  std::map<std::string, grid::ZoneInput> zones;
  for (const auto& [name, zone] : config.zones) {
    grid::ZoneInput input{.constant = zone.constant, .series = {}, .series_source = {}, .market = zone.market};
    if (!zone.file.empty()) {
      auto file = grid::read_series_file(zone.file);
      if (!file) return tl::unexpected(file.error());
      const auto it = std::find_if(file->zones.begin(), file->zones.end(), [&zone_name = name](const auto& z) {
        return z.first.empty() || iequals(z.first, zone_name);
      });
      if (it == file->zones.end())
        return fail(Code::invalid_argument, "grid.zones.{}: {} has no column for this zone.", name, zone.file);
      input.series = it->second;
      input.series_source = zone.file;
    }
    zones.emplace(name, std::move(input));
  }
  return zones;
}

// What sources said before: this process's, and what is on disk.
void know_grid(Snapshot& s, const Snapshot* before) {
  auto cached = grid::load_feeds(s.config->grid_cache);
  for (const auto& problem : cached.problems) log::warning("grid cache: {}", problem);
  grid::Feeds feeds = before ? before->grid->table()->feeds() : grid::Feeds{};
  // An import that is gone from the disk is gone.
  std::erase_if(feeds, [](const auto& feed) { return feed->source == grid::kImported; });
  feeds = grid::wanted(grid::merged(std::move(cached.feeds), feeds), s.grid_sources);
  if (!feeds.empty()) s.grid->publish(std::move(feeds));
}

Result<Baseline> resolve_baseline(const Snapshot& s) {
  const BaselineConfig& b = *s.config->baseline;
  Baseline out;
  if (!b.file.empty()) {
    auto frozen = read_baseline(b.file);
    if (!frozen) return fail(frozen.error().code, "baseline.file: {}", frozen.error().message);
    const std::string& currency = s.config->ledger.currency;
    if (frozen->currency != currency)
      return fail(Code::invalid_argument,
                  "baseline.file: {} is in {}, the ledger in {}; make it anew with --currency {}.", b.file,
                  frozen->currency, currency, currency);
    if (!s.catalog->find_zone(frozen->zone) && !s.config->zones.contains(frozen->zone))
      return fail(Code::invalid_argument, "baseline.file: {}: {}.", b.file,
                  s.catalog->unknown(catalog::Kind::zone, frozen->zone));
    out.name = frozen->title();
    out.zone = frozen->zone;
    out.frozen = std::move(*frozen);
    return out;
  }
  if (!b.deployment.empty()) {
    out.name = "deployment " + b.deployment;
    for (const auto& d : s.deployments)
      if (d->name == b.deployment) out.deployment = d;
    out.zone = out.deployment->zone;
  } else {
    auto v = resolve_vendor(*s.catalog, b.vendor, b.model, {}, s.config->ledger.currency);
    if (!v) return fail(v.error().code, "baseline: {}", v.error().message);
    out.name = b.vendor + " " + b.model;
    out.vendor = *v;
    out.zone = s.catalog->find_vendor(b.vendor)->zone;
  }
  if (!b.zone.empty()) out.zone = b.zone;
  return out;
}

Result<score::Weights> weights_of(const WeightsConfig& w) {
  return score::make_weights(w.cost, w.control, w.carbon);
}

Result<Key> resolve_key(const KeyConfig& k) {
  Key key{.hash = k.hash,
          .tenant = {k.org, k.team, k.project, k.id},
          .workload = k.workload,
          .routes = k.routes,
          .weights = {},
          .may_override_weights = k.may_override_weights};
  key.prefix_salt = prefix_salt_of(key.tenant);
  key.guard = k.guard;
  key.cache = k.cache;
  if (k.weights) {
    auto w = weights_of(*k.weights);
    if (!w) return tl::unexpected(w.error());
    key.weights = *w;
  }
  return key;
}

// REQUIRES: the route's deployments and the guard.
Result<void> fill_cache(const Snapshot& s, const RouteConfig& r, Route& route) {
  route.cache = r.cache;
  if (!r.cache) return {};
  for (const auto* list : {&route.deployments, &route.fallbacks})
    for (const auto& d : *list)
      route.cache_print += fmt::format("{} {} {} {}\n", d->name, d->model, d->origin.address.host, d->base_path);
  if (s.guards->policy(r.guard, {})) route.cache_print += fmt::format("{} {}", r.guard, s.guards->guard()->version());
  if (!r.cache->semantic) return {};
  const std::string& name = r.cache->semantic->embeddings;
  for (const auto& d : s.deployments)
    if (d->name == name) route.embeddings = d;
  // Texts of the route must not leave its zones by the side.
  const auto& zone = route.embeddings->zone;
  if (!r.zones.empty() && std::find(r.zones.begin(), r.zones.end(), zone) == r.zones.end())
    return fail(Code::invalid_argument,
                "routes.cache.semantic.embeddings: \"{}\" is in {}, which is not among the zones of \"{}\".", name,
                zone.empty() ? "no known zone" : zone, r.model);
  if (!route.embeddings->serves(llm::Endpoint::embeddings))
    return fail(Code::invalid_argument, "routes.cache.semantic.embeddings: \"{}\" does not serve embeddings.", name);
  return {};
}

std::vector<std::string> configured_workloads(const Config& config) {
  std::vector<std::string> names;
  for (const RouteConfig& r : config.routes) names.push_back(r.workload);
  for (const KeyConfig& k : config.keys) names.push_back(k.workload);
  for (const OidcConfig& o : config.oidc)
    for (const OidcGroupConfig& g : o.groups) names.push_back(g.rights.workload);
  for (const ClientCertConfig& c : config.client_certs) names.push_back(c.rights.workload);
  for (const BudgetConfig& b : config.budgets)
    if (b.scope == protect::Scope::workload) names.push_back(b.subject);
  return names;
}

Result<void> resolve_signals(Snapshot& s) {
  const Config& config = *s.config;
  if (config.traces) {
    Url url = config.traces->otlp;
    if (url.path.empty()) url.path = "/v1/traces";
    auto to = resolve_outbound(config, url.text());
    if (!to) return fail(to.error().code, "traces.otlp: {}", to.error().message);
    s.traces = std::move(*to);
  }
  for (const NotificationConfig& n : config.notifications) {
    auto to = resolve_outbound(config, n.url);
    if (!to) return fail(to.error().code, "notifications: the url of \"{}\": {}", n.name, to.error().message);
    s.notified.push_back(std::move(*to));
  }
  return {};
}

Result<void> fill(Snapshot& s, const Snapshot* before) {
  const Config& config = *s.config;
  auto guards = Guards::make(config);
  if (!guards) return tl::unexpected(guards.error());
  s.guards = std::move(*guards);
  s.limits =
      std::make_shared<LimitTable>(config, before ? before->limits->shared_state() : std::make_shared<LimitState>());
  for (const DeploymentConfig& d : config.deployments) {
    auto resolved = resolve_deployment(config, d, *s.catalog);
    if (!resolved) return tl::unexpected(resolved.error());
    (*resolved)->index = s.deployments.size();
    const Deployment* old = before ? before->deployment(d.name) : nullptr;
    (*resolved)->state = old ? old->state : std::make_shared<DeploymentState>(static_cast<size_t>(config.workers));
    s.deployments.push_back(*resolved);
  }
  for (const RouteConfig& r : config.routes) {
    Route& route = s.routes[r.model];
    route.model = r.model;
    for (size_t i : r.candidates) route.deployments.push_back(s.deployments[i]);
    for (size_t i : r.fallback_candidates) route.fallbacks.push_back(s.deployments[i]);
    route.queue = r.queue;
    auto weights = weights_of(r.weights);
    if (!weights) return tl::unexpected(weights.error());
    route.weights = *weights;
    route.zones = r.zones;
    route.max_attempts = r.max_attempts;
    route.workload = r.workload;
    route.guard = r.guard;
    route.documents = r.documents;
    if (auto ok = fill_cache(s, r, route); !ok) return ok;
    route.slo = {.ttft_s = seconds(r.slo.ttft_p95), .tpot_s = seconds(r.slo.tpot_p95)};
    route.strict_slo = r.slo.strict;
    route.sticky = r.sticky;
    route.prefix_affinity = r.prefix_affinity;
    route.limit = s.limits->level(protect::Scope::model, r.model, r.limits);
  }
  for (auto& [name, route] : s.routes)  // only now: the map moves its values while it grows
    route.zone_views.assign(route.zones.begin(), route.zones.end());
  for (const KeyConfig& k : config.keys) {
    auto key = resolve_key(k);
    if (!key) return tl::unexpected(key.error());
    key->limits = s.limits->policy(key->tenant, k.limits ? &*k.limits : nullptr);
    s.keys[prefix_of(k.hash)].push_back(std::move(*key));
  }
  if (config.anonymous) {
    KeyConfig anyone;
    anyone.id = "anonymous";
    s.anonymous = *resolve_key(anyone);
    s.anonymous->limits = s.limits->policy(s.anonymous->tenant, nullptr);
  }
  for (const ClientCertConfig& c : config.client_certs) {
    Key key = resolve_rights(c.rights);
    const std::string name = !c.san.empty() ? c.san : !c.cn.empty() ? c.cn : c.fingerprint.substr(0, 16);
    key.tenant.key = "cert:" + name.substr(0, 96);
    key.limits = s.limits->policy(key.tenant, nullptr);
    const char* kind = !c.san.empty() ? kSan : !c.cn.empty() ? kCommonName : kFingerprint;
    s.certificates.emplace(kind + (c.fingerprint.empty() ? name : c.fingerprint), std::move(key));
  }
  for (const OidcConfig& o : config.oidc)
    for (const OidcGroupConfig& g : o.groups) {
      const RightsConfig& r = g.rights;
      std::string account = oidc_account(o, g);
      auto policy = s.limits->policy({r.org, r.team, r.project, account}, nullptr);
      s.oidc_limits.emplace(fmt::format("{}\n{}\n{}\n{}", account, r.org, r.team, r.project), std::move(policy));
    }
  auto egress = egress_policy(config.egress);
  if (!egress) return tl::unexpected(egress.error());
  s.egress = std::move(*egress);
  if (auto ok = s.limits->check(); !ok) return ok;
  s.workloads = WorkloadNames(configured_workloads(config), before ? &before->workloads : nullptr);
  if (auto ok = resolve_signals(s); !ok) return ok;
  if (config.baseline) {
    auto baseline = resolve_baseline(s);
    if (!baseline) return tl::unexpected(baseline.error());
    s.baseline = *baseline;
  }
  return {};
}

}  // namespace

// Lengths are hashed too: "a", "bc" is not "ab", "c".
uint64_t prefix_salt_of(const energy::Tenant& t) {
  const bool alone = t.team.empty() && t.project.empty();
  return hash64(fmt::format("{}:{}{}:{}{}:{}{}", t.org.size(), t.org, t.team.size(), t.team, t.project.size(),
                            t.project, alone ? t.key : "")) |
         1;
}

std::string oidc_realm(const OidcConfig& provider) {
  std::string_view rest = provider.issuer;
  if (const size_t scheme = rest.find("://"); scheme != rest.npos) rest.remove_prefix(scheme + 3);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  return std::string(rest);
}

std::string oidc_account(const OidcConfig& provider, const OidcGroupConfig& group) {
  return fmt::format("oidc group {}@{}", group.value, oidc_realm(provider));
}

bool Key::may_use(std::string_view route) const {
  return routes.empty() || std::find(routes.begin(), routes.end(), route) != routes.end();
}

const Deployment* Snapshot::deployment(std::string_view name) const {
  for (const auto& d : deployments)
    if (d->name == name) return d.get();
  return nullptr;
}

const Key* Snapshot::key(const KeyHash& hash) const {
  const auto it = keys.find(prefix_of(hash));
  if (it == keys.end()) return nullptr;
  for (const Key& k : it->second)
    if (equal_secret(as_text(k.hash), as_text(hash))) return &k;
  return nullptr;
}

const Key* Snapshot::key(const net::PeerCertificate& shown) const {
  if (certificates.empty()) return nullptr;
  const auto find = [this](const char* kind, const std::string& name) -> const Key* {
    const auto it = certificates.find(kind + name);
    return it == certificates.end() ? nullptr : &it->second;
  };
  if (const Key* k = find(kFingerprint, shown.fingerprint)) return k;
  for (const std::string& name : shown.names)
    if (const Key* k = find(kSan, name)) return k;
  return find(kCommonName, shown.common_name);
}

Result<std::shared_ptr<const catalog::Catalog>> load_catalog(const Config& config) {
  catalog::LoadOptions options{.folder = config.catalog.dir, .euro_rates = {}};
  // The file says what a unit is worth in the ledger's currency; the catalog counts from the euro.
  if (config.ledger.currency == "EUR") options.euro_rates = config.catalog.exchange;
  return catalog::load(options);
}

Result<std::shared_ptr<const Snapshot>> make_snapshot(std::shared_ptr<const Config> config,
                                                      std::shared_ptr<const catalog::Catalog> catalog,
                                                      const Snapshot* before) {
  auto s = std::make_shared<Snapshot>();
  s->config = std::move(config);
  s->catalog = std::move(catalog);
  if (auto problems = unknown_names(*s->config, *s->catalog); !problems.empty())
    return tl::unexpected(Error{Code::invalid_argument, std::move(problems)});
  auto zones = read_zones(*s->config);
  if (!zones) return tl::unexpected(zones.error());
  s->grid = std::make_shared<grid::Live>(std::make_shared<const grid::GridTable>(s->catalog, std::move(*zones)));
  if (auto r = fill(*s, before); !r) return tl::unexpected(r.error());
  auto sources = resolve_grid_sources(*s);
  if (!sources) return tl::unexpected(sources.error());
  s->grid_sources = std::move(*sources);
  know_grid(*s, before);
  if (before) s->generation = before->generation + 1;
  return s;
}

}  // namespace trine::gateway

// The shape of the configuration file: each key once, with its form, default and one sentence.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"
#include "gateway/config/key_hash.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using yaml::Field;
using yaml::Fields;
using yaml::required;

void address_field(Fields& f, const Field& field, HostPort& out) {
  f.parsed(field, out, form("host:port"), out.text(), "is not host:port, such as 127.0.0.1:8080 or [::1]:8080.",
           HostPort::parse);
}

std::optional<ProxyConfig> parse_proxy(std::string_view s) {
  const size_t scheme = s.find("://");
  if (scheme == std::string_view::npos) return {};
  const size_t at = s.rfind('@');
  std::string plain(s);
  ProxyConfig proxy;
  if (at != std::string_view::npos) {
    proxy.credentials = s.substr(scheme + 3, at - scheme - 3);
    plain = std::string(s.substr(0, scheme + 3)) + std::string(s.substr(at + 1));
  }
  const auto url = Url::parse(plain);
  if (!url || url->tls || !url->path.empty()) return {};
  proxy.url = *url;
  return proxy;
}

// Within a given map, what is absent is 0: the three must be thought of together.
void weights_field(Fields& f, const Field& field, std::optional<WeightsConfig>& out) {
  f.object(field, out, [](Fields& w, WeightsConfig& weights) {
    weights = {0, 0, 0};
    w.number({"cost", "Share of the cost in the score."}, weights.cost, 0, 1);
    w.number({"control", "Share of control (jurisdiction, tenancy, ...) in the score."}, weights.control, 0, 1);
    w.number({"carbon", "Share of carbon in the score."}, weights.carbon, 0, 1);
    w.check([&w, &weights] {
      const double sum = weights.cost + weights.control + weights.carbon;
      if (std::abs(sum - 1) > 1e-6)
        w.complain(w.where(), fmt::format("weights: cost {} + control {} + carbon {} = {}; they must sum to 1.",
                                          yaml::number_text(weights.cost), yaml::number_text(weights.control),
                                          yaml::number_text(weights.carbon), yaml::number_text(sum)));
    });
  });
}

void declare_server(Fields& f, Draft& draft) {
  Config& c = draft.config;
  f.object({"listen", "Where the gateway listens."}, c.listen, [&draft](Fields& l, ListenConfig& listen) {
    address_field(l, {"traffic", "Clients' requests."}, listen.traffic);
    address_field(l, {"admin", "Metrics, admin API and pages; keep it private."}, listen.admin);
    draft.listen_admin = l.has("admin") ? l.where("admin") : l.where("traffic");
  });
  f.object({"tls", "TLS on the traffic listener."}, c.tls, [](Fields& t, TlsConfig& tls) {
    t.text(required("cert", "PEM file of the certificate chain."), tls.cert);
    t.text(required("key", "PEM file of the private key."), tls.key);
    t.text({"client_ca", "PEM file; clients must show a certificate that it signed."}, tls.client_ca);
  });
  f.integer({"workers", "I/O threads."}, c.workers, 1, 256);
  f.object({"limits", "What a client or an engine may send."}, c.limits, [](Fields& l, LimitsConfig& limits) {
    l.size({"head_bytes", "Request line and headers."}, limits.head_bytes, kKiB, kMiB);
    l.size({"body_bytes", "Request body."}, limits.body_bytes, kKiB, 4 * kGiB);
    l.size({"response_bytes", "A non-streamed answer of an engine."}, limits.response_bytes, kKiB, 4 * kGiB);
    l.integer({"connections", "Open client connections."}, limits.connections, 1, 1'000'000);
    l.object({"per_key", "What each key may use, unless it says itself; see docs/limits.md."}, limits.per_key,
             declare_limits);
    label_field(l, {"contact", "Whom a client that is refused should ask."}, limits.contact);
  });
  f.object({"timeouts", "How long things may take."}, c.timeouts, [](Fields& t, TimeoutsConfig& o) {
    t.duration({"head", "From the first byte of a request to the end of its headers."}, o.head, 1ms, 24h);
    t.duration({"body", "To read a request's body."}, o.body, 1ms, 24h);
    t.duration({"idle", "A connection between two requests."}, o.idle, 1ms, 24h);
    t.duration({"connect", "To connect to an engine, TLS included."}, o.connect, 1ms, 24h);
    t.duration({"first_byte", "From the request sent to the engine's first byte."}, o.first_byte, 1ms, 24h);
    t.duration({"stream_idle", "Between two pieces of an engine's answer."}, o.stream_idle, 1ms, 24h);
    t.duration({"total", "A whole request, with all its attempts."}, o.total, 1ms, 24h);
    t.duration({"drain", "On SIGTERM, for requests under way."}, o.drain, 1ms, 24h);
  });
  f.parsed_list({"trusted_proxies", "Addresses whose X-Forwarded-For counts."}, c.trusted_proxies, form("CIDR"),
                "is not an address block such as 10.0.0.0/8 or fd00::/8 (no bits set behind the prefix).", Cidr::parse);
  f.parsed({"proxy", "Outgoing CONNECT proxy for calls to engines and vendors."}, c.proxy, form("URL", "http://.+"), "",
           "is not a proxy such as http://host:port or http://user:password@host:port.",
           [](std::string_view s) -> std::optional<std::optional<ProxyConfig>> {
             auto proxy = parse_proxy(s);
             if (!proxy) return {};
             return proxy;
           });
  f.text({"extra_ca", "PEM file of further authorities to trust for upstream TLS."}, c.extra_ca);
}

void declare_ledger(Fields& f, Config& c) {
  f.object({"ledger", "The records of requests, calls and settlements."}, c.ledger, [](Fields& l, LedgerConfig& o) {
    l.text({"dir", "Folder of the journal and the database."}, o.dir);
    l.size({"segment", "Size of a journal file, allocated at once."}, o.segment, kMiB, 4 * kGiB);
    l.size({"reserve", "Kept free to finish what has begun when the disk is full."}, o.reserve, kMiB, 4 * kGiB);
    l.choice({"when_full", "Disk full: refuse new billable requests, or serve them and count them as unrecorded."},
             o.when_full, {{"refuse", WhenFull::refuse}, {"unrecorded", WhenFull::unrecorded}});
    l.object({"retention", "How long each class of data is kept."}, o.retention, [](Fields& r, RetentionConfig& keep) {
      constexpr Nanos kMost = 24h * 36500;
      r.duration({"requests", "Requests."}, keep.requests, 1h, kMost);
      r.duration({"calls", "Upstream calls and their settlements."}, keep.calls, 1h, kMost);
      r.duration({"windows", "Meter windows."}, keep.windows, 1h, kMost);
      r.duration({"identity", "Who asked; afterwards figures stay under a pseudonym."}, keep.identity, 1h, kMost);
    });
    l.parsed({"currency", "ISO 4217 code; all prices of this file are in it."}, o.currency,
             form("currency code", "[A-Z]{3}"), o.currency, "is not a currency code such as EUR.",
             [](std::string_view s) -> std::optional<std::string> {
               if (s.size() != 3 || !std::all_of(s.begin(), s.end(), [](char x) { return x >= 'A' && x <= 'Z'; }))
                 return {};
               return std::string(s);
             });
  });
  f.object({"catalog", "Regions, GPUs, models, vendors and prices."}, c.catalog, [](Fields& o, CatalogConfig& catalog) {
    o.text({"dir", "Folder of catalog files to use instead of those built in."}, catalog.dir);
    o.number_map({"exchange", "Ledger currency per unit of another one, such as { USD: 0.92 }."}, catalog.exchange,
                 1e-6, 1e6);
  });
}

void declare_key(Fields& f, KeyConfig& key, Draft::KeyMarks& marks) {
  name_field(f, required("id", "Name of the key in reports; not secret."), key.id);
  std::string secret;
  f.secret({"secret", "What clients send as `Authorization: Bearer`; kept as a hash only."}, secret);
  if (!secret.empty()) {
    key.hash = hash_key(secret);
    wipe(secret);
  }
  f.parsed({"hash", "SHA-256 of the secret in hex, instead of it (printf %s SECRET | sha256sum)."}, key.hash,
           form("64 hex digits", "(sha256:)?[0-9A-Fa-f]{64}"), "", "is not a SHA-256 in 64 hex digits.",
           parse_key_hash);
  label_field(f, {"org", "Organisation that pays."}, key.org);
  label_field(f, {"team", "Team in it."}, key.team);
  label_field(f, {"project", "Project of the team."}, key.project);
  label_field(f, {"workload", "Class of traffic, where a request does not say; goes before the route's."},
              key.workload);
  f.texts({"routes", "Routes that the key may use; all if absent."}, key.routes);
  weights_field(f, {"weights", "Instead of the route's weights."}, key.weights);
  f.boolean({"may_override_weights", "Its requests may bring weights of their own, in the header x-trine-weights."},
            key.may_override_weights);
  label_field(f, {"guard", "The guard's policy of this name holds for its requests, beside the route's."}, key.guard);
  f.boolean({"cache", "Its requests may be answered from the cache, and their answers kept there."}, key.cache);
  f.object({"limits", "Instead of limits.per_key."}, key.limits, declare_limits);

  marks.id = f.where("id");
  marks.secret = f.has("hash") ? f.where("hash") : f.where("secret");
  for (size_t i = 0; i < key.routes.size(); ++i) marks.routes.push_back(f.where("routes", i));
  f.check([&f] {
    if (f.has("secret") == f.has("hash")) {
      f.complain(f.where(), f.has("hash") ? "keys: give secret or hash, not both." : "keys: give secret or hash.");
    }
  });
}

void check_deployment(Fields& f, const DeploymentConfig& d) {
  if (!d.gpu.empty() && !d.vendor.empty())
    f.complain("vendor", "a deployment is own hardware (gpu) or a vendor's API (vendor), not both.");
  if (d.gpu.empty() && d.vendor.empty() && !d.price.known())
    f.complain(f.where(), fmt::format("deployments: \"{}\" has no gpu, no vendor and no price, so its answers could "
                                      "not be metered; give one of them.",
                                      d.name));
  if (d.gpu.empty() && f.has("gpus")) f.complain("gpus", "says how many, but gpu does not say of what.");
  if (d.vendor.empty() && d.region.empty() && d.zone.empty())
    f.complain(f.where(), fmt::format("deployments: \"{}\" has no region and no zone, so its carbon would be unknown; "
                                      "give one of them.",
                                      d.name));
  if (!d.meter.empty() && d.gpu.empty()) f.complain("meter", "is for own hardware; say which with gpu.");
  for (const auto key : {"devices", "host_meter", "server_gpus"})
    if (d.meter.empty() && f.has(key)) f.complain(key, "goes with meter, which is not given.");
  if (d.host_meter.empty() && f.has("server_gpus")) f.complain("server_gpus", "goes with host_meter.");
  if (d.server_gpus != 0 && d.server_gpus < d.gpus)
    f.complain("server_gpus", fmt::format("must be at least gpus, which is {}.", d.gpus));
  if (!d.devices.empty() && d.devices.size() != static_cast<size_t>(d.gpus))
    f.complain("devices", fmt::format("names {} devices, but gpus is {}.", d.devices.size(), d.gpus));
  if (d.client_cert.empty() != d.client_key.empty())
    f.complain(d.client_cert.empty() ? "client_key" : "client_cert", "client_cert and client_key belong together.");
  for (const auto key : {"client_cert", "ca", "server_name", "tls_verify"})
    if (!d.url.tls && f.has(key)) f.complain(key, "is for https, but the url is http.");
}

void declare_deployment(Fields& f, Draft& draft, DeploymentConfig& d, Draft::DeploymentMarks& marks) {
  name_field(f, required("name", "Its name in routes, reports and the x-trine-route header."), d.name);
  url_field(f, required("url", "Base URL, with the path before /chat/completions."), d.url);
  f.text(required("model", "The engine's name of the model."), d.model);
  f.text({"catalog_model", "The catalog's name of the model; default: model."}, d.catalog_model);
  std::vector<std::pair<std::string_view, EngineKind>> engines;
  for (int i = 0; i <= static_cast<int>(EngineKind::other); ++i)
    engines.emplace_back(name(static_cast<EngineKind>(i)), static_cast<EngineKind>(i));
  f.choice({"engine", "What serves it; decides how it is metered and asked for usage."}, d.engine, engines);
  f.secret({"api_key", "Sent to it as `Authorization: Bearer`."}, d.api_key);
  f.text({"client_cert", "PEM file of our certificate (mTLS)."}, d.client_cert);
  f.text({"client_key", "PEM file of its key."}, d.client_key);
  f.text({"ca", "PEM file of the authority that signed its certificate."}, d.ca);
  f.text({"server_name", "Name to expect in its certificate; default: the host of the URL."}, d.server_name);
  f.boolean({"tls_verify", "Check its certificate; false is for tests only."}, d.tls_verify);
  f.text({"gpu", "Own hardware: the GPU's catalog id."}, d.gpu);
  f.integer({"gpus", "How many of them."}, d.gpus, 1, 4096);
  f.text({"vendor", "Or an API vendor: its catalog id."}, d.vendor);
  f.text({"region", "Catalog id of the region it runs in."}, d.region);
  f.text({"zone", "Grid zone; goes before the region's."}, d.zone);
  f.number({"pue", "Facility energy per IT energy; default: the region's."}, d.pue, 1, 5);
  f.object({"price", "What it costs, where the catalog does not know or is wrong."}, d.price, declare_price);
  f.text_map({"control", "Control facts, such as { jurisdiction: eu, tenancy: dedicated }."}, d.control);
  f.integer({"max_concurrency", "Requests at a time; no bound if absent."}, d.max_concurrency, 1, 1'000'000);
  url_field(f, {"metrics_url", "The engine's metrics; default for sim and vllm: /metrics on the URL's host."},
            d.metrics_url);
  url_field(f,
            {"health_url",
             "Asked whether it answers; default for vllm, sglang, tgi and llama.cpp: /health on the URL's host."},
            d.health_url);
  f.duration({"health_every", "How often."}, d.health_every, 100ms, 1h);
  f.text({"meter", "Name of the meter that reads its GPUs; without one energy is estimated."}, d.meter);
  f.texts({"devices", "Its GPUs, as the meter names or numbers them; default: all that the meter shows."}, d.devices);
  f.text({"host_meter", "Name of the meter of its server; without one the server is modelled."}, d.host_meter);
  f.integer({"server_gpus", "GPUs in that server, of which this deployment has `gpus`; default: gpus."}, d.server_gpus,
            1, 64);
  f.words({"endpoints", "What it serves; all if absent. `other` is every further path, passed through."}, d.endpoints,
          {"chat", "completions", "embeddings", "responses", "other"});
  f.check([&f, &d] { check_deployment(f, d); });

  marks = {f.where("name"), f.where("meter"), f.where("host_meter")};
  const auto refer = [&](CatalogKind kind, const std::string& id, std::string_view key) {
    if (id.empty()) return;
    draft.config.catalog_refs.push_back({kind, id, kind == CatalogKind::model ? d.vendor : "", f.at(f.where(key)),
                                         "deployments." + std::string(key), d.name});
  };
  refer(CatalogKind::gpu, d.gpu, "gpu");
  refer(CatalogKind::vendor, d.vendor, "vendor");
  refer(CatalogKind::region, d.region, "region");
  refer(CatalogKind::zone, d.zone, "zone");
  if (!d.catalog_model.empty()) {
    refer(CatalogKind::model, d.catalog_model, "catalog_model");
  } else {
    refer(CatalogKind::model, d.model, "model");
  }
}

void declare_route(Fields& f, Draft& draft, RouteConfig& route, Draft::RouteMarks& marks) {
  name_field(f, required("model", "The model name that clients ask for."), route.model);
  f.texts(required("deployments", "Names of the deployments that may answer."), route.deployments);
  f.texts({"fallbacks",
           "Who answers where none of these may: in this order, whatever it costs. The route's zones bind them too."},
          route.fallbacks);
  f.object(
      {"queue",
       "Where requests wait while all that may serve them is at its max_concurrency or answered 429; of each worker."},
      route.queue, [](Fields& q, QueueConfig& queue) {
        q.integer({"length", "Who comes when so many wait is answered 429 at once."}, queue.length, 0, 100'000);
        q.duration({"wait", "The longest; who would wait longer is answered 429 at once."}, queue.wait, 1ms, 10min);
      });
  std::optional<WeightsConfig> weights;
  weights_field(f, {"weights", "What the choice among them weighs; default 0.4, 0.2, 0.4."}, weights);
  if (weights) route.weights = *weights;
  f.texts({"zones", "Residency: grid zones that may answer; all if absent."}, route.zones);
  f.integer({"max_attempts", "Calls per request at most, the first included."}, route.max_attempts, 1, 10);
  label_field(f, {"workload", "Class of traffic, where neither the request nor the key says."}, route.workload);
  declare_choice(f, route);
  f.object({"cache", "Answers that are given again; none if absent. See docs/caching.md."}, route.cache,
           [&marks](Fields& c, RouteCacheConfig& cache) { declare_route_cache(c, marks, cache); });
  label_field(f, {"guard", "The guard's policy of this name holds for its requests; `off`: they are not looked at."},
              route.guard);
  route.documents = draft.config.documents.steps;
  f.object({"documents", "What is done to documents in its requests, where it differs from documents above."},
           route.documents, declare_document_steps);
  f.object({"limits", "Of all keys together."}, route.limits, declare_limits);

  marks.model = f.where("model");
  marks.zones = f.where("zones");
  for (size_t i = 0; i < route.deployments.size(); ++i) marks.deployments.push_back(f.where("deployments", i));
  for (size_t i = 0; i < route.fallbacks.size(); ++i) marks.fallbacks.push_back(f.where("fallbacks", i));
  for (size_t i = 0; i < route.zones.size(); ++i)
    draft.config.catalog_refs.push_back(
        {CatalogKind::zone, route.zones[i], "", f.at(f.where("zones", i)), "routes.zones", ""});
  f.check([&f, &route] {
    if (route.deployments.empty()) f.complain("deployments", "name at least one deployment.");
  });
}

void declare_grid_zone(Fields& z, Draft& draft, ZoneConfig& source, const std::string& zone) {
  std::optional<double> constant, market;
  z.number({"g_per_kwh", "Grams CO2e per kWh, lifecycle."}, constant, 0.1, 2000);
  if (constant) source.constant = Intensity{*constant};
  z.text({"file", "CSV or JSON file of hourly values, read at start and on reload."}, source.file);
  z.number(
      {"market_g_per_kwh", "By the contract with the supplier (certificates, residual mix): shown beside, not booked."},
      market, 0, 2000);
  if (market) source.market = Intensity{*market};
  draft.config.catalog_refs.push_back({CatalogKind::zone, zone, "", z.at(z.where()), "grid.zones", ""});
  z.check([&z] {
    const bool constant_given = z.has("g_per_kwh"), file = z.has("file");
    if (constant_given == file && (file || !z.has("market_g_per_kwh")))
      z.complain(z.where(), "grid.zones: give either g_per_kwh or file.");
  });
}

void declare_grid_source(Fields& s, Draft& draft, GridSourceConfig& source) {
  std::vector<std::pair<std::string_view, std::string>> kinds;
  for (const auto kind : {"electricity_maps", "watttime", "uk_carbon_intensity", "eco2mix", "entsoe", "file"})
    kinds.emplace_back(kind, kind);
  s.choice(required("kind", "Who is asked; see docs/grid.md."), source.kind, kinds);
  s.texts({"zones", "Grid zones to ask for; default: those of the deployments that it knows."}, source.zones);
  s.secret({"token", "Of electricity_maps and entsoe."}, source.token);
  s.text({"user", "Of watttime."}, source.user);
  s.secret({"password", "Of watttime."}, source.password);
  s.text({"path", "Of file: CSV or JSON, read again at each refresh."}, source.path);
  std::vector<std::pair<std::string_view, std::string>> methods;
  for (const auto method : {"lifecycle", "lifecycle_production", "direct", "direct_production", "marginal", "market"})
    methods.emplace_back(method, method);
  s.choice({"method", "Of file: what its values count; only lifecycle is booked, the others are shown beside."},
           source.method, methods);
  s.text({"url", "Another address of the source, without its path."}, source.url);
  s.text_map({"areas", "The source's own name of a zone, such as { US-CAL-CISO: CAISO_NORTH }."}, source.areas);
  s.duration({"refresh", "How often; default: the source's own step, an hour at most."}, source.refresh, 1min, 24h);
  s.integer({"requests_per_day", "Its quota; refreshes are spread so that it lasts. 0: none."}, source.requests_per_day,
            0, 1'000'000'000);
  s.integer({"requests_per_month", "The same by the month."}, source.requests_per_month, 0, 1'000'000'000);
  for (size_t i = 0; i < source.zones.size(); ++i)
    draft.config.catalog_refs.push_back(
        {CatalogKind::zone, source.zones[i], "", s.at(s.where("zones", i)), "grid.sources.zones", ""});
  s.check([&s, &source] {
    const auto need = [&](const char* key, const std::string& value) {
      if (value.empty()) s.complain(s.where(), fmt::format("grid.sources: {} needs {}.", source.kind, key));
    };
    if (source.kind == "electricity_maps" || source.kind == "entsoe") need("a token", source.token);
    if (source.kind == "watttime") {
      need("a user", source.user);
      need("a password", source.password);
    }
    if (source.kind == "file") need("a path", source.path);
    if (source.kind != "file" && s.has("method")) s.complain("method", "is of kind file; the other kinds have theirs.");
  });
}

void declare_grid(Fields& f, Draft& draft) {
  f.object({"grid", "Grid intensity."}, draft.config, [&draft](Fields& g, Config& c) {
    g.named({"zones", "Instead of the catalog's annual value, by zone."}, c.zones,
            [&draft](Fields& z, ZoneConfig& source, const std::string& zone) {
              declare_grid_zone(z, draft, source, zone);
            });
    g.objects({"sources", "Who is asked for live values; of several for one zone the first goes before."},
              c.grid_sources, [&draft](Fields& s, GridSourceConfig& source) { declare_grid_source(s, draft, source); });
    g.text({"cache", "Folder of what sources said, for restarts without a network, and of imports."}, c.grid_cache);
  });
}

void declare_baseline(Fields& f, Draft& draft) {
  f.object({"baseline", "What the saving is measured against."}, draft.config.baseline,
           [&draft](Fields& b, BaselineConfig& base) {
             b.text({"deployment", "One of the deployments above,"}, base.deployment);
             b.text({"vendor", "or a vendor's catalog id,"}, base.vendor);
             b.text({"model", "its model,"}, base.model);
             b.text({"zone", "and the grid zone to assume for it;"}, base.zone);
             b.text({"file", "or a frozen baseline, a file that `trine baseline create` made."}, base.file);
             draft.baseline_deployment = b.where("deployment");
             const auto refer = [&](CatalogKind kind, const std::string& id, const char* key) {
               if (id.empty()) return;
               draft.config.catalog_refs.push_back({kind, id, kind == CatalogKind::model ? base.vendor : "",
                                                    b.at(b.where(key)), std::string("baseline.") + key, ""});
             };
             refer(CatalogKind::vendor, base.vendor, "vendor");
             refer(CatalogKind::model, base.model, "model");
             refer(CatalogKind::zone, base.zone, "zone");
             b.check([&b, &base] {
               const bool vendor = !base.vendor.empty() || !base.model.empty();
               const int ways = (base.deployment.empty() ? 0 : 1) + (vendor ? 1 : 0) + (base.file.empty() ? 0 : 1);
               if (ways != 1 || (vendor && (base.vendor.empty() || base.model.empty())))
                 b.complain(b.where(), "baseline: give either deployment, or vendor and model, or file.");
               if (!base.file.empty() && !base.zone.empty())
                 b.complain(b.where("zone"), "baseline.zone: is in the file already, and frozen; leave it out here.");
             });
           });
}

}  // namespace

void declare(Fields& f, Draft& draft) {
  Config& c = draft.config;
  declare_server(f, draft);
  declare_ledger(f, c);
  f.objects({"keys", "API keys of clients."}, c.keys,
            [&draft](Fields& k, KeyConfig& key) { declare_key(k, key, draft.keys.emplace_back()); });
  f.object({"identity", "Keys that `trine keys` and the admin port make and revoke while the gateway runs."}, c,
           [](Fields& i, Config& config) {
             i.text(required("dir", "Folder of the database of teams and keys, its pepper and the audit log."),
                    config.identity_dir);
             i.boolean({"guard_admin_port", "All of the admin port but /health wants a key with a role."},
                       config.guard_admin_port);
           });
  f.objects({"oidc", "OpenID providers whose tokens stand for keys."}, c.oidc, declare_oidc);
  f.objects({"client_certs", "Whose requests come with a client's certificate (tls.client_ca) and no key."},
            c.client_certs, declare_client_cert);
  f.object({"egress", "Where URLs in requests (images, files, tool servers) may lead; nowhere if absent."}, c.egress,
           declare_egress);
  f.check([&f, &c] {
    if (!c.client_certs.empty() && (!c.tls || c.tls->client_ca.empty()))
      f.complain("client_certs", "needs tls.client_ca: without it no certificate is asked for.");
  });
  f.boolean({"anonymous", "Accept requests without a key, as key \"anonymous\"; for demos."}, c.anonymous);
  declare_protection(f, c);
  f.objects({"meters", "Who reads the joules; deployments name them."}, c.meters,
            [&draft](Fields& m, MeterConfig& meter) { declare_meter(m, meter, draft.meters.emplace_back()); });
  f.objects({"deployments", "Models served somewhere."}, c.deployments,
            [&draft](Fields& d, DeploymentConfig& deployment) {
              declare_deployment(d, draft, deployment, draft.deployments.emplace_back());
            });
  f.object({"documents", "Files and pictures in requests become text before a model sees them; not if absent."},
           c.documents, declare_documents);  // before the routes, which begin with what it says
  f.objects({"routes", "Model names that clients use, and who may answer."}, c.routes,
            [&draft](Fields& r, RouteConfig& route) { declare_route(r, draft, route, draft.routes.emplace_back()); });
  declare_cache_memory(f, c);
  declare_files(f, c);
  f.object({"guard", "What requests and answers are looked at for; see docs/guard.md."}, c.guard, declare_guard);
  declare_grid(f, draft);
  declare_baseline(f, draft);
  f.object({"gateway", "The machine that the gateway itself runs on, for the estimate of its own energy."}, c.own_use,
           [&draft](Fields& g, OwnUseConfig& own) {
             g.text(
                 {"zone", "Its grid zone; default: the deployments', if they are all in one; else the world's mean."},
                 own.zone);
             g.number({"pue", "Facility energy per IT energy; default: the world's mean."}, own.pue, 1, 5);
             g.number({"watts_per_core", "Of a busy core, with its part of the server."}, own.watts_per_core, 0.1, 200);
             if (!own.zone.empty())
               draft.config.catalog_refs.push_back(
                   {CatalogKind::zone, own.zone, "", g.at(g.where("zone")), "gateway.zone", ""});
           });
  declare_signals(f, c);
  f.object({"log", "The log on standard error."}, c.log_level, [](Fields& l, log::Level& level) {
    l.choice({"level", "The least that is written."}, level,
             {{"debug", log::Level::debug},
              {"info", log::Level::info},
              {"warning", log::Level::warning},
              {"error", log::Level::error},
              {"off", log::Level::off}});
  });
  cross_check(f, draft);
}

}  // namespace trine::gateway

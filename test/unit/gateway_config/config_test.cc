#include "gateway/config/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/config/key_hash.h"
#include "unit/gateway_config/sample.h"

namespace trine::gateway::config_test {
namespace {

using namespace std::chrono_literals;
using sample::load;

std::string problems(std::string_view text) {
  const auto config = load(text);
  return config ? "no problem" : config.error().message;
}

// One deployment and one route, with a line to change in each.
std::string small(std::string_view deployment, std::string_view rest = "") {
  return fmt::format("deployments:\n  - {{ name: d, url: \"http://h:1/v1\", model: m, {} }}\n{}", deployment, rest);
}

TEST(Config, EmptyFileIsTheDefaults) {
  const auto c = load("");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ((*c)->listen.traffic.text(), "127.0.0.1:8080");
  EXPECT_EQ((*c)->listen.admin.text(), "127.0.0.1:8081");
  EXPECT_EQ((*c)->workers, 1);
  EXPECT_EQ((*c)->limits.body_bytes, 32 << 20);
  EXPECT_EQ((*c)->timeouts.idle, 75s);
  EXPECT_EQ((*c)->ledger.currency, "EUR");
  EXPECT_EQ((*c)->ledger.retention.calls, 400 * 24h);
  EXPECT_FALSE((*c)->anonymous);
  EXPECT_FALSE((*c)->tls);
}

TEST(Config, EveryKeyArrives) {
  const auto loaded = load(sample::kFull);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Config& c = **loaded;
  EXPECT_EQ(c.listen.traffic, (HostPort{"0.0.0.0", 8080}));
  EXPECT_EQ(c.listen.admin, (HostPort{"::1", 8081}));
  EXPECT_EQ(c.tls->client_ca, "ca.pem");
  EXPECT_EQ(c.workers, 2);
  EXPECT_EQ(c.limits.head_bytes, 8192);
  EXPECT_EQ(c.limits.response_bytes, 2 << 20);
  EXPECT_EQ(c.limits.connections, 500);
  const Nanos times[] = {c.timeouts.head,       c.timeouts.body,        c.timeouts.idle,  c.timeouts.connect,
                         c.timeouts.first_byte, c.timeouts.stream_idle, c.timeouts.total, c.timeouts.drain};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(times[i], (i + 1) * 1s) << i;
  EXPECT_TRUE(c.trusts("10.9.8.7"));
  EXPECT_FALSE(c.trusts("11.0.0.1"));
  EXPECT_EQ(c.proxy->url.text(), "http://proxy.local:3128");
  EXPECT_EQ(c.proxy->credentials, "me:hunter2");
  EXPECT_EQ(c.ledger.when_full, WhenFull::unrecorded);
  EXPECT_EQ(c.ledger.retention.identity, 7 * 24h);
  EXPECT_EQ(c.ledger.segment, 32 << 20);
  EXPECT_EQ(c.ledger.currency, "USD");
  EXPECT_EQ(c.catalog.exchange.at("EUR"), 1.08);
  ASSERT_EQ(c.keys.size(), 2u);
  EXPECT_EQ(c.keys[0].project, "claims");
  EXPECT_EQ(c.keys[0].weights, (WeightsConfig{1, 0, 0})) << "what is not written weighs nothing";
  EXPECT_TRUE(c.keys[0].may_override_weights);
  EXPECT_TRUE(c.anonymous);
  const auto& d = c.deployments[0];
  EXPECT_EQ(d.url, (Url{true, "10.0.0.7", 9101, "/v1"}));
  EXPECT_EQ(d.catalog_model, "openai/gpt-oss-20b");
  EXPECT_EQ(d.engine, EngineKind::vllm);
  EXPECT_EQ(d.api_key, "up-hunter2");
  EXPECT_EQ(d.server_name, "engine.internal");
  EXPECT_FALSE(d.tls_verify);
  EXPECT_EQ(d.gpus, 2);
  EXPECT_EQ(d.pue, 1.2);
  EXPECT_EQ(d.price.capex, euros(3500));
  EXPECT_EQ(d.price.life_years, 4);
  EXPECT_EQ(d.price.electricity_per_kwh, euros(0.21));
  EXPECT_EQ(d.control.at("tenancy"), "dedicated");
  EXPECT_EQ(d.max_concurrency, 64);
  EXPECT_EQ(d.metrics_url->port, 9400);
  EXPECT_EQ(d.health_url->text(), "http://10.0.0.7:9401/ready");
  EXPECT_EQ(d.health_every, 2s);
  EXPECT_EQ(d.meter, "node-1");
  EXPECT_EQ(d.devices, (std::vector<std::string>{"0", "GPU-5f"}));
  EXPECT_EQ(c.find_meter("node-1")->every, std::chrono::seconds(2));
  EXPECT_EQ(c.find_meter("node-1")->kind, MeterKind::trine_meter);
  EXPECT_EQ(c.find_meter(d.host_meter)->queries.size(), 2u);
  EXPECT_EQ(d.endpoints, (std::vector<std::string>{"chat", "completions"}));
  EXPECT_EQ(c.deployments[1].catalog_model, "small") << "the model's name unless said otherwise";
  EXPECT_EQ(c.own_use.zone, "FR");
  EXPECT_EQ(c.own_use.pue, 1.4);
  EXPECT_EQ(c.own_use.watts_per_core, 8);
  ASSERT_TRUE(c.deployments[2].price.electricity_tariff);
  const energy::Tariff& tariff = *c.deployments[2].price.electricity_tariff;
  EXPECT_EQ(tariff.at(*parse_iso8601("2026-07-21T19:59:00Z")), euros(0.27)) << "Tuesday, 21:59 in Paris";
  EXPECT_EQ(tariff.at(*parse_iso8601("2026-07-21T20:00:00Z")), euros(0.18));
  EXPECT_EQ(tariff.at(*parse_iso8601("2026-11-22T12:00:00Z")), euros(0.16)) << "Sunday";
  EXPECT_EQ(c.deployments[1].price.output_per_mtok, euros(0.6));
  EXPECT_FALSE(c.deployments[1].metrics_url);
  const auto& r = c.routes[0];
  EXPECT_EQ(r.slo.ttft_p95, 2s);
  EXPECT_EQ(r.slo.tpot_p95, 80ms);
  EXPECT_TRUE(r.slo.strict);
  EXPECT_EQ(r.sticky->header, "x-chat");
  EXPECT_EQ(r.sticky->ttl, 5min);
  EXPECT_FALSE(r.prefix_affinity);
  EXPECT_EQ(r.candidates, (std::vector<size_t>{0, 1}));
  EXPECT_EQ(r.weights, (WeightsConfig{0.5, 0.2, 0.3}));
  EXPECT_EQ(r.max_attempts, 3);
  EXPECT_EQ(r.fallbacks, std::vector<std::string>{"fr-night"});
  EXPECT_EQ(r.queue.length, 7);
  EXPECT_EQ(r.queue.wait, 3s);
  EXPECT_EQ(c.zones.at("FR").constant, Intensity{56});
  EXPECT_EQ(c.zones.at("DE").file, "de.csv");
  EXPECT_EQ(c.baseline->model, "gpt-4o-mini");
  EXPECT_EQ(c.log_level, log::Level::warning);
  EXPECT_EQ(c.identity_dir, "var/identity");
  EXPECT_TRUE(c.guard_admin_port);
  EXPECT_EQ(c.oidc.at(0).groups.at(0).role, protect::Role::operator_);
  EXPECT_EQ(c.oidc.at(0).groups.at(0).rights.endpoints, std::vector<std::string>{"chat"});
  EXPECT_EQ(c.client_certs.at(0).san, "spiffe://example.org/billing");
  EXPECT_EQ(c.client_certs.at(0).rights.team, "billing");
  std::string fingerprint;
  for (int i = 0; i < 32; ++i) fingerprint += "ab";
  EXPECT_EQ(c.client_certs.at(1).fingerprint, fingerprint) << "as OpenSSL prints it, or in a row";
}

TEST(Config, CatalogIdsComeWithTheirPlaces) {
  const auto c = load(small("gpu: RTX-4090, zone: FR",
                            "routes:\n  - { model: r, deployments: [d], zones: [FR, DE] }\n"
                            "grid:\n  zones:\n    SE: { g_per_kwh: 20 }\n"));
  ASSERT_TRUE(c) << c.error().message;
  std::vector<std::string> refs;
  for (const auto& r : (*c)->catalog_refs)
    refs.push_back(fmt::format("{} {} {} {}", r.where, name(r.kind), r.id, r.key));
  ASSERT_EQ(refs.size(), 6u);
  EXPECT_EQ(refs[0], "c.yaml:2:53 GPU RTX-4090 deployments.gpu");
  EXPECT_EQ(refs[1], "c.yaml:2:69 zone FR deployments.zone");
  EXPECT_EQ(refs[2], "c.yaml:2:45 model m deployments.model");
  EXPECT_EQ(refs[4], "c.yaml:4:47 zone DE routes.zones");
  EXPECT_EQ(refs[5], "c.yaml:7:9 zone SE grid.zones");
}

TEST(Config, OnlyTheHashOfAKeyIsKept) {
  EXPECT_EQ(parse_key_hash("sha256:2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE"), hash_key("foo"));
  const auto c = load(
      "keys:\n  - { id: a, secret: sk-a }\n  - { id: b, secret: file:/run/key }\n"
      "  - { id: c, hash: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae }\n");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ((*c)->keys[0].hash, hash_key("sk-a"));
  EXPECT_EQ((*c)->keys[1].hash, hash_key("sk-file"));
  EXPECT_EQ((*c)->keys[2].hash, hash_key("foo"));
}

TEST(Config, SimAndVllmHaveTheirMetricsBesideThem) {
  const auto c = load(small("engine: sim, gpu: g, zone: FR"));
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ((*c)->deployments[0].metrics_url->text(), "http://h:1/metrics");
}

TEST(Config, EnginesThatAreKnownToHaveAPageForItAreAskedAtIt) {
  for (const char* engine : {"vllm", "sglang", "tgi", "llama.cpp", "sim", "ollama", "other"}) {
    const auto c = load(small(fmt::format("engine: {}, gpu: g, zone: FR", engine)));
    ASSERT_TRUE(c) << c.error().message;
    const auto& page = (*c)->deployments[0].health_url;
    const bool known = std::string_view(engine) != "ollama" && std::string_view(engine) != "other";
    EXPECT_EQ(page ? page->text() : "", known ? "http://h:1/health" : "") << engine;
  }
}

TEST(ConfigErrors, AFallbackThatIsUnknownOrADeploymentOfTheRouteAnyway) {
  EXPECT_EQ(problems(small("gpu: g, zone: FR", "routes:\n  - { model: r, deployments: [d], fallbacks: [dd, d] }\n")),
            "c.yaml:4:47: routes.fallbacks: there is no deployment \"dd\"; did you mean \"d\"?\n"
            "c.yaml:4:51: routes.fallbacks: \"d\" is among the deployments already; name it in one of the two.");
}

TEST(ConfigErrors, RouteToAnUnknownDeployment) {
  EXPECT_EQ(problems(small("gpu: g, zone: FR", "routes:\n  - { model: r, deployments: [d, dd, d] }\n")),
            "c.yaml:4:34: routes.deployments: there is no deployment \"dd\"; did you mean \"d\"?\n"
            "c.yaml:4:38: routes.deployments: \"d\" stands twice.");
  EXPECT_EQ(problems(small("gpu: g, zone: FR", "routes:\n  - { model: r, deployments: [] }\n")),
            "c.yaml:4:30: deployments: name at least one deployment.");
}

TEST(ConfigErrors, NamesMustBeUnique) {
  EXPECT_EQ(problems("keys:\n  - { id: a, secret: x }\n  - { id: a, secret: y }\n"),
            "c.yaml:3:11: keys: the id \"a\" stands twice (first at line 2).");
  EXPECT_EQ(problems("keys:\n  - { id: a, secret: x }\n  - { id: b, secret: x }\n"),
            "c.yaml:3:22: keys: \"b\" has the secret of \"a\"; each key needs its own.");
  EXPECT_EQ(problems(small("gpu: g, zone: FR", "  - { name: d, url: \"http://h\", model: m, gpu: g, zone: FR }\n")),
            "c.yaml:3:13: deployments: the name \"d\" stands twice (first at line 2).");
  EXPECT_EQ(problems(small("gpu: g, zone: FR",
                           "routes:\n  - { model: r, deployments: [d] }\n  - { model: r, deployments: [d] }\n")),
            "c.yaml:5:14: routes: the model \"r\" stands twice (first at line 4).");
  EXPECT_EQ(problems("keys: [{ id: anonymous, secret: x }]"),
            "c.yaml:1:14: keys: the id \"anonymous\" is reserved for requests without a key.");
}

TEST(ConfigErrors, KeysNeedExactlyOneSecret) {
  EXPECT_EQ(problems("keys: [{ id: a }]"), "c.yaml:1:8: keys: give secret or hash.");
  const std::string hash(64, 'a');
  EXPECT_EQ(problems("keys: [{ id: a, secret: s, hash: " + hash + " }]"),
            "c.yaml:1:8: keys: give secret or hash, not both.");
  EXPECT_EQ(problems("keys: [{ id: a, hash: abc }]"),
            "c.yaml:1:23: keys.hash: \"abc\" is not a SHA-256 in 64 hex digits.");
  EXPECT_NE(problems("keys: [{ id: a, hash: " + std::string(64, '0') + " }]"), "no problem");
  EXPECT_EQ(problems("keys: [{ id: a, secret: s, routes: [nope] }]"),
            "c.yaml:1:37: keys.routes: there is no route \"nope\".");
}

TEST(ConfigErrors, WeightsMustSumToOne) {
  EXPECT_EQ(problems("keys: [{ id: a, secret: s, weights: { cost: 0.5, carbon: 0.4 } }]"),
            "c.yaml:1:37: weights: cost 0.5 + control 0 + carbon 0.4 = 0.9; they must sum to 1.");
  EXPECT_EQ(
      problems("keys: [{ id: a, secret: s, weights: { cost: 0.3333333, control: 0.3333333, carbon: 0.3333333 } }]"),
      "no problem");
  EXPECT_EQ(problems("keys: [{ id: a, secret: s, weights: { cost: 1.5, carbon: -0.5 } }]"),
            "c.yaml:1:45: keys.weights.cost: \"1.5\" must be a number from 0 to 1.\n"
            "c.yaml:1:58: keys.weights.carbon: \"-0.5\" must be a number from 0 to 1.");
}

TEST(ConfigErrors, WhatBindsTheChoice) {
  const auto route = [](const std::string& fields) {
    return problems(small("gpu: g, zone: FR", "routes:\n  - { model: r, deployments: [d], " + fields + " }\n"));
  };
  EXPECT_EQ(route("slo: { strict: true }"), "c.yaml:4:40: slo: give ttft_p95 or tpot_p95.");
  EXPECT_NE(route("slo: { tpot_p95: 0s }").find("tpot_p95"), std::string::npos);
  EXPECT_NE(route("sticky: { header: \"x chat\" }").find("is not a header name"), std::string::npos);
  EXPECT_EQ(route("sticky: { }"), "no problem");
}

TEST(ConfigErrors, MetersSayWhatTheyNeed) {
  EXPECT_EQ(problems("meters: [{ name: m, kind: dcgm }]"), "c.yaml:1:10: meters: \"m\" (dcgm) needs a url.");
  EXPECT_EQ(problems("meters: [{ name: m, kind: nvml, url: \"http://h\" }]"),
            "c.yaml:1:38: url: nvml reads this machine; for another one use trine-meter there.");
  EXPECT_EQ(problems("meters: [{ name: m, kind: prometheus, url: \"http://h\" }]"),
            "c.yaml:1:10: meters: prometheus needs queries.");
  EXPECT_EQ(problems("meters: [{ name: m, kind: prometheus, url: \"http://h\", queries: [{ promql: x }] }]"),
            "c.yaml:1:66: meters.queries: give either device_label or device.");
  EXPECT_EQ(problems("meters: [{ name: m, kind: dcg, url: \"http://h\" }]").find("c.yaml:1:27: meters.kind"), 0u);
  EXPECT_EQ(problems(small("gpu: g, zone: FR, meter: node")),
            "c.yaml:2:73: deployments.meter: there is no meter \"node\".");
  EXPECT_EQ(problems(small("gpu: g, zone: FR, devices: [\"0\"]")),
            "c.yaml:2:75: devices: goes with meter, which is not given.");
}

TEST(ConfigErrors, DeploymentsThatShareGpusSayTheSameOfThem) {
  const auto two = [](std::string_view a, std::string_view b) {
    return problems(
        fmt::format("meters: [{{ name: m, kind: nvml }}]\ndeployments:\n"
                    "  - {{ name: a, url: \"http://a\", model: m, gpu: g, meter: m, zone: FR, {} }}\n"
                    "  - {{ name: b, url: \"http://b\", model: m, gpu: g, meter: m, zone: FR, {} }}\n",
                    a, b));
  };
  EXPECT_EQ(two("devices: [\"0\"]", "devices: [\"1\"]"), "no problem");
  EXPECT_EQ(two("devices: [\"0\"]", "devices: [\"0\"]"), "no problem");
  EXPECT_NE(two("devices: [\"0\"]", "gpus: 2, devices: [\"0\", \"1\"]").find("share GPUs of meter \"m\" in part"),
            std::string::npos);
  EXPECT_NE(two("devices: [\"0\"], pue: 1.2", "devices: [\"0\"], pue: 1.3").find("must be the same for both"),
            std::string::npos);
}

TEST(ConfigErrors, EveryDeploymentCanBeMetered) {
  EXPECT_EQ(problems(small("zone: FR")),
            "c.yaml:2:5: deployments: \"d\" has no gpu, no vendor and no price, so its answers could not be metered; "
            "give one of them.");
  EXPECT_EQ(problems(small("gpu: g")),
            "c.yaml:2:5: deployments: \"d\" has no region and no zone, so its carbon would be unknown; give one of "
            "them.");
  EXPECT_EQ(problems(small("gpu: g, vendor: v, zone: FR")),
            "c.yaml:2:64: vendor: a deployment is own hardware (gpu) or a vendor's API (vendor), not both.");
  EXPECT_EQ(problems(small("vendor: v, gpus: 2")), "c.yaml:2:65: gpus: says how many, but gpu does not say of what.");
  EXPECT_EQ(problems(small("vendor: v")), "no problem");
  EXPECT_EQ(problems(small("price: { per_hour: 1 }, zone: FR")), "no problem");
}

TEST(ConfigErrors, PricesAreAboveZeroUnlessFreeIsSaid) {
  const auto price = [](std::string_view p) { return problems(small(fmt::format("gpu: g, zone: FR, price: {}", p))); };
  EXPECT_EQ(price("{ per_hour: 0 }"),
            "c.yaml:2:85: deployments.price.per_hour: \"0\" must be above 0 and at most 1000000 (what costs nothing is "
            "written free: true).");
  EXPECT_NE(price("{ per_hour: -1 }"), "no problem");
  EXPECT_EQ(price("{ free: true }"), "no problem");
  EXPECT_NE(price("{ free: false }"), "no problem");
  EXPECT_NE(price("{}"), "no problem");
  EXPECT_NE(price("{ free: true, per_hour: 1 }"), "no problem");
  EXPECT_EQ(price("{ capex: 30000, electricity_per_kwh: 0.2 }"), "no problem");
  EXPECT_NE(price("{ capex: 30000, per_hour: 1 }"), "no problem");
  EXPECT_NE(price("{ per_hour: 1, life_years: 3 }"), "no problem");
  EXPECT_NE(price("{ free: true, electricity_per_kwh: 0.2 }"), "no problem");
  EXPECT_NE(price("{ per_hour: 1, electricity_per_kwh: 0.2, electricity_tariff: { default: 1 } }"), "no problem");
  EXPECT_NE(price("{ free: true, electricity_tariff: { default: 0.2 } }"), "no problem");
  EXPECT_NE(price("{ per_hour: 1, input_per_mtok: 1, output_per_mtok: 1 }"), "no problem");
  EXPECT_NE(price("{ input_per_mtok: 1 }"), "no problem");
  EXPECT_NE(price("{ cached_input_per_mtok: 1 }"), "no problem");
  EXPECT_NE(price("{ input_per_mtok: 1, output_per_mtok: 1, cached_input_per_mtok: 2 }"), "no problem");
  EXPECT_EQ(price("{ input_per_mtok: 1, output_per_mtok: 1 }"), "no problem");
}

TEST(ConfigErrors, Addresses) {
  EXPECT_EQ(problems("listen: { traffic: 8080 }"),
            "c.yaml:1:20: listen.traffic: \"8080\" is not host:port, such as 127.0.0.1:8080 or [::1]:8080.");
  EXPECT_EQ(problems("listen: { traffic: \"127.0.0.1:8081\" }"),
            "c.yaml:1:20: listen: traffic (127.0.0.1:8081) and admin (127.0.0.1:8081) need different ports.");
  EXPECT_EQ(problems("listen: { traffic: \"[::]:9\", admin: \"127.0.0.1:9\" }"),
            "c.yaml:1:37: listen: traffic ([::]:9) and admin (127.0.0.1:9) need different ports.");
  EXPECT_EQ(problems("listen: { traffic: \"127.0.0.1:0\", admin: \"127.0.0.1:0\" }"), "no problem");
  EXPECT_EQ(problems("trusted_proxies: [10.0.0.0/8, 10.0.0.1/8]"),
            "c.yaml:1:31: trusted_proxies: \"10.0.0.1/8\" is not an address block such as 10.0.0.0/8 or fd00::/8 (no "
            "bits set behind the prefix).");
  EXPECT_EQ(problems("proxy: https://p:1").find("c.yaml:1:8: proxy: \"https://p:1\" is not a proxy"), 0u);
  const std::string bad = problems("proxy: http://me:hunter2@p:x");
  EXPECT_EQ(bad.find("c.yaml:1:8: proxy: \"http://***@p:x\""), 0u) << bad;
  EXPECT_EQ(bad.find("hunter2"), std::string::npos) << bad;
  EXPECT_NE(problems("deployments: [{ name: d, url: ftp://x, model: m, vendor: v }]"), "no problem");
}

TEST(ConfigErrors, TlsSettingsNeedTheirOtherHalf) {
  EXPECT_EQ(problems("tls: { cert: c }"), "c.yaml:1:6: \"key\" is missing in tls.");
  EXPECT_EQ(problems(small("vendor: v, ca: x")), "c.yaml:2:63: ca: is for https, but the url is http.");
  EXPECT_EQ(problems("deployments: [{ name: d, url: \"https://h\", model: m, vendor: v, client_cert: c }]"),
            "c.yaml:1:78: client_cert: client_cert and client_key belong together.");
}

TEST(ConfigErrors, AClientCertificateIsNamedInOneWayAndAskedFor) {
  const std::string tls = "tls: { cert: c, key: k, client_ca: a }\n";
  EXPECT_NE(problems(tls + "client_certs: [{ org: acme }]").find("give one of san, cn and fingerprint."),
            std::string::npos);
  EXPECT_NE(problems(tls + "client_certs: [{ cn: a, san: b }]").find("give one of san, cn and fingerprint."),
            std::string::npos);
  EXPECT_NE(problems(tls + "client_certs: [{ fingerprint: abc }]").find("is not 64 hexadecimal digits."),
            std::string::npos);
  EXPECT_NE(problems("client_certs: [{ cn: a }]").find("needs tls.client_ca"), std::string::npos);
}

TEST(ConfigErrors, ARouteWhoseZonesLeaveNobody) {
  EXPECT_EQ(problems(small("gpu: g, zone: US", "routes: [{ model: r, deployments: [d], zones: [FR] }]\n")),
            "c.yaml:3:47: routes.zones: no deployment of \"r\" is in an allowed zone (d in US).");
  EXPECT_EQ(problems(small("gpu: g, region: somewhere", "routes: [{ model: r, deployments: [d], zones: [FR] }]\n")),
            "no problem");
}

TEST(ConfigErrors, GridAndBaseline) {
  EXPECT_EQ(problems("grid: { zones: { FR: { g_per_kwh: 0 } } }"),
            "c.yaml:1:35: grid.zones.FR.g_per_kwh: \"0\" must be a number from 0.1 to 2000.");
  EXPECT_EQ(problems("grid: { zones: { FR: {} } }"), "c.yaml:1:22: grid.zones: give either g_per_kwh or file.");
  EXPECT_EQ(problems("baseline: { vendor: openai }"),
            "c.yaml:1:11: baseline: give either deployment, or vendor and model, or file.");
  EXPECT_EQ(problems("baseline: {}"), "c.yaml:1:11: baseline: give either deployment, or vendor and model, or file.");
  EXPECT_EQ(problems("baseline: { deployment: d, vendor: v, model: m }"),
            "c.yaml:1:11: baseline: give either deployment, or vendor and model, or file.\n"
            "c.yaml:1:25: baseline.deployment: there is no deployment \"d\".");
  EXPECT_EQ(problems("baseline: { file: b.yaml, vendor: v, model: m }"),
            "c.yaml:1:11: baseline: give either deployment, or vendor and model, or file.");
  EXPECT_EQ(problems("baseline: { file: b.yaml, zone: FR }"),
            "c.yaml:1:33: baseline.zone: is in the file already, and frozen; leave it out here.");
  EXPECT_EQ(problems(small("gpu: g, zone: FR", "baseline: { deployment: dd }\n")),
            "c.yaml:3:25: baseline.deployment: there is no deployment \"dd\"; did you mean \"d\"?");
}

TEST(ConfigErrors, MistakesOfAllKindsAreReportedTogether) {
  const std::string text = problems(
      "workrs: 2\ndeployments:\n  - { name: d, url: \"http://h\", model: m, gpu: g, zone: FR, price: { per_hour: 0 } "
      "}\n"
      "routes: [{ model: r, deployments: [nope] }]\nlog: { level: loud }\n");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  for (auto start : {"c.yaml:1:1: unknown key \"workrs\"; did you mean \"workers\"?",
                     "\nc.yaml:3:80: ", "\nc.yaml:4:36: routes.deployments: there is no deployment \"nope\".",
                     "\nc.yaml:5:15: log.level: "})
    EXPECT_NE(text.find(start), std::string::npos) << start << "\n" << text;
}

TEST(ConfigErrors, AFileThatIsNotThere) {
  EXPECT_EQ(load_config("/nonexistent/trine.yaml").error().message,
            "/nonexistent/trine.yaml: cannot be opened: No such file or directory.");
}

TEST(Config, MarketBasedValuesComeFromFilesOrAsAConstant) {
  const auto grid = [](std::string_view g) { return problems(fmt::format("grid: {}\n", g)); };
  EXPECT_EQ(grid("{ sources: [ { kind: file, path: a.csv, zones: [FR], method: market } ] }"), "no problem");
  EXPECT_EQ(grid("{ zones: { FR: { market_g_per_kwh: 0 } } }"), "no problem");
  EXPECT_EQ(grid("{ zones: { FR: { g_per_kwh: 50, market_g_per_kwh: 3 } } }"), "no problem");
  EXPECT_NE(grid("{ zones: { FR: { market_g_per_kwh: -1 } } }"), "no problem");
  EXPECT_NE(grid("{ zones: { FR: {} } }"), "no problem");
  EXPECT_NE(grid("{ sources: [ { kind: eco2mix, method: market } ] }").find("is of kind file"), std::string::npos);
}

TEST(Config, ATariffThatCannotBeRightIsRefused) {
  const auto tariff = [](std::string_view t) {
    const auto all =
        problems(small(fmt::format("gpu: g, zone: FR, price: {{ per_hour: 1, electricity_tariff: {} }}", t)));
    const size_t sentence = all.find("electricity_tariff");
    return sentence == std::string::npos ? all : all.substr(sentence);
  };
  EXPECT_EQ(tariff("{ default: 0.3, slots: [ { hours: \"22:00-06:00\", price: 0.1 } ] }"), "no problem");
  EXPECT_EQ(tariff("{ slots: [ { price: 0.1 } ] }"), "no problem");
  EXPECT_EQ(tariff("{ slots: [ { hours: \"06:00-24:00\", price: 0.1 } ] }"),
            "electricity_tariff: no slot has a price for Monday 00:00; add one, or a default.");
  EXPECT_EQ(tariff("{ default: 1, slots: [ { price: 0.1 }, { days: [sun], price: 0.2 } ] }"),
            "electricity_tariff: two slots overlap on Sunday 00:00.");
  EXPECT_NE(tariff("{ default: 0 }").find("must be above 0"), std::string::npos);
  EXPECT_NE(tariff("{ default: 1, slots: [ { price: 0 } ] }").find("must be above 0"), std::string::npos);
  for (const auto* bad : {"{ default: 1, slots: [ { hours: \"22-6\", price: 1 } ] }",
                          "{ default: 1, slots: [ { hours: \"22:00-25:00\", price: 1 } ] }",
                          "{ default: 1, slots: [ { hours: \"24:00-06:00\", price: 1 } ] }",
                          "{ default: 1, slots: [ { days: [funday], price: 1 } ] }", "{ default: 1, slots: [ {} ] }",
                          "{ default: 1, utc_offset: \"1\" }", "{ default: 1, utc_offset: \"+15:00\" }",
                          "{ default: 1, utc_offset: \"+14:01\" }", "{ default: 1, utc_offset: \"+-1:00\" }",
                          "{ default: 1, summer_time: mars }", "{}"}) {
    EXPECT_NE(tariff(bad), "no problem") << bad;
  }
}

TEST(Config, EveryKeyOfDocumentsArrives) {
  const auto loaded = load(sample::kFull);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const DocumentsConfig& d = (*loaded)->documents;
  EXPECT_TRUE(d.steps.on && d.steps.extract && d.steps.boilerplate && d.steps.duplicates && d.steps.seen);
  EXPECT_FALSE(d.steps.repeats);
  EXPECT_EQ(d.steps.ocr, documents::Ocr::all);
  EXPECT_EQ(d.steps.images, ImageStep::ocr);
  EXPECT_EQ(d.steps.tiler, TilerKind::qwen);
  EXPECT_EQ(d.steps.image_tokens, 900);
  EXPECT_EQ(d.steps.max_pages, 40);
  EXPECT_EQ(d.steps.max_tokens, 30000);
  EXPECT_EQ(d.worker, "/opt/trine-docworker");
  EXPECT_EQ(d.workers, 3);
  EXPECT_EQ(d.memory, int64_t{1} << 30);
  EXPECT_EQ(d.languages, (std::vector<std::string>{"eng", "deu"}));
  EXPECT_EQ(d.tessdata, "/opt/tessdata");
  EXPECT_EQ(d.queue, 9);
  EXPECT_EQ(d.wait, 2s);
  EXPECT_EQ(d.cache, 8 << 20);
  EXPECT_EQ(d.limits.input_bytes, 4 << 20);
  EXPECT_EQ(d.limits.pages, 50);
  EXPECT_EQ(d.limits.ocr_pages, 5);
  EXPECT_EQ(d.limits.pixels, 20'000);
  EXPECT_EQ(d.limits.unpacked_bytes, 9 << 20);
  EXPECT_EQ(d.limits.text_bytes, 2 << 20);
  EXPECT_EQ(d.limits.cpu_s, 2) << "the kernel counts whole seconds: the next";
  EXPECT_EQ(d.limits.wall_ms, 7000);
}

TEST(Config, ARouteBeginsWithWhatIsSaidOfDocumentsForAll) {
  const auto loaded = load(sample::kFull);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const DocumentStepsConfig& steps = (*loaded)->routes.at(0).documents;
  EXPECT_FALSE(steps.on);
  EXPECT_EQ(steps.images, ImageStep::keep) << "its own word";
  EXPECT_EQ(steps.max_pages, 40) << "what it says nothing of";
}

TEST(Config, EveryKeyOfWhatIsKeptArrives) {
  const auto loaded = load(sample::kFull);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Config& c = **loaded;
  EXPECT_EQ(c.cache_memory, 9 << 20);
  ASSERT_TRUE(c.vault);
  EXPECT_EQ(c.vault->dir, "/var/lib/trine/vault");
  EXPECT_EQ(c.vault->max_bytes, int64_t{2} << 30);
  EXPECT_EQ(c.files, (FilesConfig{.file = 3 << 20, .total = 30 << 20, .count = 5, .ttl = 2h}));
  EXPECT_EQ(c.jobs, (JobsConfig{.running = 2,
                                .files = 3,
                                .bytes = 4 << 20,
                                .pieces = 5,
                                .parallel = 6,
                                .window = 700,
                                .deadline = 8min,
                                .ttl = 9h}));
  ASSERT_TRUE(c.routes.at(0).cache);
  EXPECT_EQ(*c.routes.at(0).cache, (RouteCacheConfig{.exact = false,
                                                     .coalesce = false,
                                                     .sampled = true,
                                                     .persist = true,
                                                     .ttl = 5min,
                                                     .max_answer = 2 << 20,
                                                     .scope = CacheScope::team,
                                                     .semantic = {}}));
}

TEST(Config, EveryKeyOfTracesAndNotificationsArrives) {
  const auto loaded = load(sample::kFull);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Config& c = **loaded;
  ASSERT_TRUE(c.traces);
  EXPECT_EQ(c.traces->sample, 0.5);
  ASSERT_EQ(c.traces->headers.size(), 1u);
  EXPECT_EQ(c.traces->headers[0].name, "x-token");
  ASSERT_EQ(c.notifications.size(), 1u);
  EXPECT_EQ(c.notifications[0].name, "ops");
  EXPECT_EQ(c.notifications[0].url, "https://hooks.example.org/abc");
  EXPECT_EQ(c.notifications[0].form, NoticeForm::slack);
  EXPECT_EQ(c.notifications[0].about, (std::vector<std::string>{"meter", "budget"}));
}

TEST(ConfigDocs, EveryKeyOfTheFullSampleIsInTheSchemaAndTheReference) {
  const auto document = yaml::load_text("c", sample::kFull);
  ASSERT_TRUE(document);
  const auto schema = yaml::load_text("schema", config_schema_json());
  ASSERT_TRUE(schema) << schema.error().message;
  const auto* properties = schema->root.find("properties");
  ASSERT_TRUE(properties);
  const std::string reference = config_reference_markdown();
  EXPECT_EQ(properties->value.entries.size(), document->root.entries.size())
      << "the sample of these tests must use every key";
  for (const auto& entry : document->root.entries) {
    EXPECT_TRUE(properties->value.find(entry.key)) << entry.key;
    EXPECT_NE(reference.find("| `" + entry.key + "` |"), std::string::npos) << entry.key;
  }
  EXPECT_NE(reference.find("| `limits.body_bytes` | size | `32MiB` | Request body. |"), std::string::npos) << reference;
  EXPECT_NE(reference.find("| `deployments[].url` | URL | required |"), std::string::npos) << reference;
}

}  // namespace
}  // namespace trine::gateway::config_test

// A configuration that uses every key once, for the tests of the loader.
#pragma once

#include <string>

#include "gateway/config/config.h"

namespace trine::gateway::sample {

inline constexpr std::string_view kFull = R"(listen: { traffic: "0.0.0.0:8080", admin: "[::1]:8081" }
tls: { cert: cert.pem, key: key.pem, client_ca: ca.pem }
workers: 2
limits: { head_bytes: 8KiB, body_bytes: 1MiB, response_bytes: 2MiB, connections: 500, per_key: { rpm: 60, tpm: 2, tpm_in: 3, tpm_out: 4, concurrency: 5, request_bytes: 6, max_tokens: 7, burst: 8s }, contact: ops }
timeouts:
  head: 1s
  body: 2s
  idle: 3s
  connect: 4s
  first_byte: 5s
  stream_idle: 6s
  total: 7s
  drain: 8s
trusted_proxies: [10.0.0.0/8, "fd00::/8"]
proxy: http://me:hunter2@proxy.local:3128
extra_ca: extra.pem
ledger:
  dir: /var/lib/trine
  segment: 32MiB
  reserve: 8MiB
  when_full: unrecorded
  retention: { requests: 30d, calls: 31d, windows: 32d, identity: 7d }
  currency: USD
catalog: { dir: data, exchange: { EUR: 1.08 } }
identity: { dir: var/identity, guard_admin_port: true }
oidc:
  - issuer: https://login.example.org
    jwks_url: https://keys.example.org/jwks
    audiences: [trine]
    algorithms: [ES256]
    claim: groups
    groups: [ { value: llm, org: acme, team: platform, project: claims, workload: bench, routes: [extract], endpoints: [chat], role: operator } ]
    key_hosts: [keys.example.org]
    internal: [10.0.0.0/8]
    ca: /etc/trine/ca.pem
keys:
  - id: bench
    secret: sk-bench
    org: acme
    team: platform
    project: claims
    workload: bench
    routes: [extract]
    weights: { cost: 1 }
    may_override_weights: true
  - { id: hashed, hash: 7c7a0da4f8b1bb7f1a0a1a9b4d1b5a1f0c0de0000000000000000000000000ff, limits: { rpm: 1, tpm: 2, tpm_in: 3, tpm_out: 4, concurrency: 5, request_bytes: 6, max_tokens: 7, burst: 8s } }
anonymous: true
meters:
  - name: node-1
    kind: trine-meter
    url: https://node-1:9300/v1/readings
    bearer_token: ${UPSTREAM_KEY}
    ca: meters.pem
    client_cert: me.pem
    client_key: me.key
    server_name: node-1.internal
    tls_verify: true
    host: node-1
    every: 2s
  - name: room
    kind: prometheus
    url: http://prometheus:9090
    queries:
      - { promql: node_joules, quantity: joules, device: "host:node-1", host: true }
      - { promql: gpu_watts, quantity: watts, device_label: UUID }
deployments:
  - name: fr-4090
    url: https://10.0.0.7:9101/v1/
    model: gpt-oss-20b
    catalog_model: openai/gpt-oss-20b
    engine: vllm
    api_key: ${UPSTREAM_KEY}
    client_cert: me.pem
    client_key: me.key
    ca: theirs.pem
    server_name: engine.internal
    gpu: RTX-4090
    gpus: 2
    region: ovh-gra
    zone: FR
    pue: 1.2
    price: { capex: 3500, life_years: 4, maintenance_per_year: 200, electricity_per_kwh: 0.21 }
    control: { jurisdiction: eu, tenancy: dedicated }
    max_concurrency: 64
    metrics_url: http://10.0.0.7:9400/metrics
    health_url: http://10.0.0.7:9401/ready
    health_every: 2s
    meter: node-1
    devices: ["0", GPU-5f]
    host_meter: room
    server_gpus: 8
    endpoints: [chat, completions]
    tls_verify: false
  - name: api
    url: https://api.example.com/v1
    model: small
    engine: openai
    vendor: openai
    price: { input_per_mtok: 0.15, cached_input_per_mtok: 0.075, output_per_mtok: 0.6 }
  - name: fr-night
    url: http://10.0.0.8:9101/v1
    model: gpt-oss-20b
    gpu: RTX-4090
    zone: FR
    price:
      per_hour: 0.2
      electricity_tariff:
        default: 0.27
        slots:
          - { days: [mon, tue, wed, thu, fri], hours: "22:00-06:00", price: 0.18 }
          - { days: [sat], hours: "06:00-24:00", price: 0.16 }
          - { days: [sun], price: 0.16 }
        utc_offset: "+01:00"
        summer_time: eu
routes:
  - model: extract
    deployments: [fr-4090, api]
    fallbacks: [fr-night]
    queue: { length: 7, wait: 3s }
    weights: { cost: 0.5, control: 0.2, carbon: 0.3 }
    zones: [FR, DE]
    max_attempts: 3
    workload: invoices
    slo: { ttft_p95: 2s, tpot_p95: 80ms, strict: true }
    sticky: { header: x-chat, ttl: 5m }
    prefix_affinity: false
    documents: { on: false, images: keep }
    cache: { exact: false, ttl: 5m, scope: team, sampled: true, coalesce: false, persist: true, max_answer: 2MiB }
    limits: { rpm: 600, tpm: 2, tpm_in: 3, tpm_out: 4, concurrency: 5, request_bytes: 6, max_tokens: 7, burst: 8s }
grid:
  zones:
    FR: { g_per_kwh: 56 }
    DE: { file: de.csv }
baseline: { vendor: openai, model: gpt-4o-mini, zone: US-MIDA-PJM }
guard: { on: true, policy: guard-policy.yaml, rules: rules, canary: true }
gateway: { zone: FR, pue: 1.4, watts_per_core: 8 }
log: { level: warning }
orgs: [{ name: acme, limits: { rpm: 1, tpm: 1000, tpm_in: 3, tpm_out: 4, concurrency: 5, request_bytes: 6, max_tokens: 7, burst: 8s } }]
teams:
  - name: platform
    org: acme
    limits: { rpm: 100, tpm: 2, tpm_in: 3, tpm_out: 4, concurrency: 5, request_bytes: 6, max_tokens: 7, burst: 8s }
    projects: [{ name: claims, limits: { rpm: 1, tpm: 2, tpm_in: 3, tpm_out: 4, concurrency: 3, request_bytes: 6, max_tokens: 7, burst: 8s } }]
budgets:
  - { for: { team: platform }, eur: 1, kwh: 2, gco2e: 3, period: day, time_zone: "+01:00", soft: 0.5, prefer: cleaner, hard: true, contact: cfo }
  - { for: { key: bench }, eur: 1, kwh: 2, gco2e: 3, period: day, time_zone: "+01:00", soft: 0.5, prefer: cleaner, hard: true, contact: cfo }
  - { for: { project: claims }, eur: 1 }
  - { for: { org: acme }, eur: 1 }
  - { for: { workload: bench }, eur: 1 }
egress:
  hosts: ["*.images.example.org:8443"]
  internal: [10.20.0.0/16]
  plain_http: true
  fetch: false
  max_bytes: 5MiB
  timeout: 4s
  ca: /etc/trine/images-ca.pem
documents:
  ocr: all
  repeats: false
  images: ocr
  tiler: qwen
  image_tokens: 900
  max_pages: 40
  max_tokens: 30000
  worker: /opt/trine-docworker
  workers: 3
  memory: 1GiB
  languages: [eng, deu]
  tessdata: /opt/tessdata
  queue: 9
  wait: 2s
  cache: 8MiB
  limits: { file: 4MiB, pages: 50, ocr_pages: 5, pixels: 20000, unpacked: 9MiB, text: 2MiB, cpu: 1500ms, time: 7s }
cache: { memory: 9MiB }
vault: { dir: /var/lib/trine/vault, secret: 0123456789abcdef0123456789abcdef, max_bytes: 2GiB }
files: { file: 3MiB, total: 30MiB, count: 5, ttl: 2h }
document_jobs: { running: 2, files: 3, bytes: 4MiB, pieces: 5, parallel: 6, window: 700, deadline: 8m, ttl: 9h }
traces: { otlp: "http://collector:4318", sample: 0.5, headers: [{ name: x-token, value: abc }] }
notifications:
  - { name: ops, url: "https://hooks.example.org/abc", form: slack, secret: 0123456789abcdef, about: [meter, budget] }
client_certs:
  - { san: "spiffe://example.org/billing", org: acme, team: billing, routes: [extract] }
  - { fingerprint: "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB", org: acme }
)";

inline const yaml::Sources& sources() {
  static const yaml::Sources s{[](const std::string& name) -> std::optional<std::string> {
                                 if (name == "UPSTREAM_KEY") return "up-hunter2";
                                 return {};
                               },
                               [](const std::string& path) -> Result<std::string> {
                                 if (path == "/run/key") return "sk-file\n";
                                 return fail(Code::not_found, "{}: cannot be opened.", path);
                               }};
  return s;
}

inline Result<std::shared_ptr<const Config>> load(std::string_view text) {
  return load_config_text("c.yaml", text, sources());
}

}  // namespace trine::gateway::sample

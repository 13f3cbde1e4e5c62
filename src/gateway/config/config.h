// The configuration of one gateway: read once, checked whole, never changed. A reload makes a new one.
// Catalog ids (GPUs, vendors, models, regions, zones) are not resolved here; `catalog_refs` has each with its place in
// the file, for whoever knows the catalog.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "base/units.h"
#include "documents/job.h"
#include "energy/tariff.h"
#include "gateway/config/address.h"
#include "gateway/config/key_hash.h"
#include "gateway/config/limits_config.h"
#include "gateway/config/signals_config.h"
#include "protect/role.h"
#include "yaml/reader.h"

namespace trine::gateway {

// Of the score, docs/csoa.md §2. Not negative; they sum to 1.
struct WeightsConfig {
  double cost = 0.4, control = 0.2, carbon = 0.4;
  bool operator==(const WeightsConfig&) const = default;
};

struct ListenConfig {
  HostPort traffic{"127.0.0.1", 8080};
  HostPort admin{"127.0.0.1", 8081};
};

struct TlsConfig {
  std::string cert, key;  // PEM files
  std::string client_ca;  // empty: clients show no certificate
};

struct LimitsConfig {  // bytes, but for connections
  int64_t head_bytes = 16 << 10;
  int64_t body_bytes = 32 << 20;
  int64_t response_bytes = 64 << 20;
  int64_t connections = 10'000;
  protect::Limits per_key;  // of every key that has none of its own
  std::string contact;      // whom a refused client should ask
};

struct TimeoutsConfig {
  Nanos head = std::chrono::seconds(10);
  Nanos body = std::chrono::seconds(60);
  Nanos idle = std::chrono::seconds(75);
  Nanos connect = std::chrono::seconds(3);
  Nanos first_byte = std::chrono::seconds(120);
  Nanos stream_idle = std::chrono::seconds(60);
  Nanos total = std::chrono::seconds(600);
  Nanos drain = std::chrono::seconds(30);
};

// An outgoing CONNECT proxy.
struct ProxyConfig {
  Url url;
  std::string credentials;  // "user:password", empty where there are none; a secret
};

enum class WhenFull { refuse, unrecorded };

struct RetentionConfig {
  Nanos requests = std::chrono::hours(400 * 24);
  Nanos calls = std::chrono::hours(400 * 24);
  Nanos windows = std::chrono::hours(400 * 24);
  Nanos identity = std::chrono::hours(400 * 24);
};

struct LedgerConfig {
  std::string dir = "var/ledger";
  int64_t segment = 8 << 20;  // bytes
  int64_t reserve = 1 << 20;  // bytes
  WhenFull when_full = WhenFull::refuse;
  RetentionConfig retention;
  std::string currency = "EUR";  // ISO 4217; all amounts of the file are in it
};

struct CatalogConfig {
  std::string dir;                         // empty: the built-in data
  std::map<std::string, double> exchange;  // currency → ledger currency per unit of it; overrides the catalog's rate
};

struct KeyConfig {
  std::string id;
  KeyHash hash{};  // of the secret, which is not kept
  std::string org, team, project;
  std::string workload;                   // empty: the route's
  std::vector<std::string> routes;        // empty: all
  std::optional<WeightsConfig> weights;   // override the route's
  bool may_override_weights = false;      // by the header x-trine-weights
  std::string guard;                      // a policy's name; empty: the policy as it stands
  bool cache = true;                      // false: neither answered from nor kept in the cache
  std::optional<protect::Limits> limits;  // instead of limits.per_key
};

// Whom clients that need no key of their own are booked to, and what they may ask for.
struct RightsConfig {
  std::string org, team, project, workload;
  std::vector<std::string> routes, endpoints;  // empty: all
  bool operator==(const RightsConfig&) const = default;
};

// What a value of a token's claim may do.
struct OidcGroupConfig {
  std::string value;
  RightsConfig rights;
  protect::Role role = protect::Role::none;  // on the admin port
  bool operator==(const OidcGroupConfig&) const = default;
};

// What a client's certificate may do: named by one of the three.
struct ClientCertConfig {
  std::string fingerprint;  // SHA-256 of the certificate, 64 hexadecimal digits in lower case
  std::string san;          // a URI or DNS name in it
  std::string cn;           // its subject's common name
  RightsConfig rights;
};

// An OpenID provider whose tokens stand for keys.
struct OidcConfig {
  std::string issuer;
  std::string jwks_url;  // empty: by discovery
  std::vector<std::string> audiences;
  std::vector<std::string> algorithms;  // of RS256, ES256, EdDSA; empty: all three
  std::string claim = "groups";
  std::vector<OidcGroupConfig> groups;
  std::vector<std::string> key_hosts;  // besides the issuer's, where discovery may send us
  std::vector<std::string> internal;   // blocks of addresses that are not public, where the provider is
  std::string ca;
  bool operator==(const OidcConfig&) const = default;
};

// Which URLs that stand in requests may be fetched, and by whom.
struct EgressConfig {
  std::vector<std::string> hosts;     // "images.example.org", "*.example.org", with ":port"; empty: none
  std::vector<std::string> internal;  // blocks of addresses that are not public, and allowed all the same
  bool plain_http = false;
  bool fetch = true;             // images, by the gateway; else by the engine
  int64_t max_bytes = 20 << 20;  // of one request's images together
  Nanos timeout = std::chrono::seconds(10);
  std::string ca;
};

enum class EngineKind { sim, vllm, llama_cpp, ollama, tgi, sglang, openai, mistral, other };
const char* name(EngineKind kind);

struct PriceConfig {  // in the ledger's currency
  std::optional<Money> per_hour;
  std::optional<Money> capex, maintenance_per_year;  // bought instead of rented
  double life_years = 3;
  std::optional<Money> electricity_per_kwh;                                     // beside either,
  std::optional<energy::Tariff> electricity_tariff;                             // or by the time of use
  std::optional<Money> input_per_mtok, cached_input_per_mtok, output_per_mtok;  // input and output: both or none
  bool free = false;  // said explicitly; nothing else costs zero
  bool known() const { return free || per_hour || capex || input_per_mtok; }
  bool operator==(const PriceConfig&) const = default;
};

enum class MeterKind { nvml, rapl, dcgm, kepler, scaphandre, prometheus, trine_meter, engine_sim };
const char* name(MeterKind kind);

// One query of a Prometheus server, whose values are a meter's.
struct MeterQueryConfig {
  std::string promql;
  std::string quantity = "joules";  // meter::quantity_names()
  std::string device_label;         // whose value names the device; empty: `device` is the only one
  std::string device;
  bool host = false;  // of a server, not of a GPU
  bool operator==(const MeterQueryConfig&) const = default;
};

// Who reads the joules of some machine.
struct MeterConfig {
  std::string name;
  MeterKind kind = MeterKind::dcgm;
  std::optional<Url> url;    // none: nvml and rapl of this machine
  std::string bearer_token;  // a secret
  std::string ca, client_cert, client_key, server_name;
  bool tls_verify = true;
  std::string host;  // names the server where its page does not
  Nanos every = std::chrono::seconds(1);
  std::vector<MeterQueryConfig> queries;  // prometheus
  bool operator==(const MeterConfig&) const = default;
};

struct DeploymentConfig {
  std::string name;
  Url url;  // with the path that stands before "/chat/completions"
  std::string model, catalog_model;
  EngineKind engine = EngineKind::other;
  std::string api_key;  // a secret; empty: none
  std::string client_cert, client_key, ca, server_name;
  bool tls_verify = true;
  std::string gpu;  // own hardware: a catalog id, with
  int gpus = 1;
  std::string vendor;        // or an API vendor's catalog id
  std::string region, zone;  // catalog ids; the zone goes before the region's
  std::optional<double> pue;
  PriceConfig price;
  std::map<std::string, std::string> control;
  std::optional<int> max_concurrency;
  std::optional<Url> metrics_url;  // of the engine; already with the default of sim and vllm
  std::optional<Url> health_url;   // asked every health_every; already with the default of the engine; none: not asked
  Nanos health_every = std::chrono::seconds(5);
  std::string meter;                   // a MeterConfig's name; empty: none
  std::vector<std::string> devices;    // of the meter: names or numbers; empty: all GPUs that it shows
  std::string host_meter;              // a MeterConfig's name; empty: the server is modelled
  int server_gpus = 0;                 // in the server that host_meter reads; 0: as many as gpus
  std::vector<std::string> endpoints;  // of chat, completions, embeddings, responses, other; empty: all
};

// What a route promises: 95 of 100 requests are faster. 0: nothing.
struct SloConfig {
  Nanos ttft_p95{0}, tpot_p95{0};
  bool strict = false;  // refuse what would be late
};

// Requests of one session go to one deployment.
struct StickyConfig {
  std::string header = "x-trine-session";
  Nanos ttl = std::chrono::minutes(10);  // since its last request
};

// Where requests wait while all deployments of a route are at their max_concurrency; per worker.
struct QueueConfig {
  int length = 100;
  Nanos wait = std::chrono::seconds(5);
};

enum class ImageStep { shrink, ocr, keep };
enum class TilerKind { openai, qwen, anthropic };

// What is done to the documents of a route's requests (docs/documents.md).
struct DocumentStepsConfig {
  bool on = false;
  bool extract = true;  // files become text
  bool repeats = true, boilerplate = true, duplicates = true, seen = true;
  documents::Ocr ocr = documents::Ocr::missing;
  ImageStep images = ImageStep::shrink;
  TilerKind tiler = TilerKind::openai;
  Tokens image_tokens = 0;  // of one picture at most; 0: what loses the model nothing
  int64_t max_pages = 0;    // of one document; 0: documents.limits.pages
  Tokens max_tokens = 0;    // of all documents of a request together; 0: no bound
  bool operator==(const DocumentStepsConfig&) const = default;
};

// The processes that read documents.
struct DocumentsConfig {
  DocumentStepsConfig steps;  // of routes that say nothing else
  std::string worker;         // the program; empty: trine-docworker beside this one
  std::string tessdata;       // folder of the OCR languages; empty: the system's
  int workers = 2;
  int64_t memory = int64_t{1536} << 20;  // bytes of address space, of each
  std::vector<std::string> languages;    // of OCR; empty: eng
  int queue = 32;
  Nanos wait = std::chrono::seconds(10);
  int64_t cache = 64 << 20;  // bytes of text; 0: nothing is kept
  documents::Limits limits;  // of one document
};

enum class CacheScope { key, project, team, org };

// Answers to what was asked in almost the same words (docs/caching.md).
struct SemanticCacheConfig {
  std::string embeddings;   // a deployment's name
  double threshold = 0.95;  // cosine
  int entries = 2000;       // texts that one is compared with, at most
  Nanos timeout = std::chrono::seconds(2);
  bool operator==(const SemanticCacheConfig&) const = default;
};

// Which of a route's answers are given again.
struct RouteCacheConfig {
  bool exact = true;
  bool coalesce = true;  // requests that ask the same at the same time share a call
  bool sampled = false;  // also where an answer is drawn at random
  bool persist = false;  // in the vault, across restarts
  Nanos ttl = std::chrono::hours(1);
  int64_t max_answer = 1 << 20;  // bytes
  CacheScope scope = CacheScope::project;
  std::optional<SemanticCacheConfig> semantic;
  bool operator==(const RouteCacheConfig&) const = default;
};

// Sealed blobs on the disk (src/vault).
struct VaultConfig {
  std::string dir = "var/vault";
  std::string secret;  // empty: of vault.key in that folder, made where it is missing
  int64_t max_bytes = int64_t{1} << 30;
  bool operator==(const VaultConfig&) const = default;
};

// What /v1/files keeps, of one project.
struct FilesConfig {
  int64_t file = 64 << 20;  // bytes of one
  int64_t total = int64_t{512} << 20;
  int count = 1000;
  Nanos ttl = std::chrono::hours(24 * 30);
  bool operator==(const FilesConfig&) const = default;
};

// Of /v1/documents.
struct JobsConfig {
  int running = 4;  // of one project at once
  int files = 100;  // of one job, as are the next
  int64_t bytes = 256 << 20;
  int pieces = 2000;
  int parallel = 8;                        // calls at once
  int64_t window = 6000;                   // tokens of a piece, where the job does not say
  Nanos deadline = std::chrono::hours(1);  // from its arrival, restarts included
  Nanos ttl = std::chrono::hours(24);      // of what is kept of it
  bool operator==(const JobsConfig&) const = default;
};

struct RouteConfig {
  std::string model;  // what clients ask for
  std::vector<std::string> deployments, fallbacks;
  std::vector<size_t> candidates, fallback_candidates;  // the same as indices into Config::deployments
  QueueConfig queue;
  WeightsConfig weights;
  std::vector<std::string> zones;  // empty: any
  int max_attempts = 2;
  std::string workload;
  SloConfig slo;
  std::optional<StickyConfig> sticky;
  bool prefix_affinity = true;
  std::string guard;       // a policy's name, or "off"; empty: the policy as it stands
  protect::Limits limits;  // of all keys together
  DocumentStepsConfig documents;
  std::optional<RouteCacheConfig> cache;  // none: nothing is given again
};

struct GuardConfig {
  bool on = true;
  std::string policy;  // a file; empty: the built-in one
  std::string rules;   // a folder; empty: only those built in
  bool canary = false;
};

struct ZoneConfig {  // one of the first two, or neither
  std::optional<Intensity> constant;
  std::string file;
  std::optional<Intensity> market;  // by the contract with the supplier; shown beside
};

// A live source of intensities (src/grid knows what each needs).
struct GridSourceConfig {
  std::string kind;                                      // "electricity_maps", ...
  std::string url, path, user, token, password;          // the last two are secrets
  std::vector<std::string> zones;                        // empty: those of the deployments
  std::map<std::string, std::string> areas;              // zone → the source's own name of it
  std::string method = "lifecycle";                      // of a file's values: grid::method_named()
  Nanos refresh{0};                                      // 0: the source's own step
  int64_t requests_per_day = 0, requests_per_month = 0;  // 0: without a bound
};

struct BaselineConfig {  // a deployment, or a vendor's model, or a frozen one
  std::string deployment;
  std::string file;
  std::string vendor, model, zone;
};

// Where the gateway itself runs, for the estimate of its own energy.
struct OwnUseConfig {
  std::string zone;            // empty: the deployments' if they are in one
  std::optional<double> pue;   // none: the world's mean
  double watts_per_core = 10;  // of a core that is busy, with its part of the server (docs/accounting.md §6)
};

enum class CatalogKind { gpu, vendor, model, region, zone };
const char* name(CatalogKind kind);

struct CatalogRef {
  CatalogKind kind;
  std::string id;
  std::string vendor;      // of a model that a vendor serves; else empty
  std::string where;       // "file:line:column"
  std::string key;         // "deployments.gpu"
  std::string deployment;  // whose it is; else empty
};

struct Config {
  std::string file;
  ListenConfig listen;
  std::optional<TlsConfig> tls;
  int workers = 1;
  LimitsConfig limits;
  TimeoutsConfig timeouts;
  std::vector<Cidr> trusted_proxies;
  std::optional<ProxyConfig> proxy;
  std::string extra_ca;
  LedgerConfig ledger;
  CatalogConfig catalog;
  std::vector<KeyConfig> keys;
  bool anonymous = false;
  std::vector<GroupConfig> orgs;
  std::vector<TeamConfig> teams;
  std::vector<BudgetConfig> budgets;
  std::vector<MeterConfig> meters;
  std::vector<DeploymentConfig> deployments;
  std::vector<RouteConfig> routes;
  std::map<std::string, ZoneConfig> zones;
  std::vector<GridSourceConfig> grid_sources;
  std::string grid_cache = "var/grid";
  std::string identity_dir;  // empty: keys of this file only
  bool guard_admin_port = false;
  std::vector<OidcConfig> oidc;
  std::vector<ClientCertConfig> client_certs;
  EgressConfig egress;
  std::optional<BaselineConfig> baseline;
  GuardConfig guard;
  DocumentsConfig documents;
  int64_t cache_memory = 64 << 20;   // bytes of answers
  std::optional<VaultConfig> vault;  // none: nothing outlasts a restart, and no files are kept
  FilesConfig files;
  JobsConfig jobs;
  OwnUseConfig own_use;
  std::optional<TracesConfig> traces;
  std::vector<NotificationConfig> notifications;
  log::Level log_level = log::Level::info;
  std::vector<CatalogRef> catalog_refs;
  std::vector<std::string> notes;  // "file:line:column: sentence": allowed, and probably not meant

  const DeploymentConfig* find_deployment(std::string_view name) const;
  const MeterConfig* find_meter(std::string_view name) const;  // null: there is none
  bool trusts(std::string_view ip) const;                      // its X-Forwarded-For counts
};

// The error's message: one "file:line:column: sentence" per line, in the order of the file. It holds no secret.
Result<std::shared_ptr<const Config>> load_config(const std::string& path,
                                                  const yaml::Sources& sources = yaml::system_sources());
Result<std::shared_ptr<const Config>> load_config_text(const std::string& name, std::string_view text,
                                                       const yaml::Sources& sources = yaml::system_sources());

// docs/config.schema.json and docs/config.md, from the same declaration that reads the file.
std::string config_schema_json();
std::string config_reference_markdown();
std::vector<std::string> config_secrets();  // their paths, as the reference writes them: "keys[].secret"

}  // namespace trine::gateway

// What the configuration, the catalog and the grid say at one moment: immutable, shared by the workers behind a
// pointer, replaced as a whole on reload.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "energy/facts.h"
#include "gateway/baseline_file.h"
#include "gateway/config/config.h"
#include "gateway/deployment.h"
#include "gateway/guard/guards.h"
#include "gateway/limit/table.h"
#include "gateway/outbound.h"
#include "gateway/workloads.h"
#include "grid/live.h"
#include "grid/source.h"
#include "net/egress.h"
#include "net/stream.h"
#include "score/slate.h"

namespace trine::gateway {

// Who a client is and what it may do. A key of the configuration is one of its own; keys of the identity store that may
// do the same share one, without tenant.key. The key itself is never kept.
struct Key {
  KeyHash hash{};
  energy::Tenant tenant;
  std::string workload;             // default; empty: the route's
  std::vector<std::string> routes;  // empty: all
  std::optional<score::Weights> weights;
  uint32_t endpoints = score::kAllEndpoints;  // bits of score::Endpoint
  bool may_override_weights = false;
  std::string guard = {};  // a policy's name
  bool cache = true;
  // Hash of whose prompts may be taken together for their common beginnings: the project's, or the key's where it has
  // none. What one tenant has sent never moves another's requests.
  uint64_t prefix_salt = 0;
  KeyPolicy limits = {};
  protect::Role role = protect::Role::none;  // on the admin port

  bool may_use(std::string_view route) const;
};

// A model name that clients use.
struct Route {
  std::string model;
  std::vector<std::shared_ptr<const Deployment>> deployments;
  std::vector<std::shared_ptr<const Deployment>> fallbacks;  // in this order, where none of these may serve
  QueueConfig queue;
  score::Weights weights;
  std::vector<std::string> zones;  // hard constraint; empty: any
  std::vector<std::string_view> zone_views;
  int max_attempts = 2;
  std::string workload;
  std::string guard;  // a policy's name, or "off"
  DocumentStepsConfig documents;
  score::Slo slo;
  bool strict_slo = false;
  std::optional<StickyConfig> sticky;
  bool prefix_affinity = true;
  protect::Level limit;
  std::optional<RouteCacheConfig> cache;
  std::string cache_print;  // of all that its answers depend on beside the request: who serves it, the guard
  std::shared_ptr<const Deployment> embeddings;  // of its semantic cache
};

// What the saving is measured against (docs/accounting.md §6).
struct Baseline {
  std::string name;  // "openai gpt-4o-mini", "deployment de-a100"
  std::string zone;
  std::shared_ptr<const Deployment> deployment;  // one of ours, or
  std::optional<fleet::VendorService> vendor;    // a vendor's model, or
  std::optional<FrozenBaseline> frozen;          // what a file holds
};

// Hash of whose prompts may be taken together, see Key::prefix_salt. Never 0.
uint64_t prefix_salt_of(const energy::Tenant& tenant);

// A provider's issuer without its scheme: "login.example.org".
std::string oidc_realm(const OidcConfig& provider);
// The account that all people of a provider's group share: limits per key hold for the group as one key.
std::string oidc_account(const OidcConfig& provider, const OidcGroupConfig& group);

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
template <class V>
using StringMap = boost::unordered_flat_map<std::string, V, StringHash, std::equal_to<>>;

struct Snapshot {
  std::shared_ptr<const Config> config;
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<grid::Live> grid;  // what the sources said last is published there
  std::vector<grid::SourceSpec> grid_sources;
  std::vector<std::shared_ptr<const Deployment>> deployments;
  StringMap<Route> routes;
  boost::unordered_flat_map<uint64_t, std::vector<Key>> keys;  // by the first bytes of the hash
  std::optional<Key> anonymous;
  StringMap<Key> certificates;                      // by "sha256:...", "san:..." or "cn:..." of a client's certificate
  std::shared_ptr<const net::EgressPolicy> egress;  // of URLs in requests
  std::optional<Baseline> baseline;
  std::shared_ptr<const Guards> guards;
  std::shared_ptr<LimitTable> limits;
  WorkloadNames workloads;           // that metrics tell apart
  std::optional<Outbound> traces;    // of Config::traces
  std::vector<Outbound> notified;    // of Config::notifications, in that order
  StringMap<KeyPolicy> oidc_limits;  // by oidc_account(), organisation, team and project, a line each
  int64_t generation = 1;            // counts reloads

  const Deployment* deployment(std::string_view name) const;
  // The key with this hash; compared in constant time. Null: unknown.
  const Key* key(const KeyHash& hash) const;
  // By its fingerprint, else a name in it, else its subject. Null: it stands for nobody.
  const Key* key(const net::PeerCertificate& certificate) const;
};

// Resolves every name of `config`, and takes what is known of the grid from the cache on disk. The live state of
// deployments that `before` has too is taken over.
// Errors (invalid_argument): all unknown names at once, each as `file:line:column: sentence`.
Result<std::shared_ptr<const Snapshot>> make_snapshot(std::shared_ptr<const Config> config,
                                                      std::shared_ptr<const catalog::Catalog> catalog,
                                                      const Snapshot* before = nullptr);

// The catalog that the configuration asks for.
Result<std::shared_ptr<const catalog::Catalog>> load_catalog(const Config& config);

}  // namespace trine::gateway

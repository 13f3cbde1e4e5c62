// A deployment as the request path sees it: an immutable description, and live state that outlasts a reload.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "energy/attribution.h"
#include "fleet/machine.h"
#include "gateway/batch.h"
#include "gateway/config/config.h"
#include "gateway/health.h"
#include "gateway/probe.h"
#include "llm/endpoint.h"
#include "net/upstream.h"

namespace trine::gateway {

// Live; by the deployment's name, kept across reloads. Any thread.
struct DeploymentState {
  explicit DeploymentState(size_t workers) : batch(workers), probe(workers) {}
  BatchMeter batch;
  Health health;
  DeploymentProbe probe;
};

// Who reads the energy of a deployment's hardware.
struct MeterUse {
  MeterConfig meter;
  std::vector<std::string> devices;  // of the meter; empty: all GPUs that it shows
  std::optional<MeterConfig> host;   // of the server
  double host_part = 1;              // of the server's energy
  // Deployments with the same hardware have the same one: they are metered together.
  std::string hardware() const;
  bool operator==(const MeterUse&) const = default;
};

// Where a deployment is asked whether it answers.
struct HealthPage {
  Url url;
  net::Origin origin;
  std::string authorization;  // where it is on the deployment's own server; a secret
  Nanos every{};
};

struct Deployment {
  size_t index = 0;  // in Snapshot::deployments
  std::string name;
  uint64_t place = 0;     // hash of the name: who it is in the router's tables, whatever the index
  std::string model;      // the engine's name of it
  std::string zone;       // grid zone; empty: unknown, the world's mean
  std::string base_path;  // before "/chat/completions"
  std::string head;       // Host, Authorization and what else every request to it carries; a secret
  net::Origin origin;
  EngineKind engine = EngineKind::other;
  std::optional<fleet::Machine> own;
  std::optional<fleet::VendorService> vendor;      // exactly one of the two
  std::optional<energy::VendorPrice> token_price;  // own hardware that is billed by the token
  bool free = false;                               // said so by the operator
  double control = 1;                              // [0.1, 1], score/control.h
  int max_concurrency = 0;                         // 0: no limit
  uint32_t endpoints = score::kAllEndpoints;
  Tokens context = 0;  // of the model; 0: not known
  bool simulated = false;
  std::optional<Url> metrics;  // of the engine
  std::optional<HealthPage> health_page;
  std::optional<MeterUse> meter;
  std::shared_ptr<DeploymentState> state;

  bool serves(llm::Endpoint e) const;
  // Its energy is metered, so that what is settled at first is provisional.
  bool metered() const { return own && meter.has_value(); }
};

// The score's name of an endpoint.
score::Endpoint score_endpoint(llm::Endpoint e);

}  // namespace trine::gateway

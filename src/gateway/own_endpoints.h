// What the gateway answers itself on the traffic port: health, the list of models, a request's figures.
#pragma once

#include <atomic>
#include <string>

#include "gateway/exchange.h"
#include "gateway/executor.h"
#include "ledger/ledger.h"
#include "net/task.h"

namespace trine::gateway {

// Shared by the workers and the admin side. Any thread.
class OwnEndpoints {
 public:
  OwnEndpoints(ledger::Ledger& ledger, Executor& executor) : ledger_(ledger), executor_(executor) {}

  // For everybody: /health, /health/live, /health/ready.
  bool is_open(const Exchange& x) const;
  net::Task<void> serve_open(Exchange& x);
  // For who has a key: GET /v1/models, /v1/models/{name}, /v1/trine/requests/{id}.
  bool is_ours(const Exchange& x) const;
  net::Task<void> serve(Exchange& x);

  void set_draining() { draining_.store(true, std::memory_order_relaxed); }
  struct Health {
    bool ready = true;
    std::string json;
  };
  Health health(const Snapshot& snapshot, Mono now) const;

  // What the ledger has of a request, as JSON; nothing where the ledger is too busy. `path` ends in the id.
  struct Found {
    llm::ErrorCode error = llm::ErrorCode::not_found;  // where there is no json
    std::string json;
  };
  // `tenant`: only requests of this project are shown; null: all.
  net::Task<Found> find_request(net::Loop& loop, std::string id, const energy::Tenant* tenant);

 private:
  ledger::Ledger& ledger_;
  Executor& executor_;
  std::atomic<bool> draining_{false};
};

}  // namespace trine::gateway

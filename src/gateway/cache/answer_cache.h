// The answers that are kept, of all workers: in memory, and sealed in the vault where a route wants that.
#pragma once

#include <memory>
#include <string_view>

#include "cache/store.h"
#include "cache/vectors.h"
#include "energy/facts.h"
#include "gateway/executor.h"
#include "net/loop.h"
#include "vault/vault.h"

namespace trine::gateway {

// Any thread.
class AnswerCache {
 public:
  // Of its blobs in the vault.
  static constexpr std::string_view kVaultKind = "cache";

  // `vault` may be null, and outlives this.
  AnswerCache(size_t bytes, vault::Vault* vault);

  // Names a request: by a secret of the vault, or of this process, so that no key says what was asked.
  cache::Key key(std::string_view text) const { return sealer_.hash("cache", text); }

  cache::Store& store() { return store_; }
  cache::Vectors& vectors() { return vectors_; }

  // Into memory at once, and into the vault soon where `persist`.
  void keep(const cache::Key& key, std::shared_ptr<const cache::Answer> answer, const energy::Tenant& tenant,
            bool persist);

  // Blocks on the disk: what the vault holds, the newest first, until the memory is full. How many.
  Result<size_t> load(Wall now);
  // Blocks on the disk: what this key or user asked for, in memory and in the whole vault.
  Result<void> erase(vault::Identity kind, std::string_view name);
  // What has expired goes, in memory and in the vault; soon.
  void sweep(Wall now);

 private:
  vault::Vault* const vault_;
  const vault::Sealer sealer_;
  cache::Store store_;
  cache::Vectors vectors_;
  Executor executor_;  // last: what it does needs the others
};

// Sweeps from time to time, so that nothing outlasts its time by much.
class AnswerSweep final : net::Timer {
 public:
  AnswerSweep(net::Loop& loop, AnswerCache& answers) : net::Timer(loop), loop_(loop), answers_(answers) { arm(kEvery); }

 private:
  static constexpr Nanos kEvery = std::chrono::minutes(10);
  void expired() override {
    answers_.sweep(loop_.clock().wall());
    arm(kEvery);
  }
  net::Loop& loop_;
  AnswerCache& answers_;
};

}  // namespace trine::gateway

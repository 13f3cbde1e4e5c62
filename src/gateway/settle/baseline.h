// What the configuration's baseline would have taken for the requests that ended here, request by request, for /metrics
// (docs/accounting.md §6). `trine report` tells the saving itself, from the ledger's final figures by hour.
#pragma once

#include <optional>

#include "base/time.h"
#include "gateway/snapshot.h"
#include "score/savings.h"

namespace trine::gateway {

struct Exchange;

// The requests of the last minutes, the newer the more: how full an engine would be that had to serve them all.
class RecentWork {
 public:
  static constexpr Nanos kMemory = std::chrono::minutes(10);
  // With less of a past than this a burst would be taken for an hour's load.
  static constexpr Nanos kLeast = std::chrono::minutes(1);

  void add(const score::BaselineWork& work, Mono now);
  // Of a machine that serves `times` as much (this is one of so many workers).
  double mean_batch(const score::Speed& speed, size_t times) const;

 private:
  double in_ = 0, cached_ = 0, out_ = 0;  // tokens, faded
  std::optional<Mono> first_, last_;
};

// One worker's. One thread.
class BaselineMeter {
 public:
  // Adds to the counters of the deployment that served the request, or whose answer was given again. Nothing without a
  // baseline, or for a request that no engine would have had work with.
  void count(const Exchange& x);

 private:
  void use(const Snapshot& snapshot);
  const energy::GridValue& grid(const Snapshot& snapshot, Wall now);

  int64_t generation_ = 0;  // of the snapshot that the rest is of
  std::optional<score::SavingsBaseline> baseline_;
  RecentWork recent_;
  energy::GridValue grid_;
  uint64_t grid_version_ = 0;
  Wall grid_until_{};
};

}  // namespace trine::gateway

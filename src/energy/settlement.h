// Folds settlements: per call the latest version counts, each version is applied at most once (docs/accounting.md §1).
#pragma once

#include <cstdint>
#include <map>

#include "energy/facts.h"
#include "energy/uncertainty.h"

namespace trine::energy {

// Holds the latest settlement per call. Applying one twice, or an older one late, changes nothing. One thread.
class SettlementFold {
 public:
  // True when the call's figures changed.
  bool apply(const Settlement& settlement);
  const Settlement* find(const CallId& call) const;
  size_t calls() const { return latest_.size(); }
  Aggregate sum() const;

 private:
  std::map<CallId, Settlement> latest_;
};

}  // namespace trine::energy

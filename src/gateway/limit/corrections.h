// Budgets are told at once what a metered call took as first settled; when its meter's windows are closed, the final
// settlement takes that one's place.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "energy/facts.h"
#include "protect/shared.h"

namespace trine::gateway {

// Any thread.
class Corrections {
 public:
  // Calls that still await theirs; beyond it the oldest keep what was first settled.
  static constexpr size_t kMost = 200'000;

  // REQUIRES: booked already to the policy's budgets, whose accounts outlive this.
  void expect(const energy::Settlement& first, const protect::Policy& policy);
  // A later settlement, of any call.
  void settled(const energy::Settlement& later, Wall now);
  size_t waiting() const;

 private:
  struct Share {
    protect::BudgetAccount* account;
    protect::Unit unit;
    int64_t amount;
  };
  struct Booked {
    Wall at;
    std::vector<Share> shares;
  };
  struct Hash {
    size_t operator()(const CallId& id) const noexcept {
      return std::hash<RequestId>{}(id.request) ^ (size_t{id.attempt} << 48);
    }
  };
  mutable std::mutex mutex_;
  std::unordered_map<CallId, Booked, Hash> calls_;
  std::deque<CallId> oldest_;
};

protect::Quantities quantities_of(const energy::Figures& figures);

}  // namespace trine::gateway

// From meters to final settlements: reads each metered deployment once a second, cuts its readings into windows, and
// shares each window among the calls that ran in it (docs/accounting.md §2).
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "gateway/call_feed.h"
#include "gateway/metering/metered_device.h"
#include "gateway/snapshot.h"
#include "ledger/journal.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::gateway {

// One thread: its loop's, which is also the journal's.
class Metering {
 public:
  Metering(net::Loop& loop, ledger::Journal& journal) : loop_(loop), journal_(journal) {}

  // Starts reading meters that are new, and goes on with those that stay.
  void use(std::shared_ptr<const Snapshot> snapshot);
  // What the workers noted, in each worker's order.
  void take(const std::vector<CallNote>& notes);
  // For the end, when no call runs any more: a last reading of each meter, and all windows closed. Bounded by the
  // meters' own time-outs.
  net::Task<void> finish();

  const std::unordered_map<std::string, std::shared_ptr<MeteredDevice>>& devices() const { return devices_; }

 private:
  struct CallIdHash {
    size_t operator()(const CallId& id) const noexcept {
      return std::hash<RequestId>{}(id.request) ^ (size_t{id.attempt} << 48);
    }
  };

  net::Loop& loop_;
  ledger::Journal& journal_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unordered_map<std::string, std::shared_ptr<MeteredDevice>> devices_;  // by the deployment's name
  std::unordered_map<CallId, std::shared_ptr<MeteredDevice>, CallIdHash> calls_;
};

}  // namespace trine::gateway

// From meters to final settlements: reads each meter at its step, cuts the readings into windows, and shares each
// window among the calls that ran in it (docs/accounting.md §2).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/call_feed.h"
#include "gateway/metering/meter_feed.h"
#include "gateway/metering/metered_set.h"
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
  // No more readings from now on.
  void stop();

  // A deployment's; null: it has no meter.
  const MeteredSet* set_of(const std::string& deployment) const;
  const MeterFeed* feed_of(const std::string& deployment) const;  // of its GPUs

 private:
  struct Feed {
    MeterConfig config;
    std::shared_ptr<MeterFeed> feed;
    std::vector<MeterFeed::Listener> listeners;
    bool used = false, listening = false;
  };
  struct CallIdHash {
    size_t operator()(const CallId& id) const noexcept {
      return std::hash<RequestId>{}(id.request) ^ (size_t{id.attempt} << 48);
    }
  };

  Feed& feed(const std::string& key, const MeterConfig& config, const std::string& name, OpenSource open);
  Feed& meter_feed(const MeterConfig& config);
  Feed* engine_feed(const Deployment& deployment);  // null: its counters cannot be read
  void connect(const std::shared_ptr<MeteredSet>& set, const MeteredSet::Deployments& deployments);
  void retire(const std::shared_ptr<MeteredSet>& set);
  std::shared_ptr<MeteredSet> find(const std::string& deployment) const;

  net::Loop& loop_;
  ledger::Journal& journal_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unordered_map<std::string, Feed> feeds_;                        // by kind and name
  std::unordered_map<std::string, std::shared_ptr<MeteredSet>> sets_;  // by deployment: one of several may stand twice
  std::vector<std::shared_ptr<MeteredSet>> retired_;                   // of deployments that are gone, with calls
  std::unordered_map<std::string, std::string> gpu_feeds_;             // deployment -> key in feeds_
  std::unordered_map<CallId, std::shared_ptr<MeteredSet>, CallIdHash> calls_;
};

}  // namespace trine::gateway

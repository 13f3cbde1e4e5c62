// The gateway's own energy: its CPU time, booked every minute (docs/accounting.md §6).
#pragma once

#include <functional>
#include <memory>

#include "energy/own_use.h"
#include "gateway/snapshot.h"
#include "ledger/journal.h"
#include "net/loop.h"

namespace trine::gateway {

// CPU time of this process since it began, all threads: a new process begins at 0, so nothing is booked twice over a
// restart; what a crash loses is a minute's.
Nanos process_cpu_time();

// The machine that the configuration names; what it leaves open, from the deployments and the catalog.
energy::GatewayHost gateway_host(const Snapshot& snapshot);

// One thread: its loop's, which is also the journal's.
class OwnUse final : net::Timer {
 public:
  static constexpr Nanos kEvery = std::chrono::minutes(1);

  OwnUse(net::Loop& loop, ledger::Journal& journal, std::function<Nanos()> cpu_time = process_cpu_time);

  // Starts booking with the first one.
  void use(std::shared_ptr<const Snapshot> snapshot);
  // What was used since the last booking. What the journal has no room for is booked with the next.
  void book();
  // Since the process began; what is not booked yet counts by what the grid says now. REQUIRES: use().
  energy::GatewayUse total() const;

 private:
  void expired() override;
  bool book(Wall begin, Wall end, Nanos cpu);
  energy::GatewayUse use_of(Wall begin, Wall end, Nanos cpu) const;

  net::Loop& loop_;
  ledger::Journal& journal_;
  std::function<Nanos()> cpu_time_;
  std::shared_ptr<const Snapshot> snapshot_;
  energy::GatewayHost host_;
  Wall booked_until_;
  Nanos booked_cpu_{0};
  energy::GatewayUse total_;  // booked
};

}  // namespace trine::gateway

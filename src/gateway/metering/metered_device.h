// One deployment's meter: its readings, the windows cut from them, and the calls that ran on it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "energy/attribution.h"
#include "energy/window.h"
#include "gateway/call_feed.h"
#include "gateway/snapshot.h"
#include "ledger/journal.h"
#include "meter/source.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::gateway {

// One thread.
class MeteredDevice final : public std::enable_shared_from_this<MeteredDevice>, net::Timer {
 public:
  // Windows are closed this long after their end, so that what the workers note of them has come.
  static constexpr Nanos kLateness = std::chrono::seconds(2);
  static constexpr Nanos kStep = std::chrono::seconds(1);
  // A meter that says nothing for so long is stood in for by an estimate.
  static constexpr Nanos kSilence = std::chrono::seconds(30);

  // Null where the deployment's metrics address cannot be asked at all; says so in the log.
  static std::shared_ptr<MeteredDevice> open(net::Loop& loop, ledger::Journal& journal,
                                             std::shared_ptr<const Deployment> deployment);

  // Reads now and every kStep after the reading before, until stop().
  void start();
  void stop();
  // Prices, grid and hardware as of now.
  void use(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<const Deployment> deployment);

  // The same meter, on the same hardware.
  bool reads(const Deployment& d) const;

  void note(const CallNote& note);
  // The last reading, and all windows closed. Waits for a reading that is under way. REQUIRES: stop().
  net::Task<void> finish();

  const energy::WindowCutter& cutter() const { return cutter_; }
  const std::string& trouble() const { return trouble_; }  // of the last reading; empty: none

 private:
  struct RunningCall {
    energy::Attributor::Slot slot;
    Money token_cost;
  };

  MeteredDevice(net::Loop& loop, ledger::Journal& journal, std::shared_ptr<const Deployment> deployment,
                std::unique_ptr<meter::Source> source);
  void expired() override { start(); }
  net::Task<void> step();
  // One reading; closes the windows that are due. `last`: all of them.
  net::Task<void> read(bool last);
  void add(const meter::Readings& readings);
  void stand_in(Wall now);
  void close_due(Wall now);
  void close(const energy::MeterWindow& window);

  net::Loop& loop_;
  ledger::Journal& journal_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const Deployment> deployment_;
  std::unique_ptr<meter::Source> source_;
  energy::WindowCutter cutter_;
  energy::Attributor attributor_;
  std::deque<energy::MeterWindow> windows_;  // cut, not closed yet
  std::map<CallId, RunningCall> calls_;      // not settled yet
  std::vector<energy::MeterWindow> cut_;
  std::vector<energy::Settlement> settled_;
  std::string trouble_;
  bool reading_ = false;
  bool stopped_ = false;
};

}  // namespace trine::gateway

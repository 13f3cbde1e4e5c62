// The GPUs of one deployment, or of several that share them: readings become windows, windows become settlements of
// the calls that ran in them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "energy/attribution.h"
#include "energy/device_set.h"
#include "energy/foreign.h"
#include "gateway/call_feed.h"
#include "gateway/snapshot.h"
#include "ledger/journal.h"
#include "meter/reading.h"
#include "net/loop.h"

namespace trine::gateway {

// One thread.
class MeteredSet {
 public:
  // Windows are closed this long after their end, so that what the workers note of them has come.
  static constexpr Nanos kLateness = std::chrono::seconds(2);
  // And so much later, where a call ran in it of which nothing was told since: an answer that is not streamed is known
  // when it ends (docs/split-accuracy.md).
  static constexpr Nanos kUntold = std::chrono::seconds(30);
  // Meters that say nothing for so long are stood in for by an estimate, if they are not read more seldom.
  static constexpr Nanos kSilence = std::chrono::seconds(30);
  // Weights are fitted to the windows seen so far as often as that.
  static constexpr Nanos kCalibration = std::chrono::minutes(10);

  using Deployments = std::vector<std::shared_ptr<const Deployment>>;

  // REQUIRES: all deployments name the same meter and devices; their order stays the same over reloads.
  MeteredSet(const Clock& clock, ledger::Journal& journal, Deployments deployments);

  // Prices, grid and hardware as of now. What was metered until now is closed under what held until now.
  void use(std::shared_ptr<const Snapshot> snapshot, Deployments deployments);
  // The same meters of the same deployments: what they say belongs to one line of windows.
  bool reads(const Deployments& deployments) const;

  // Its meters are read no more: accounts for the time until now, by an estimate from the last reading on.
  void leave();
  // `old` leaves, and its calls go on here with what they bear so far. Where its meter is read here, nothing is lost
  // between; else they are metered from this set's first reading on.
  void take_over(MeteredSet& old);
  // A call runs in it of which more will be told.
  bool works() const { return told() < Wall::max(); }
  // Nothing to settle any more.
  bool idle() const { return calls_.empty() && windows_.empty(); }

  // One reading of its meter (null: it failed), of its server's meter, of the engine of deployment `index`.
  void gpus(const meter::Readings* readings);
  void host(const meter::Readings* readings);
  void engine(size_t index, const meter::Readings* readings);

  void note(const CallNote& note);
  // Closes the windows that are due.
  void close_due(Wall now);
  void close_all();

  std::optional<Wall> frontier() const { return cutter_ ? cutter_->frontier() : std::nullopt; }
  energy::WindowCutter::Stats stats() const { return cutter_ ? cutter_->stats() : energy::WindowCutter::Stats{}; }
  // Why readings of its meter, or of its server's, are of no use; empty: they are.
  const std::string& trouble() const { return trouble_.empty() ? host_trouble_ : trouble_; }
  const std::optional<energy::Calibration>& calibration() const { return calibration_; }
  double idle_w() const { return attributor_.idle_w(); }
  // What is known now of the hardware, for who watches; nothing: not read (any more).
  struct Shown {
    std::optional<double> power_w;      // facility, over the window that was closed last
    std::optional<double> utilisation;  // 0..1, mean over the devices
    std::vector<std::string> deployments;
    std::optional<double> waiting, kv_usage;  // of the engine of the deployment asked for
  };
  Shown shown(const std::string& deployment) const;
  // Of the windows closed since the process began; facility energy.
  struct Totals {
    Energy energy;
    energy::DeviceWindow::Share unattributed;
    std::optional<double> watts;  // mean of the last window; none yet
  };
  const Totals& totals() const { return totals_; }
  std::string hardware() const { return first().meter->hardware(); }
  bool serves(const std::string& deployment) const;
  const std::string& owner() const { return first().name; }  // the deployment in whose name its windows are booked

 private:
  struct RunningCall {
    energy::Attributor::Slot slot;
    Wall told;  // its work until then is known
    Money token_cost;
  };

  const Deployment& first() const { return *deployments_.front(); }
  Result<std::vector<std::string>> choose(const meter::Readings& readings) const;
  void complain(std::string& trouble, std::string why);
  void cut(Wall now);
  Wall next_cut(Wall after) const;
  void cut_ahead();
  Wall told() const;
  void stand_in(Wall now);
  void account_until(Wall end);
  void stand_in_for(Wall begin, Wall end);
  uint16_t model_of(const std::string& deployment) const;
  void close(const energy::MeterWindow& window);
  void calibrate(Wall now);

  const Clock& clock_;
  ledger::Journal& journal_;
  std::shared_ptr<const Snapshot> snapshot_;
  Deployments deployments_;
  Nanos silence_;
  std::vector<std::string> devices_;  // of the meter, once it has spoken
  std::optional<energy::SetCutter> cutter_;
  energy::Attributor attributor_;
  energy::ForeignLoad foreign_;
  std::vector<double> running_;                               // by each engine's gauge, newest
  std::vector<std::optional<meter::EngineReading>> engines_;  // newest, by deployment
  std::optional<double> utilisation_;
  bool prompt_is_computed_ = false;           // engines that leave cached tokens out of their totals
  std::vector<energy::MeterWindow> windows_;  // cut, not closed yet
  std::map<CallId, RunningCall> calls_;       // not settled yet
  std::vector<energy::Settlement> settled_;
  std::optional<energy::Calibration> calibration_;
  std::optional<Wall> calibrated_at_;
  Wall busy_since_{};                // the first call since none was open
  std::optional<Wall> stood_until_;  // end of the last estimate
  Totals totals_;
  Wall cut_until_{};                    // windows are cut where conditions change, until then
  std::string trouble_, host_trouble_;  // each is logged when it changes
};

}  // namespace trine::gateway

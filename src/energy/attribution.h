// Attribution of a device's windows to the calls that ran in them (docs/accounting.md §2). One Attributor per device,
// or per device set that is metered as one. Sums are exact in integers, for energy, carbon and money.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "energy/boundary.h"
#include "energy/calibrate.h"
#include "energy/concurrency.h"
#include "energy/facts.h"
#include "energy/shares.h"
#include "energy/slices.h"
#include "energy/window.h"

namespace trine::energy {

// Tokens of a window.
struct EngineTokens {
  double prompt = 0;  // prompt tokens, cached ones included
  double generated = 0;
};

// What held during one window. Windows are cut where any of it changes.
struct Conditions {
  GridValue grid;
  HardwarePrice price;
  // What the engine worked on beside what we sent, by its own counters (foreign.h); nullopt: it has none, or is silent.
  std::optional<EngineTokens> foreign;
  std::optional<double> running;  // mean running requests by the engine's gauge; else from our own calls
};

// The audit trail of one call in one window (`trine explain`).
struct CallShare {
  CallId call;
  double weight_j = 0;  // q of §2.3
  Energy gpu, energy;
  Carbon operational, embodied;
  Money cost;
};

struct WindowDetail {
  Energy idle, active;  // of the GPU's energy
  double idle_w = 0;
  bool idle_measured = false;
  double batch = 0;       // mean running requests, all models
  EngineTokens sent;      // of our calls
  double sent_fresh = 0;  // of the prompt tokens, those computed
  EngineTokens foreign;
  Reading reading = Reading::counter;
};

struct DeviceConfig {
  std::string device, deployment, zone;
  std::vector<TokenWeights> models;  // that share the device; a call names its model by index
  Site site;
  Embodied embodied;
  double idle_w = 0;                // the catalog's, until idle windows were seen
  bool simulated = false;           // everything gets letter S
  bool settle_each_window = false;  // also settlements of basis `window` for calls that go on
};

// Deterministic; the order in which calls and slices of different calls are fed does not matter. One thread.
//
// Feed slices before the window that they fall in is closed (close windows a few seconds late). A slice that comes
// later is counted in the next window; a stretch of time that no window covers likewise. A window that is not after the
// last one changes nothing.
class Attributor {
 public:
  using Slot = uint32_t;  // a call's handle, valid until its final settlement is out

  explicit Attributor(DeviceConfig config);

  // REQUIRES: the call is not open here; model < models.size().
  Slot open(const CallId& call, Wall start, uint16_t model = 0);
  void work(Slot slot, const Slice& slice);  // negative or not finite tokens count as 0
  void close(Slot slot, Wall end);           // no more slices; settled when all its work lies in closed windows

  // Closes a window: shares it, and appends the settlements of calls that are complete with it. Nullptr for a window
  // that does not come after the last one. The result lives until the next call of window().
  const DeviceWindow* window(const MeterWindow& meter, const Conditions& conditions, std::vector<Settlement>& settled);
  const WindowDetail& detail() const { return detail_; }         // of the last window
  std::span<const CallShare> shares() const { return shares_; }  // of the last window, unordered

  // Stands in for a meter that is silent: the curve on the work known up to `end`, at least idle power. Reading
  // `estimated`. Give it to window(), and to WindowCutter::book() of the meter.
  MeterWindow estimate_window(Wall begin, Wall end) const;

  // Another description of the device, from the next window on. What was learned of it stays, unless it is `other`
  // hardware behind the same meter. REQUIRES: as many models.
  void describe(DeviceConfig config, bool other);
  // The calls of `from` that have no final settlement go on here, with what they bear so far; from has none then.
  // `models`: this device's by those of `from`. Gives the new handles.
  std::vector<std::pair<CallId, Slot>> take_over(Attributor& from, std::span<const uint16_t> models);
  // It is the same hardware, so what `from` has learned of it holds here.
  void learn_from(const Attributor& from);

  // New weights from now on (calibration, catalog reload).
  void set_weights(uint16_t model, const TokenWeights& weights) { config_.models.at(model) = weights; }
  void mark_simulated() { config_.simulated = true; }  // letter S from now on: its meter says that it is a simulator's
  // Fits weights to the windows seen so far; only for a device with one model. nullopt: keep those in use.
  std::optional<Calibration> calibrated() const;

  double idle_w() const { return idle_w_; }
  size_t open_calls() const { return calls_.size() - free_.size(); }

 private:
  enum Amount : size_t { kGpu, kEnergy, kOperational, kEmbodied, kCost, kAmounts };
  struct Piece {
    Slot slot;
    Wall begin, end;
    Work work;
  };
  struct Call {
    CallId id;
    Wall start{}, end{};
    uint32_t pieces = 0, version = 0;
    uint16_t model = 0;
    bool open = false, closed = false, active = false;
    double q = 0;  // of the window being shared
    std::array<int64_t, kAmounts> sums{};
    std::array<int64_t, 4> by_letter{};                         // facility energy per letter A..D
    double device_sigma = 0, weight_sigma = 0, grid_sigma = 0;  // sums of amount x sigma
  };

  void measure_batches(const MeterWindow& meter, const Conditions& conditions);
  Work consume(Piece& piece, Wall until) const;
  void note_for_calibration(const MeterWindow& meter, double foreign);
  void gather(const MeterWindow& meter);
  double foreign_weight(const Conditions& conditions);  // joules
  std::array<int64_t, kAmounts> totals(const MeterWindow& meter, const Conditions& conditions, Energy host);
  void share(const std::array<int64_t, kAmounts>& total, const MeterWindow& meter, const Conditions& conditions,
             Energy host, double foreign);
  void learn_idle(const MeterWindow& meter);
  void settle(const MeterWindow& meter, std::vector<Settlement>& settled);
  Settlement settlement(Call& call, Basis basis, Wall at) const;

  DeviceConfig config_;
  std::vector<Call> calls_;
  std::vector<Slot> free_;
  std::vector<Piece> pieces_;                          // in the order fed: a call's slices stay in their order
  std::vector<Slot> done_;                             // closed, all work consumed
  std::optional<std::pair<uint32_t, Wall>> frontier_;  // epoch and end of the last window
  Carry facility_, operational_, embodied_, cost_;
  Splitter splitter_;
  struct Rows {  // windows added up to rows of some length
    Calibrator calibrator;
    CalibrationRow open;
    Nanos time{};
  };
  std::array<Rows, 2> rows_;       // short ones, which are soon enough of them, and long ones, which are clean
  std::vector<double> idle_seen_;  // ring of idle powers
  size_t idle_next_ = 0;
  double idle_w_ = 0;

  // Of the window being shared.
  std::vector<Slot> active_;
  std::vector<double> weights_;
  std::vector<Concurrency> running_;  // by model
  std::vector<CallId> keys_;
  std::array<std::vector<int64_t>, kAmounts> parts_;
  std::vector<CallShare> shares_;
  struct Sent {  // in millionths: order does not matter
    int64_t fresh = 0, cached = 0, out = 0;
    int64_t steps = 0, context = 0;  // as in CalibrationRow
  } sent_;
  DeviceWindow window_;
  WindowDetail detail_;
};

}  // namespace trine::energy

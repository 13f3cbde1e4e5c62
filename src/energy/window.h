// Samples of one meter → windows (docs/accounting.md §2.1). Whatever the meter does (reset, wrap, gap, duplicate, late
// scrape, clock step), no window is negative and no joule is counted twice.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "base/units.h"

namespace trine::energy {

// One reading. A meter that has a counter is read by it; power helps where the counter was reset.
struct Sample {
  Wall at{};                          // when it was read, corrected for the host's clock offset
  std::optional<int64_t> counter_uj;  // since some start
  std::optional<double> power_w;
  std::optional<Nanos> mono;  // the reader's monotonic clock, where known: reveals steps of the wall clock
};

enum class Reading : uint8_t { counter, integrated_power, estimated };  // best first

struct MeterWindow {
  Wall begin{}, end{};  // within an epoch windows follow each other without overlap
  Nanos duration{};     // time that passed: differs from end - begin over a clock step
  Energy gpu;           // of the device set, idle included
  Reading reading = Reading::counter;
  uint32_t epoch = 0;          // rises when the clock went back so far that a new time line began
  std::optional<Energy> host;  // measured for the same window, set by the caller; else modelled
  bool operator==(const MeterWindow&) const = default;
};

// Takes what lies before `end` off the window. Time and energy are parted evenly, the rest stays.
// REQUIRES: begin < end < window.end; no host.
MeterWindow take_until(MeterWindow& window, Wall end);

// One thread. Deterministic.
class WindowCutter {
 public:
  static constexpr Nanos kLongest = std::chrono::hours(24 * 31);  // an interval above this is a broken clock

  struct Options {
    int64_t wrap_uj = 0;        // the counter starts again at 0 after this value (RAPL max_energy_range_uj); 0: never
    double max_power_w = 2000;  // nothing above is believed
    Nanos max_gap = std::chrono::minutes(5);  // power is not integrated, and clocks are not believed, across more
    Nanos slot = std::chrono::hours(1);       // grid slot: windows are cut at its multiples, and at full hours
    Nanos step = Nanos(0);                    // > 0: windows end at multiples of it, so that several meters align
  };
  struct Stats {
    uint64_t samples = 0, rejected = 0, duplicates = 0, late = 0, stale = 0;
    uint64_t wraps = 0, resets = 0, implausible = 0, clock_steps = 0;
  };

  explicit WindowCutter(const Options& options);

  // Appends the windows that this sample closed. A counter that stands still is stale, not zero: its window stays open.
  void add(const Sample& sample, std::vector<MeterWindow>& out);

  // Windows are cut at `at` too (a price change). Only affects what is not closed yet.
  void cut_at(Wall at);

  // The time up to `until` was accounted by an estimate, because the meter is silent (Attributor::estimate_window).
  // When it speaks again, what was booked is taken off its counter first. Ignored if `until` is not after frontier().
  void book(Wall until, Energy estimate);

  // End of what is accounted for; nullopt before the first sample.
  std::optional<Wall> frontier() const { return last_ ? std::optional(frontier_) : std::nullopt; }
  const Stats& stats() const { return stats_; }

 private:
  struct Gain {
    int64_t uj = 0;
    Reading reading = Reading::counter;
  };
  enum class Order : uint8_t { after, duplicate, late, step_back };

  bool believable(const Sample& s) const;
  Order order(const Sample& s);
  std::optional<Gain> counter_gain(const Sample& s, double elapsed_s);
  std::optional<Gain> power_gain(const Sample& s, double elapsed_s) const;
  void emit(Wall begin, Wall end, Nanos duration, Gain gain, std::vector<MeterWindow>& out);
  void close(const MeterWindow& piece, std::vector<MeterWindow>& out);
  Wall next_cut(Wall after, Wall limit) const;

  Options options_;
  Stats stats_;
  std::optional<Sample> last_;  // the last sample that was accounted
  Wall frontier_{};
  Wall booked_until_{};
  uint32_t epoch_ = 0;
  int64_t pending_uj_ = 0;  // gained, not yet in a window (over a clock step)
  Nanos pending_time_{};
  Reading pending_reading_ = Reading::counter;  // the worst of what is pending
  int64_t booked_uj_ = 0;                       // estimated ahead of the counter, not yet taken off it
  double mean_w_ = 0;                           // of the last good interval: what a reset interval is estimated by
  bool restarted_ = false;           // the counter fell once (reset or wrap): an older sample may then read higher
  std::optional<Nanos> stepped_at_;  // by the monotonic clock: the first sample after the wall clock went back
  std::optional<Sample> suspect_;    // last of a row of back-dated samples
  int suspects_ = 0;
  std::vector<Wall> cuts_;
  std::optional<MeterWindow> open_;
};

}  // namespace trine::energy

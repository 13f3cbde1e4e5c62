// One line of windows from several meters that are read for the same hardware: the GPUs of a tensor-parallel engine,
// and the server that they stand in (docs/accounting.md §2.1, §2.6).
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "energy/window.h"

namespace trine::energy {

// Windows of the set are cut where any of its meters' windows end. Nothing is lost and nothing counts twice: the sum of
// the set's windows is the sum of the windows of its GPUs, to the microjoule, but for what is left open at the end.
// One thread. Deterministic.
class SetCutter {
 public:
  struct Options {
    size_t gpus = 1;       // meters of GPUs, numbered from 0; at least one
    bool host = false;     // a meter of the server too, whose number is host_meter()
    double host_part = 1;  // of the server's energy that is this set's, in (0, 1]
    WindowCutter::Options gpu, server;
    Nanos patience = std::chrono::seconds(30);  // a meter that is silent for longer does not hold up the others
  };

  explicit SetCutter(const Options& options);

  size_t host_meter() const { return options_.gpus; }
  void add(size_t meter, const Sample& sample);
  void cut_at(Wall at);

  // Windows that all meters have passed, or that those which speak have passed while the others are silent: a silent
  // GPU is taken to draw what the others do (reading `estimated`, set against its counter when it speaks again), a
  // silent server is modelled.
  void take(Wall now, std::vector<MeterWindow>& out);

  // All meters are silent, and the time from frontier() to `until` was accounted by an estimate of the whole set.
  void book(Wall until, Energy estimate);

  // End of what take() has given, or the first sample of a GPU; nullopt before it.
  std::optional<Wall> frontier() const { return frontier_; }
  const WindowCutter& cutter(size_t meter) const { return lanes_.at(meter).cutter; }
  WindowCutter::Stats stats() const;  // of all meters together

 private:
  struct Lane {
    explicit Lane(const WindowCutter::Options& options) : cutter(options) {}
    WindowCutter cutter;
    std::deque<MeterWindow> windows;  // cut, not taken
  };

  bool next(Wall now, MeterWindow& out);
  bool silent(const Lane& lane, Wall now) const;
  static MeterWindow split(Lane& lane, Wall end);
  std::optional<Energy> host_energy(const MeterWindow& window);

  Options options_;
  std::vector<Lane> lanes_;
  std::vector<MeterWindow> cut_;
  std::optional<Wall> frontier_;
};

}  // namespace trine::energy

// Reads the meters on the second: moments are counted from the start, so that lateness does not add up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "meter/source.h"
#include "meter_agent/store.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::meter_agent {

// One meter as the outside sees it.
struct MeterState {
  std::string name;
  bool up = false;
  std::string trouble;             // why it is not up; empty: it is, or was not read yet
  std::vector<std::string> notes;  // of its last reading
  uint64_t reads = 0, errors = 0;
  uint64_t missed = 0;  // moments at which it was still busy with the one before
};

// One thread: the loop's. Each meter is read on its own, so that one that hangs holds up none of the others.
class Sampler final : net::Timer {
 public:
  Sampler(net::Loop& loop, Store& store, std::vector<std::unique_ptr<meter::Source>> meters, Nanos every);

  // The first reading now, then one every `every`. What is missing is logged once, and again when it changes.
  void start();
  // No more readings; ends when those under way have. REQUIRED before destruction.
  net::Task<void> finish();

  const std::vector<MeterState>& meters() const { return states_; }

 private:
  void expired() override { tick(); }
  void tick();
  net::Task<void> read(size_t i);
  void take(size_t i, const Result<meter::Readings>& readings);

  net::Loop& loop_;
  Store& store_;
  std::vector<std::unique_ptr<meter::Source>> meters_;
  std::vector<MeterState> states_;
  std::vector<bool> busy_;
  Nanos every_;
  Mono begin_{};
  bool full_ = false;
};

}  // namespace trine::meter_agent

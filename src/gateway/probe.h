// Counters of the request path, for /metrics. Each worker writes its own line and nobody else does: no lock, no shared
// cache line. Readers add the lines up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "energy/facts.h"
#include "gateway/trail.h"
#include "gateway/workloads.h"
#include "protect/shared.h"

namespace trine::gateway {

// A number that one thread raises and any thread reads.
class Counter {
 public:
  void add(int64_t n = 1) { v_.store(v_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(int64_t v) { v_.store(v, std::memory_order_relaxed); }
  int64_t get() const { return v_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> v_{0};
};

// Where the buckets of histograms end. Those of gen_ai metrics are what OpenTelemetry's semantic conventions advise.
inline constexpr std::array<double, 14> kCallSeconds = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                                        1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
inline constexpr std::array<double, 16> kFirstTokenSeconds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                                              0.25,  0.5,   0.75, 1,    2.5,  5,    7.5,  10};
inline constexpr std::array<double, 13> kPerTokenSeconds = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                                            0.3,  0.4,   0.5,  0.75,  1.0, 2.5};
inline constexpr std::array<double, 14> kTokenCounts = {1,     4,     16,     64,      256,     1024,     4096,
                                                        16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
inline constexpr std::array<double, 12> kOwnSeconds = {0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001,
                                                       0.002,   0.005,   0.01,   0.02,   0.1,    1};

// Whole numbers, `kPerUnit` of them in one unit of the bounds (nanoseconds in a second).
template <const auto& kBoundsOf, int64_t kPerUnit>
class Histogram {
 public:
  static constexpr const auto& kBounds = kBoundsOf;
  void observe(int64_t raw) {
    const double v = static_cast<double>(raw) / static_cast<double>(kPerUnit);
    size_t i = 0;
    while (i < kBounds.size() && v > kBounds[i]) ++i;
    buckets_[i].add();
    sum_.add(raw);
  }
  void observe(Nanos d) { observe(d.count()); }
  int64_t bucket(size_t i) const { return buckets_[i].get(); }  // not cumulative; kBounds.size(): beyond all
  double sum() const { return static_cast<double>(sum_.get()) / static_cast<double>(kPerUnit); }

 private:
  std::array<Counter, kBoundsOf.size() + 1> buckets_;
  Counter sum_;
};

inline constexpr int64_t kNanosInSecond = 1'000'000'000;
using DurationHistogram = Histogram<kCallSeconds, kNanosInSecond>;
using FirstTokenHistogram = Histogram<kFirstTokenSeconds, kNanosInSecond>;
using PerTokenHistogram = Histogram<kPerTokenSeconds, kNanosInSecond>;
using TokenHistogram = Histogram<kTokenCounts, 1>;
using OwnTimeHistogram = Histogram<kOwnSeconds, kNanosInSecond>;

// What something took, in the ledger's units.
struct AmountCounters {
  Counter energy_uj, carbon_ng, cost_n;
  void add(Energy energy, Carbon carbon, Money cost) {
    energy_uj.add(energy.raw());
    carbon_ng.add(carbon.raw());
    cost_n.add(cost.raw());
  }
};

// What a deployment did for one workload.
struct WorkloadCounters {
  Counter calls, tokens_in, tokens_out;
  Counter energy_uj, carbon_ng, cost_n;  // as first settled
  AmountCounters baseline;               // what it would have taken for the same requests
};

// By place in WorkloadNames. Made when first counted in: few of a deployment's many workloads ever call it.
class WorkloadCells {
 public:
  WorkloadCells() = default;
  WorkloadCells(const WorkloadCells&) = delete;
  WorkloadCells& operator=(const WorkloadCells&) = delete;
  ~WorkloadCells() {
    for (auto& cell : cells_) delete cell.load(std::memory_order_relaxed);
  }

  // Its worker's thread only.
  WorkloadCounters& of(size_t place) {
    WorkloadCounters* cell = cells_[place].load(std::memory_order_relaxed);
    if (!cell) cells_[place].store(cell = new WorkloadCounters, std::memory_order_release);
    return *cell;
  }
  const WorkloadCounters* find(size_t place) const { return cells_[place].load(std::memory_order_acquire); }

 private:
  std::array<std::atomic<WorkloadCounters*>, WorkloadNames::kMost> cells_{};
};

struct alignas(64) DeploymentCounters {
  std::array<Counter, 5> calls;  // by energy::Outcome
  Counter tokens_in, tokens_cached, tokens_out;
  Counter energy_uj, carbon_ng, cost_n;  // as first settled
  AmountCounters baseline;               // what it would have taken for the same requests
  Counter retries;                       // calls that another deployment had to take over
  DurationHistogram duration;
  FirstTokenHistogram first_token;
  PerTokenHistogram per_output_token;
  TokenHistogram call_tokens_in, call_tokens_out;
  WorkloadCells workloads;
};

// One deployment's counters, by worker.
class DeploymentProbe {
 public:
  explicit DeploymentProbe(size_t workers) : by_worker_(workers) {}
  DeploymentCounters& of(size_t worker) { return by_worker_[worker]; }
  const std::vector<DeploymentCounters>& all() const { return by_worker_; }

 private:
  std::vector<DeploymentCounters> by_worker_;
};

// What became of requests that the cache has to do with.
struct CacheCounters {
  Counter hits, followed, similar, misses;
};

// Tokens that stages spared the engines, by step. A step is one of the code's own words, never a client's.
class SparedCounters {
 public:
  static constexpr size_t kMost = 16;  // steps; what is beyond counts with the last
  struct Step {
    std::atomic<const char*> step{nullptr};
    Counter requests, in, out;
  };
  // Its worker's thread only. `step`: a literal.
  void add(const char* step, Tokens in, Tokens out) {
    size_t i = 0;
    for (const char* known = nullptr; i + 1 < kMost; ++i) {
      known = steps_[i].step.load(std::memory_order_relaxed);
      if (!known || std::string_view(known) == step) break;
    }
    if (!steps_[i].step.load(std::memory_order_relaxed)) steps_[i].step.store(step, std::memory_order_release);
    steps_[i].requests.add();
    steps_[i].in.add(in);
    steps_[i].out.add(out);
  }
  const std::array<Step, kMost>& all() const { return steps_; }  // until the first without a step

 private:
  std::array<Step, kMost> steps_;
};

// One worker's counters of everything else.
struct alignas(64) WorkerCounters {
  std::array<Counter, 5> requests;       // by energy::Outcome
  std::array<Counter, 5> server_errors;  // likewise; of requests, those that the client is not to blame for
  Counter client_errors;                 // refused before they cost anything
  Counter unrecorded;                    // served while the ledger was full, by policy
  Counter connections_open;
  Counter waiting;                                   // now, for a place on a busy deployment
  Counter turned_away;                               // waited in vain, or would have
  Counter retries_refused;                           // no retry, since too many were made
  std::array<Counter, protect::kRefusals> refusals;  // by protect::Refused
  std::array<Counter, 4> guarded;                    // requests by guard::Action
  std::array<Counter, 4> answers_guarded;            // answers by guard::Action
  CacheCounters cache;
  Counter guard_ns;                       // time of requests in the guard, the judge's answers included
  std::array<Counter, kPhases> phase_ns;  // time of requests by Phase
  OwnTimeHistogram overhead;              // of a request, see Trail::own()
  SparedCounters spared;                  // by step
  Counter traces_dropped;                 // before they were handed over
};

}  // namespace trine::gateway

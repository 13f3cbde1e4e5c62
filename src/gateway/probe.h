// Counters of the request path, for /metrics. Each worker writes its own line and nobody else does: no lock, no shared
// cache line. Readers add the lines up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"
#include "energy/facts.h"
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

// Seconds, in the buckets that OpenTelemetry advises for gen_ai durations.
class DurationHistogram {
 public:
  static constexpr std::array<double, 14> kBounds = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                                     1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
  void observe(Nanos d) {
    const double s = seconds(d);
    size_t i = 0;
    while (i < kBounds.size() && s > kBounds[i]) ++i;
    buckets_[i].add();
    sum_ns_.add(d.count());
  }
  int64_t bucket(size_t i) const { return buckets_[i].get(); }  // not cumulative; kBounds.size(): beyond all
  double sum_s() const { return static_cast<double>(sum_ns_.get()) * 1e-9; }

 private:
  std::array<Counter, kBounds.size() + 1> buckets_;
  Counter sum_ns_;
};

struct alignas(64) DeploymentCounters {
  std::array<Counter, 5> calls;  // by energy::Outcome
  Counter tokens_in, tokens_cached, tokens_out;
  Counter energy_uj, carbon_ng, cost_n;  // as first settled
  Counter retries;                       // calls that another deployment had to take over
  DurationHistogram duration, first_token, per_output_token;
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

// One worker's counters of everything else.
struct alignas(64) WorkerCounters {
  std::array<Counter, 5> requests;  // by energy::Outcome
  Counter client_errors;            // refused before they cost anything
  Counter unrecorded;               // served while the ledger was full, by policy
  Counter connections_open;
  Counter waiting;                                   // now, for a place on a busy deployment
  Counter turned_away;                               // waited in vain, or would have
  Counter retries_refused;                           // no retry, since too many were made
  std::array<Counter, protect::kRefusals> refusals;  // by protect::Refused
  std::array<Counter, 4> guarded;                    // requests by guard::Action
  std::array<Counter, 4> answers_guarded;            // answers by guard::Action
  CacheCounters cache;
  Counter guard_ns;  // time of requests in the guard, the judge's answers included
};

}  // namespace trine::gateway

// The truth against which the split of energy is judged: an engine simulated step by step, whose joules per request
// are known because it books them itself. Shares no code with src/energy nor src/sim, on purpose.
//
// Scheduling as vLLM's V1 does it: a step holds one token of each decoding sequence, and the rest of its token budget
// goes to prompt chunks, first come first served; the chunk that ends a prompt emits the first token. A sequence is
// admitted when the KV cache has room for its prompt and answer.
//
// A step's time and energy are sums of what caused them:
//   the step itself       launch and one pass over the weights, whatever is in the batch
//   a prompt token        arithmetic, growing with its position (attention looks back at all tokens before it)
//   a decoded token       arithmetic, and reading the KV cache of its whole context
// and each second of a step draws `busy_w` above idle (clocks up). Every part belongs to the token that caused it,
// except the step's own, which would be the same for any one of the sequences alone: it is divided equally among the
// sequences in the step. That is their Shapley value, the only division that treats equals alike, gives nothing to
// the absent and adds up. Idle power belongs to nobody here: only energy above idle is judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trine::split {

// Llama 3.1 8B on one H100: 16 GB of weights at 3.35 TB/s, 131 kB of KV per token, chosen to give the measured
// 0.0665 + 3.16/B joules per output token, idle included, at the contexts of a chat benchmark.
struct EngineSpec {
  double idle_w = 95;
  double busy_w = 90;
  double step_s = 0.006, step_j = 2.0;
  double prefill_s = 1 / 24'000.0, prefill_j = 0.016;
  double prefill_doubles_at = 30'000;  // position at which attention costs as much as the rest of a prompt token
  double decode_s = 25e-6, decode_j = 0.04;
  double context_s = 47e-9, context_j = 7e-6;  // per decoded token and token of its context
  double cached_j = 0.0004;                    // per prompt token that the prefix cache served
  double jitter = 0.05;                        // a step lasts 1 +- jitter of its time
  int64_t max_sequences = 256;
  int64_t max_batched_tokens = 2048;
  int64_t kv_tokens = 440'000;
};

struct Arrival {
  double at_s = 0;
  int64_t prompt = 1, cached = 0, output = 1;  // 0 <= cached < prompt, output >= 1
};

struct Served {
  double arrived_s = 0;
  std::vector<double> tokens_s;  // when each output token came; the last one ends the request
  double joules = 0;             // above idle
  bool done() const { return !tokens_s.empty(); }
};

// Energy of the device, idle included, at any time: linear between steps' ends.
class EnergyLine {
 public:
  explicit EnergyLine(double idle_w) : idle_w_(idle_w) {}
  void add(double until_s, double joules);  // `until_s` does not fall, nor do joules
  // Times asked for must not fall.
  double at(double s);
  double end_s() const { return points_.empty() ? 0 : points_.back().s; }

 private:
  struct Point {
    double s, joules;
  };
  double idle_w_;
  std::vector<Point> points_;
  size_t next_ = 0;
};

struct Truth {
  std::vector<Served> served;  // by arrival
  EnergyLine line{0};
  double busy_s = 0, end_s = 0;
  double active_j = 0;
  uint64_t steps = 0;
};

// Serves every arrival to its end. REQUIRES: arrivals in order of time. Deterministic for (spec, arrivals, seed).
Truth serve(const EngineSpec& spec, const std::vector<Arrival>& arrivals, uint64_t seed);

// Requests a second that the engine serves of this mix when it never waits.
double capacity(const EngineSpec& spec, std::vector<Arrival> arrivals);

}  // namespace trine::split

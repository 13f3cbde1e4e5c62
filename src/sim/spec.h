// What a simulated engine is made of: one model on one GPU, its measured energy curve and its speed.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/units.h"

namespace trine::sim {

// Energy above idle. One engine step with B sequences emits B tokens and costs a·B + b, that is a + b/B a token
// (docs/accounting.md §2.3). Amounts are whole microjoules, so every sum is exact.
struct Curve {
  Energy a;      // per output token
  Energy b;      // per engine step, shared by the sequences that emit in it
  Energy e_in;   // per prompt token that is computed
  Energy e_hit;  // per prompt token that the prefix cache serves
};

struct EngineSpec {
  std::string model;                 // the served name
  std::vector<std::string> aliases;  // further names that are answered
  std::string gpu;                   // "NVIDIA A100-SXM4-80GB"; shown with " (simulated)"
  Curve curve;
  Power idle;                        // drawn at all times
  Nanos step_base{10'000'000};       // t0 of t_step(B) = t0 + t1·B
  Nanos step_per_sequence{100'000};  // t1
  double prefill_tokens_per_s = 8000;
  int max_num_seqs = 256;            // running sequences; the others wait
  Tokens max_batched_tokens = 2048;  // of one step: decode tokens, then prefill chunks
  Tokens context_length = 8192;
  Tokens kv_tokens = 262'144;  // KV cache, also the prefix cache's size
  double jitter = 0;           // each step lasts (1 ± jitter) of the model's time; below 1
};

// invalid_argument with the field's name where a figure is out of range.
Result<EngineSpec> validated(EngineSpec spec);

// Published curves contain the idle draw. Takes it out, for an engine that counts idle apart: with t_step(B) = t0 +
// t1·B, idle costs P·t1 a token and P·t0 a step. A prefill token costs P/rate. Nothing goes below zero.
Curve above_idle(const Curve& whole, const EngineSpec& spec);

}  // namespace trine::sim

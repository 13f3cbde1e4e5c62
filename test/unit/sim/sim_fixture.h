// Specs and helpers that the tests of the simulator share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/engine.h"

namespace trine::sim {

// An 8B model on an H100, roughly: curve of docs/accounting.md §4a, round speeds.
inline EngineSpec small_spec() {
  EngineSpec s;
  s.model = "llama-3-8b";
  s.gpu = "NVIDIA H100 80GB HBM3";
  s.curve = {joules(0.0665), joules(3.163), joules(0.029), joules(0.0023)};
  s.idle = Power{70};
  s.step_base = std::chrono::milliseconds(8);
  s.step_per_sequence = std::chrono::microseconds(100);
  s.prefill_tokens_per_s = 20'000;
  s.max_num_seqs = 64;
  s.context_length = 8192;
  s.kv_tokens = 131'072;
  return s;
}

inline Request ask(Tokens prompt, Tokens output) {
  return Request{prompt, {}, output, output};
}

// Keeps what an engine reports.
struct Log {
  std::vector<TokenEvent> events;
  std::map<SequenceId, TokenEvent> finished;
  Engine::Sink sink = [this](const TokenEvent& e) {
    events.push_back(e);
    if (e.finish != Finish::none) finished[e.id] = e;
  };
  Energy finished_active() const {
    Energy sum;
    for (const auto& [id, e] : finished) sum += e.active;
    return sum;
  }
};

// Until nothing is left to do.
inline void run_out(Engine& e, Log& log) {
  while (const auto t = e.next_event_time()) e.advance_to(*t, log.sink);
}

}  // namespace trine::sim

// A continuous-batching engine in virtual time. No clock, no I/O: the caller says what time it is.
//
// Work is done in steps, as vLLM's V1 scheduler does it: running sequences decode one token each, the rest of the
// step's token budget goes to prefill chunks, first come first served. A step lasts
//   prefill tokens / rate + (B > 0 ? t0 + t1·B : 0)       with B = sequences that emit a token in it.
// The chunk that ends a prompt emits the first token.
//
// Energy, in whole microjoules, exact at every instant:
//   total = idle watts · time + Σ over requests of what they were charged
//   a request is charged e_in a computed prompt token, e_hit a cached one, a + b/B an output token; b is shared in
//   whole microjoules (largest remainder, ties by id). Inside a step each charge accrues in proportion to time.
// A step that has begun is finished and charged even when its request is cancelled, as on a GPU.
//
// One thread. Deterministic for (spec, seed, calls).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "sim/histogram.h"
#include "sim/prefix_cache.h"
#include "sim/spec.h"

namespace trine::sim {

using SequenceId = uint64_t;  // counts from 1

struct Request {
  Tokens prompt_tokens = 0;      // at least 1
  std::vector<uint64_t> blocks;  // block_hashes() of the prompt; empty: nothing can be cached
  Tokens output_tokens = 0;      // how many the answer has; 0 for an embedding
  Tokens max_tokens = 0;         // cut there with Finish::length
};

enum class Finish : uint8_t { none, stop, length, cancelled };

struct TokenEvent {
  SequenceId id = 0;
  Tokens produced = 0;  // output tokens so far, this one included; the token's index is produced - 1
  Tokens cached = 0;    // prompt tokens that the prefix cache served
  Mono at{};
  Finish finish = Finish::none;
  Energy active;  // charged so far
};

// Everything that has happened, as of Engine::now(). Counters never fall.
struct EngineStats {
  Tokens prompt_tokens = 0;  // of prompts whose prefill ended, cached ones included
  Tokens generation_tokens = 0;
  Tokens prefill_computed = 0, prefill_cached = 0;
  Tokens cache_queries = 0, cache_hits = 0;  // in tokens, at admission
  uint64_t steps = 0, emitting_steps = 0;
  uint64_t finished_stop = 0, finished_length = 0, finished_cancelled = 0;
  Histogram time_to_first_token, inter_token, e2e, queue, prefill, decode, step_tokens;
  EngineStats();
};

class Engine {
 public:
  using Sink = std::function<void(const TokenEvent&)>;  // may call cancel(), nothing else

  // REQUIRES: `spec` is validated().
  Engine(EngineSpec spec, uint64_t seed, Mono start);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Arrives at now(). REQUIRES: 1 <= prompt_tokens, prompt_tokens + min(output, max) <= context_length.
  SequenceId submit(Request r);
  // No token follows; an event with Finish::cancelled does, once its last step is over. Unknown ids are ignored.
  void cancel(SequenceId id);
  // Earliest time at which advance_to() would do something; nothing while idle.
  std::optional<Mono> next_event_time() const;
  // Moves time and reports what happened, in order. Times before now() change nothing.
  void advance_to(Mono t, const Sink& sink);

  Mono now() const { return now_; }
  const EngineSpec& spec() const { return spec_; }
  const EngineStats& stats() const { return stats_; }

  Energy idle_energy() const;
  Energy active_energy() const;  // everything charged to requests, finished ones too
  Energy total_energy() const { return idle_energy() + active_energy(); }
  Energy active_energy(SequenceId id) const;  // of a sequence that has not been reported finished; else 0

  // Means over the last second (or since the start).
  Power power() const;
  double utilisation() const;  // 0..1: share of time with a step under way

  int running() const { return static_cast<int>(running_.size()); }
  int waiting() const { return static_cast<int>(waiting_.size()); }
  double kv_usage() const;  // 0..1 of kv_tokens held by running sequences

 private:
  struct Sequence;
  struct Work {  // one sequence's part of the step
    Sequence* sequence = nullptr;
    Tokens prefill = 0;
    Tokens cached = 0;
    bool emits = false;
    Energy charge;
  };
  struct Busy {
    Mono begin{}, end{};
    Energy active;
  };

  void admit();
  void start_step();
  void finish_step(const Sink& sink);
  void close(Sequence& s, Finish finish, const Sink& sink);
  Energy accrued(const Work& w) const;
  double next_random();

  EngineSpec spec_;
  uint64_t random_;
  Mono start_;
  Mono now_;
  SequenceId last_id_ = 0;
  std::unordered_map<SequenceId, std::unique_ptr<Sequence>> live_;
  std::deque<Sequence*> waiting_;
  std::vector<Sequence*> running_;   // in order of admission
  std::vector<SequenceId> dropped_;  // cancelled while waiting, still to be reported
  std::vector<Work> step_;           // empty: no step under way
  Mono step_begin_{}, step_end_{};
  Tokens reserved_ = 0;    // KV tokens promised to running sequences
  Energy charged_;         // by finished steps
  std::deque<Busy> busy_;  // finished steps of the last second
  PrefixCache cache_;
  EngineStats stats_;
};

}  // namespace trine::sim

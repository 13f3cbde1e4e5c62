// When requests are sent and what each asks for, decided before the first one: the answers have no say in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/time.h"
#include "fleet/trace.h"

namespace trine::load {

struct Arrival {
  uint64_t number = 0;  // from 0
  Nanos at{0};          // since the start
  int32_t in = 0;       // tokens of its prompt
  int32_t out = 0;      // and of its answer, at most
  uint32_t prefix = 0;  // those with the same one (not 0) begin alike, for `cached` tokens
  int32_t cached = 0;
  bool stream = false;
  std::optional<size_t> document;  // which of Pattern::documents
};

struct Pattern {
  double per_second = 0;                      // a Poisson process; 0: as the trace has it
  std::shared_ptr<const fleet::Trace> trace;  // of its requests come the sizes; null: none
  double speed = 1;                           // seconds of the trace per second
  Nanos duration = Nanos::max();              // nothing arrives from then on
  int32_t in = 0, out = 0;                    // for every request; 0: the trace's
  double stream_share = 1;
  size_t documents = 0;       // so many there are
  double document_share = 0;  // of the requests carry one
  uint64_t seed = 1;
};

inline constexpr int32_t kMaxPromptTokens = 1 << 20;
inline constexpr double kMaxPerSecond = 1e5;

// Errors: invalid_argument with what to change: neither a rate nor a trace, no end, sizes that nothing tells.
Result<void> check(const Pattern& pattern);

// The same for the same pattern on every machine. What a request is does not depend on when it comes, and the other
// way round: each draws numbers of its own. One thread.
class Schedule {
 public:
  explicit Schedule(Pattern pattern) : p_(std::move(pattern)) {}  // REQUIRES: check(pattern)
  std::optional<Arrival> next();                                  // in the order of time

 private:
  std::optional<double> next_at();
  double random(uint64_t of) const;  // in [0, 1); of this request
  void size(Arrival& a) const;

  Pattern p_;
  uint64_t number_ = 0;
  double at_s_ = 0;
  size_t hour_ = 0;  // of a trace with counts only
};

}  // namespace trine::load

// A call's life as stretches of time over which its tokens are spread evenly (docs/accounting.md §2.3).
#pragma once

#include "base/time.h"
#include "energy/estimate.h"
#include "energy/facts.h"

namespace trine::energy {

// Work done evenly between begin and end; begin == end: at once.
struct Slice {
  Wall begin{}, end{};
  Work work;
};

struct Slices {
  Slice prefill, decode;
};

// How fast the deployment works, where the facts do not say when tokens came.
struct Pace {
  double prefill_tokens_per_s = 8000;
  double token_s = 0.02;  // seconds per output token at the call's batch, for answers that were not streamed
};

// The whole of a finished call in two slices. Prefill lies in [max(start, first - T_new / rate), first]: queueing is
// not prefill. Not streamed: first = end - T_out * token_s. A call that failed before its first token bears its
// prefill. A refused call has no work. Cached tokens beyond the prompt are ignored.
Slices slices_of(const CallFacts& call, const Pace& pace);

}  // namespace trine::energy

// The requests of a simulated engine as the gateway tells metering of them (src/gateway/worker.cc, settle/settle.cc):
// a running stream every quarter of a second, everything else at the call's end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "energy/slices.h"
#include "split/engine.h"

namespace trine::split {

// What the gateway knows of the deployment, from its catalog, and of its clients.
struct Gateway {
  double prefill_per_s = 24'700;             // prompt tokens
  double step_s0 = 0.0067, step_s1 = 90e-6;  // a step lasts s0 + s1 * batch
  double streamed = 1;                       // share of answers that are streamed
  double prompt_sigma = 0.15;                // of ln, of the prompt's tokens as estimated from its bytes
  double prompt_after_s = 1;                 // a running stream's prompt is told so long after its first token
  uint64_t seed = 11;
};

struct Note {
  enum class Kind : uint8_t { opened, worked, closed };
  double at_s = 0;
  Kind kind = Kind::opened;
  size_t call = 0;        // the arrival's index
  energy::Slice slice{};  // worked only
};

Wall wall(double s);  // simulated seconds on the calendar

// By time; of one call: opened, worked, closed.
std::vector<Note> notes_of(const std::vector<Arrival>& arrivals, const Truth& truth, const Gateway& gateway);

}  // namespace trine::split

#include "energy/slices.h"

#include <algorithm>

namespace trine::energy {

Slices slices_of(const CallFacts& call, const Pace& pace) {
  const Wall start = call.start, end = std::max(call.start, call.end);
  Slices s;
  s.prefill = {start, start, {}};
  s.decode = {end, end, {}};
  if (call.outcome == Outcome::refused) return s;

  const auto in = static_cast<double>(std::max<Tokens>(0, call.in));
  const double cached = std::clamp(static_cast<double>(call.cached), 0.0, in);
  const auto out = static_cast<double>(std::max<Tokens>(0, call.out));
  Wall first = end;
  if (out > 0) first = call.streamed ? call.first_token : end - from_seconds(out * std::max(0.0, pace.token_s));
  first = std::clamp(first, start, end);

  Wall prefill = start;
  if (pace.prefill_tokens_per_s > 0)
    prefill = std::max(start, first - from_seconds((in - cached) / pace.prefill_tokens_per_s));
  s.prefill = {prefill, first, {in - cached, cached, 0, in}};
  s.decode = {first, end, {0, 0, out, in + out / 2}};
  return s;
}

}  // namespace trine::energy

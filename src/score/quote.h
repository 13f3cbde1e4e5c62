// What a request would be billed on a deployment if it joined now (docs/csoa.md §5): the same formulas that settle it
// provisionally, at one more running request.
#pragma once

#include "base/error.h"
#include "energy/provisional.h"
#include "score/option.h"

namespace trine::score {

// How fast the deployment runs: seconds per decode step = step_s0 + step_s1 * batch.
struct Speed {
  double step_s0 = 0.02;
  double step_s1 = 0;
  double prefill_tokens_per_s = 8000;
};

// The request as far as it is known: expected output, prompt with the part that the deployment's prefix cache holds.
struct Shape {
  Tokens in = 1000;
  Tokens cached = 0;
  Tokens out = 200;
};

struct Quote {
  double eur_per_mtok = 0;
  double g_per_mtok = 0;
  double joules_per_token = 0;  // facility
  double marginal_joules = 0;   // GPU, per output token: joining a busy batch ~ a, waking an idle card a + b
  double seconds = 0;           // expected time without queueing
};

// REQUIRES: shape.in + shape.out > 0.
Quote quote(const energy::OwnHardware& hardware, const Speed& speed, const energy::GridValue& grid, uint32_t running,
            const Shape& shape, Wall now = {});

// A vendor's price does not depend on how busy it is. Errors: those of energy::provisional_vendor.
Result<Quote> quote_vendor(const energy::VendorModel& model, const energy::VendorPrice& price,
                           const energy::GridValue& grid, const Shape& shape);

}  // namespace trine::score

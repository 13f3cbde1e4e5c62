// API vendors: nobody outside can meter them. EcoLogits' formula, so that figures compare with others', with our prompt
// term on top (docs/accounting.md §4d), and the price table applied to usage.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/units.h"

namespace trine::energy {

struct Usage {
  Tokens in = 0;         // prompt tokens, cached ones included
  Tokens cached = 0;     // of these
  Tokens out = 0;        // reasoning tokens included
  Tokens reasoning = 0;  // of these
};

struct VendorModel {
  double active_b = 0;  // 1e9 active parameters, as EcoLogits estimates them
  double total_b = 0;   // 1e9 parameters
  double bits = 16;
  double pue = 1.2;
  double batch = 64;
  bool prompt_term = true;  // off: exactly EcoLogits
  // The vendor's own figure overrides the formula: facility joules per output token.
  std::optional<double> published_joules_per_output_token;
};

struct VendorEstimate {
  Energy gpu;       // this request's share, without PUE
  Energy facility;  // PUE x (server + GPUs)
  Carbon embodied;
  double latency_s = 0;
  int gpus = 0;  // that hold the model
  bool published = false;
};

// `measured_s`: how long the call took; generation cannot have taken longer.
// Errors: invalid_argument for non-positive parameters or negative tokens.
Result<VendorEstimate> vendor_estimate(const VendorModel& model, const Usage& usage, std::optional<double> measured_s);

// Per million tokens. Reasoning tokens are billed as output where they have no price of their own.
struct VendorPrice {
  Money in, cached, out;
  std::optional<Money> reasoning;
  double batch_factor = 1;  // 0.5 for the usual batch tier
};
// Rounded once, on the sum. Errors: invalid_argument for negative tokens or more cached (reasoning) than in (out).
Result<Money> vendor_cost(const VendorPrice& price, const Usage& usage);

}  // namespace trine::energy

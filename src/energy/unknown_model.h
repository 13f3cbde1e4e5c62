// Joules of a model that nobody has measured, on H100 SXM, from its size alone (docs/accounting.md §4b; how it was
// fitted and how far it is off: docs/estimates.md).
#pragma once

#include "base/error.h"
#include "energy/estimate.h"

namespace trine::energy {

// What the requests look like, and what is known of the model beside its size. The defaults are those of the measured
// rows: chat.
struct RequestShape {
  double context = 600;            // tokens in context while a token is generated, mean
  double prompt_per_output = 0.2;  // prompt tokens per token generated; their computation is part of the estimate
  double kv_bytes_per_token = 0;   // of context; 0: from the model's size
  double expert_share = 0;         // of the experts, used by one token (8 of 128: 0.0625); 0: from the model's size
};

// Joules per output token of all GPUs, prefill included. A batch under 1 counts as 1. Sigma is wider for mixtures of
// experts in 8 bits, and where no measured row is near (batch, number of GPUs, size, bits).
// Errors: invalid_argument for a non-positive or absurd input.
Result<JoulesEstimate> unknown_model_on_h100(const ModelSpec& model, int gpus, double batch,
                                             const RequestShape& shape = {});

// Power of one H100 while it serves, W: median of the measured rows. Gives the time of a step, which the estimate does
// not need, from its joules.
double serving_power_of_an_h100_w();

}  // namespace trine::energy

// Trains the classifier: logistic regression by AdaGrad, one thread, a fixed order and no function of libm but the
// square root, so that the same texts, phrases and recipe give the same bytes on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "guard/corpus.h"

namespace trine::guard {

struct Recipe {
  uint64_t seed = 1;
  int epochs = 5;
  float rate = 0.3F;
  float decay = 1e-5F;
  float balance = 0.5F;   // a source of n texts weighs n^(1 - balance): 0 as many as they are, 1 all sources equally
  float positives = 0.5F; // weight of all attacks of a head against that of all else
  float other_attacks = 0.1F;
};

struct Example {
  const Features* features = nullptr;
  Targets targets{};
  uint32_t source = 0;  // an index, dense
};

// Weights without thresholds. REQUIRES: every example's features outlive the call.
Weights fit(std::span<const Example> examples, const Recipe& recipe);

// 1 / (1 + exp(-x)) to 1e-7, of multiplications and additions only.
float logistic(float x);

}  // namespace trine::guard

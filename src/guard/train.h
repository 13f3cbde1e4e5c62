// Trains the classifier: logistic regression by AdaGrad, one thread, a fixed order and no function of libm but the
// square root, so that the same texts, phrases and recipe give the same bytes on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "guard/corpus.h"
#include "yaml/fields.h"

namespace trine::guard {

struct Recipe {
  uint64_t seed = 7;
  int epochs = 5;
  int averaged = 3;        // the weights are the mean over so many of the last epochs
  double rate = 1;         // of the first step
  double inertia = 1;      // squared gradients that every weight is taken to have seen: the first step is no leap
  double decay = 0;        // of a weight that is learnt, by step
  double dropout = 0.5;    // share of the features that one text is learnt without
  double positives = 0.5;  // weight of all attacks of a head against that of all else
  int sources = 2;         // a feature that fewer sources have is not learnt: it is their style
};

void declare(yaml::Fields& fields, Recipe& recipe);  // recipe.yaml

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

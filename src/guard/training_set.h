// What one training run learns from: the texts of a corpus, less one fold, and the variations of the phrases.
#pragma once

#include <deque>
#include <vector>

#include "guard/corpus.h"
#include "guard/grammar.h"
#include "guard/train.h"

namespace trine::guard {

struct TrainingSet {
  std::vector<Example> examples;   // into the corpus, which must outlive this, and into `generated`
  std::deque<Features> generated;  // of the phrases
};

// `left_out`: a fold whose texts are not learnt, nor used to fill a slot of a phrase; -1 for none.
TrainingSet compose(const Corpus& corpus, const Grammar& grammar, uint64_t seed, int left_out);

}  // namespace trine::guard

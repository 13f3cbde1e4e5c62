// How well the classifier does on what it has never seen. Whole sources are left out in turn (documents together with
// what was set into them): a model trained without a source is measured on it. The thresholds of the shipped weights
// come from the same scores.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "guard/classifier.h"
#include "guard/corpus.h"
#include "guard/grammar.h"
#include "guard/train.h"

namespace trine::guard {

struct SourceRow {
  std::string label;  // of the texts: a head's name or "benign"
  std::string source;
  bool documents = false, everyday = false, trainable = true;
  size_t texts = 0;
  // Shares of the texts that score above the thresholds: on any head for user texts; by head at one in a hundred.
  double any_at_hundred = 0, any_at_thousand = 0;
  std::array<double, kHeads> by_head{};
};

// English texts of at most 500 bytes, every tenth, as they are and disguised: shares that score above one in a hundred.
struct DisguiseRow {
  std::string_view name;
  size_t attacks = 0, harmless = 0;
  double plain = 0, disguised = 0;  // attacks
  double harmless_disguised = 0;    // everyday prompts in the same disguise
};

struct Evaluation {
  std::vector<SourceRow> rows;  // by label and source
  std::vector<DisguiseRow> disguises;
  double poisoned_auc = 0;         // documents with an instruction set into them against clean ones, indirect head
  size_t poisoned = 0, clean = 0;  // how many of each
  std::array<float, kHeads> one_in_hundred{}, one_in_thousand{};  // raw thresholds
  // Means of any_at_hundred over the sources of a label.
  double mean_recall(std::string_view label) const;
};

// kFolds fits. Minutes; one thread; the same result for the same corpus, grammar and recipe.
Evaluation evaluate(const Corpus& corpus, const Grammar& grammar, const Recipe& recipe);

struct TrainOptions {
  std::string data;                    // the folder of benign/, extraction/, ... with data.jsonl in each
  std::string model = "models/guard";  // the folder of recipe.yaml and phrases/
};

struct TrainedGuard {
  std::string file;  // write_weights()
  Evaluation evaluation;
};

// Reads, evaluates, sets the thresholds and trains on everything that may be trained on. The same bytes for the same
// data, phrases and recipe.
Result<TrainedGuard> train_guard(const TrainOptions& options);
// The same without the last training.
Result<Evaluation> evaluate_guard(const TrainOptions& options);

// The table as Markdown, as docs/guard-model.md shows it.
std::string markdown(const Evaluation& evaluation);

}  // namespace trine::guard

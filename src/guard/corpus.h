// The texts that the guard's models are trained and measured on: folders of JSON lines (text, label, source, ...),
// and what each of them says about each head.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "guard/classifier.h"
#include "guard/features.h"

namespace trine::guard {

enum class Target : int8_t { unknown = -1, no = 0, yes = 1 };
using Targets = std::array<Target, kHeads>;

struct TrainingText {
  std::string id, text, source, family, language, kind, payload;
  Targets targets{};
  bool everyday = false;  // what people ask: thresholds are set on it
  bool document = false;  // what people hand in
  bool trainable =
      true;           // its licence allows weights that are shipped, and it is not held back for the last measurement
  int fold = -1;      // the one that leaves its source out; -1: in none
  Features features;  // of its plain view
};

struct Corpus {
  std::vector<TrainingText> texts;
  std::string hash;  // SHA-256 over the files it came from
};

inline constexpr int kFolds = 6;

// Reads benign, extraction, injection, jailbreak, pii and safety below `folder`, in this order, and gives each source
// a fold. Labels that no head knows are left out.
Result<Corpus> read_corpus(const std::string& folder);

Targets targets_of(Head head);  // of an attack: this head's, and nothing said about the others
Targets harmless();

// Folds a text as tier 0 does and takes its features.
class Featuriser {
 public:
  void features(const std::string& text, Features& out);

 private:
  Normaliser normaliser_;
  Normalised normalised_;
};

}  // namespace trine::guard

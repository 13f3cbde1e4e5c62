// Tier 2: five small linear models over hashed n-grams, trained by train.h. A text is scored as a whole and in windows
// of one and of three sentences, in every view of tier 0; the highest counts. So a line in a long document, or one
// behind base64, weighs what it would weigh alone.
//
// Immutable: any thread may score with it, each with a ClassifierScratch of its own. Time is linear in the text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/features.h"
#include "guard/normalise.h"
#include "guard/part.h"

namespace trine::guard {

enum class Head : uint8_t { jailbreak, injection, extraction, unsafe, indirect };
inline constexpr size_t kHeads = 5;
inline constexpr std::array<Head, kHeads> kAllHeads = {Head::jailbreak, Head::injection, Head::extraction, Head::unsafe,
                                                       Head::indirect};
std::string_view name(Head head);

// How many of the shapes a head weighs. What users ask is short as a rule, and a long text has many windows of which
// one may score by chance: so the length of the whole text counts, but not where attacks are long themselves.
constexpr uint32_t shapes_of(size_t head) {
  const bool is_long = head == static_cast<size_t>(Head::jailbreak) || head == static_cast<size_t>(Head::indirect);
  return is_long ? kShapes - 1 : kShapes;
}

// In [0, 1]: kOneInHundred where one of 100 everyday prompts scores as high on any head, kOneInThousand where one of
// 1000 does. docs/guard-model.md has the prompts.
inline constexpr float kOneInHundred = 0.5F;
inline constexpr float kOneInThousand = 0.9F;

struct HeadScore {
  float value = 0;
  uint32_t view = 0;  // index into Normalised::views
  ByteSpan window;    // in that view: what scored so
};

struct Scores {
  std::array<HeadScore, kHeads> heads;

  const HeadScore& of(Head head) const { return heads[static_cast<size_t>(head)]; }
  float jailbreak() const { return of(Head::jailbreak).value; }
  float injection() const { return of(Head::injection).value; }
  float extraction() const { return of(Head::extraction).value; }
  float unsafe() const { return of(Head::unsafe).value; }
  float indirect() const { return of(Head::indirect).value; }
};

// Working memory of one thread; grows to the largest text it met.
class ClassifierScratch {
 private:
  friend class Classifier;
  Features features_;
  std::vector<std::array<int32_t, 8>> sums_;
};

// Everything in a file of weights, as numbers. docs/formats/guard-weights.md has the bytes.
struct Weights {
  std::vector<std::array<int8_t, kHeads>> rows;  // kFeatureRows
  std::vector<uint8_t> marks;                    // of the feature that has the row
  std::array<float, kHeads> scale{};             // of one step of a row
  std::array<float, kHeads> bias{};
  std::array<std::array<std::array<float, kHeads>, kShapeBins>, kShapes> shapes{};
  std::array<float, kHeads> one_in_hundred{}, one_in_thousand{};  // raw scores
  std::string recipe, data;                                       // SHA-256 of each, 64 hex digits
};
std::string write_weights(const Weights& weights);
// Total: invalid_argument for a file that is none of ours, data_loss for a damaged one.
Result<Weights> read_weights(std::string_view file);

class Classifier {
 public:
  static Result<std::shared_ptr<const Classifier>> load(std::string_view file);
  static Result<std::shared_ptr<const Classifier>> shipped();  // the weights built into the program
  explicit Classifier(const Weights& weights);                 // REQUIRES: kFeatureRows rows

  Scores score(const Normalised& text, Provenance provenance, ClassifierScratch& scratch) const;
  // Raw scores of one view, before calibration: what training and calibration are made with.
  struct Raw {
    std::array<float, kHeads> value;
    std::array<ByteSpan, kHeads> window;
  };
  Raw raw(std::string_view view, ClassifierScratch& scratch) const;
  Raw raw(const Features& features, ClassifierScratch& scratch) const;
  float calibrated(Head head, float raw) const;

  const std::string& recipe() const { return recipe_; }
  const std::string& data() const { return data_; }

 private:
  std::vector<uint64_t> rows_;  // by byte: a step for each head, then the mark, so that one load has both
  std::array<float, kHeads> scale_, bias_, middle_, slope_;
  std::array<std::array<std::array<float, kHeads>, kShapeBins>, kShapes> shapes_;
  std::string recipe_, data_;
};

}  // namespace trine::guard

#include "guard/classifier.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "guard/windows.h"

namespace trine::guard {
namespace {

constexpr uint32_t kMostAdded = 256;  // int8 steps that an int16 holds
constexpr int kMarkShift = 8 * kHeads;
static_assert(std::endian::native == std::endian::little, "byte h of a row is lane h");

using Bytes8 = int8_t __attribute__((vector_size(8)));
using Shorts8 = int16_t __attribute__((vector_size(16)));

}  // namespace

std::string_view name(Head head) {
  switch (head) {
    case Head::jailbreak:
      return "jailbreak";
    case Head::injection:
      return "injection";
    case Head::extraction:
      return "extraction";
    case Head::unsafe:
      return "unsafe";
    case Head::indirect:
      return "indirect";
  }
  return "";
}

Classifier::Classifier(const Weights& weights)
    : rows_(kFeatureRows),
      scale_(weights.scale),
      bias_(weights.bias),
      middle_(weights.one_in_hundred),
      shapes_(weights.shapes),
      recipe_(weights.recipe),
      data_(weights.data) {
  for (size_t r = 0; r < rows_.size(); ++r) {
    rows_[r] = static_cast<uint64_t>(weights.marks[r]) << kMarkShift;
    for (size_t h = 0; h < kHeads; ++h)
      rows_[r] |= static_cast<uint64_t>(static_cast<uint8_t>(weights.rows[r][h])) << 8 * h;
  }
  for (size_t h = 0; h < kHeads; ++h) {
    // 0.9 = 1 / (1 + exp(-ln 9)) at the stricter threshold; of equal thresholds the step is steep, not infinite.
    const float gap = std::max(weights.one_in_thousand[h] - weights.one_in_hundred[h], 1e-3F);
    slope_[h] = 2.19722458F / gap;
  }
}

Result<std::shared_ptr<const Classifier>> Classifier::load(std::string_view file) {
  auto weights = read_weights(file);
  if (!weights) return tl::unexpected(weights.error());
  return std::make_shared<const Classifier>(*weights);
}

float Classifier::calibrated(Head head, float raw) const {
  const auto h = static_cast<size_t>(head);
  return 1 / (1 + std::exp((middle_[h] - raw) * slope_[h]));
}

Classifier::Raw Classifier::raw(std::string_view view, ClassifierScratch& scratch) const {
  extract_features(view, scratch.features_);
  return raw(scratch.features_, scratch);
}

Classifier::Raw Classifier::raw(const Features& features, ClassifierScratch& scratch) const {
  const auto& sentences = features.sentences;
  auto& sums = scratch.sums_;
  sums.assign(sentences.size() + 1, {});
  std::array<int32_t, 8> running{};
  for (size_t s = 0; s < sentences.size(); ++s) {
    for (uint32_t at = sentences[s].first; at < sentences[s].behind;) {
      const auto behind = std::min<uint32_t>(sentences[s].behind, at + kMostAdded);
      Shorts8 part{};
      for (; at < behind; ++at) {
        const uint32_t feature = features.values[at];
        uint64_t row = rows_[row_of(feature)];
        row = static_cast<uint8_t>(row >> kMarkShift) == mark_of(feature) ? row : 0;
        part += __builtin_convertvector(std::bit_cast<Bytes8>(row), Shorts8);
      }
      for (size_t h = 0; h < kHeads; ++h) running[h] += part[h];
    }
    sums[s + 1] = running;  // sums before a sentence: a window is a difference
  }

  Raw best;
  best.value.fill(std::numeric_limits<float>::lowest());
  best.window.fill({});
  if (sentences.empty()) best.value = bias_;
  each_window(sentences.size(), [&](size_t first, size_t behind) {
    const Sentence& a = sentences[first];
    const Sentence& z = sentences[behind - 1];
    const float length = window_length(z.behind - a.first);
    const auto bins = shape(features, first, behind);
    for (size_t h = 0; h < kHeads; ++h) {
      float value = bias_[h] + static_cast<float>(sums[behind][h] - sums[first][h]) * scale_[h] / length;
      for (size_t k = 0; k < shapes_of(h); ++k) value += shapes_[k][bins[k]][h];
      if (value > best.value[h]) {
        best.value[h] = value;
        best.window[h] = {a.begin, z.end};
      }
    }
  });
  return best;
}

Scores Classifier::score(const Normalised& text, Provenance provenance, ClassifierScratch& scratch) const {
  Scores out;
  for (uint32_t v = 0; v < text.views.size(); ++v) {
    const Raw raw = this->raw(text.views[v].text, scratch);
    for (const Head head : kAllHeads) {
      if (head == Head::indirect && !is_untrusted(provenance)) continue;  // from a user, an instruction is no attack
      const auto h = static_cast<size_t>(head);
      const float value = calibrated(head, raw.value[h]);
      if (value > out.heads[h].value) out.heads[h] = {value, v, raw.window[h]};
    }
  }
  return out;
}

}  // namespace trine::guard

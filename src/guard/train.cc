#include "guard/train.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

#include "guard/grammar.h"
#include "guard/windows.h"

namespace trine::guard {
namespace {

constexpr float kMostWeight = 20;  // one text of a source of three teaches no more than this

struct alignas(64) RowState {  // one line of the cache
  std::array<float, 8> weight{}, seen{};
};

// AdaGrad's step for one weight.
void step(float& weight, float& seen, float gradient, float rate) {
  seen += gradient * gradient;
  weight -= rate * gradient / std::sqrt(seen);
}

class Fit {
 public:
  Fit(std::span<const Example> examples, const Recipe& recipe)
      : examples_(examples), recipe_(recipe), rows_(kFeatureRows) {
    for (auto& r : rows_) r.seen.fill(static_cast<float>(recipe.inertia));
    weigh();
    choose_features();
    dropped_ = static_cast<uint32_t>(recipe.dropout * 4294967295.0);
    keep_ = static_cast<float>(1 / (1 - recipe.dropout));
    rate_ = static_cast<float>(recipe.rate);
    decay_ = static_cast<float>(recipe.decay);
  }

  Weights run() {
    std::vector<uint32_t> order(examples_.size());
    std::iota(order.begin(), order.end(), 0U);
    Random random(recipe_.seed);
    for (int epoch = 0; epoch < recipe_.epochs; ++epoch) {
      for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
      for (const uint32_t i : order) {
        mask_ = random.next() | 1;
        learn(examples_[i], epoch > 0);
      }
      if (epoch + recipe_.averaged >= recipe_.epochs) remember();
    }
    for (size_t i = 0; i < rows_.size(); ++i) {
      for (size_t h = 0; h < kHeads; ++h) rows_[i].weight[h] = sums_of_epochs_[i][h] / static_cast<float>(remembered_);
    }
    return quantised();
  }

 private:
  // Sources equal, more or less, and the attacks of a head against all else as the recipe says.
  void weigh() {
    std::map<std::pair<uint32_t, int>, std::array<double, kHeads>> counts;  // by source and target
    for (const auto& e : examples_) {
      for (size_t h = 0; h < kHeads; ++h) {
        if (e.targets[h] != Target::unknown) counts[{e.source, static_cast<int>(e.targets[h])}][h] += 1;
      }
    }
    std::array<std::array<double, kHeads>, 2> totals{};
    for (auto& [key, count] : counts) {
      for (size_t h = 0; h < kHeads; ++h) {
        if (count[h] == 0) continue;
        const double each = 1 / std::sqrt(count[h]);  // a source of n texts weighs sqrt(n)
        totals[static_cast<size_t>(key.second)][h] += each * count[h];
        count[h] = each;
      }
    }
    const auto all = static_cast<double>(examples_.size());
    for (auto& [key, each] : counts) {
      for (size_t h = 0; h < kHeads; ++h) {
        if (each[h] == 0) continue;
        const double share = key.second == 1 ? recipe_.positives : 1;
        weights_[key][h] = static_cast<float>(each[h] * share * all / totals[static_cast<size_t>(key.second)][h]);
      }
    }
  }

  // Gives each row to the feature on it that most sources have; a source of attacks counts for three.
  void choose_features() {
    std::vector<uint32_t> order(examples_.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto attack = [&](uint32_t i) {
      return std::ranges::any_of(examples_[i].targets, [](Target t) { return t == Target::yes; });
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return examples_[a].source < examples_[b].source; });
    std::vector<uint8_t> sources(size_t{kFeatureRows} << kMarkBits), last(sources.size()), worth(sources.size());
    uint32_t source = UINT32_MAX;
    uint8_t round = 0;
    for (const uint32_t i : order) {
      if (examples_[i].source != source) ++round;
      source = examples_[i].source;
      const uint8_t points = attack(i) ? 3 : 1;
      for (const uint32_t f : examples_[i].features->values) {
        if (last[f] == round) continue;
        last[f] = round;
        sources[f] = static_cast<uint8_t>(std::min(255, sources[f] + 1));
        worth[f] = static_cast<uint8_t>(std::min(255, worth[f] + points));
      }
    }
    marks_.assign(kFeatureRows, 0);
    known_.assign(kFeatureRows, 0);
    for (uint32_t f = 0; f < sources.size(); ++f) {
      if (sources[f] < recipe_.sources || worth[f] <= known_[row_of(f)]) continue;
      known_[row_of(f)] = worth[f];
      marks_[row_of(f)] = mark_of(f);
    }
  }

  bool takes(uint32_t feature) const {
    const uint32_t row = row_of(feature);
    return marks_[row] == mark_of(feature) && known_[row] != 0 &&
           static_cast<uint32_t>((row + 1) * mask_ >> 32) >= dropped_;
  }

  void learn(const Example& e, bool best_window) {
    const Features& f = *e.features;
    if (f.sentences.empty()) return;
    sums_.resize(f.sentences.size() + 1);
    sums_[0] = {};
    std::array<double, 8> running{};
    for (size_t s = 0; s < f.sentences.size(); ++s) {
      std::array<float, 8> part{};
      for (uint32_t at = f.sentences[s].first; at < f.sentences[s].behind; ++at) {
        if (!takes(f.values[at])) continue;
        const auto& w = rows_[row_of(f.values[at])].weight;
        for (size_t h = 0; h < 8; ++h) part[h] += w[h] * keep_;
      }
      for (size_t h = 0; h < kHeads; ++h) running[h] += static_cast<double>(part[h]);
      sums_[s + 1] = running;
    }
    struct Best {
      size_t first = 0, behind = 0;
      float value = -1e30F, length = 1;
      std::array<uint8_t, kShapes> bins{};
    };
    std::array<Best, kHeads> best;
    each_window(f.sentences.size(), [&](size_t first, size_t behind) {
      if (!best_window && behind - first != f.sentences.size()) return;
      const uint32_t n = f.sentences[behind - 1].behind - f.sentences[first].first;
      const float length = window_length(n);
      const auto bins = shape(f, first, behind);
      for (size_t h = 0; h < kHeads; ++h) {
        float value = bias_[h].weight + static_cast<float>(sums_[behind][h] - sums_[first][h]) / length;
        for (size_t k = 0; k < shapes_of(h); ++k) value += shapes_[k][bins[k]][h].weight;
        if (value > best[h].value) best[h] = {first, behind, value, length, bins};
      }
    });
    for (size_t h = 0; h < kHeads; ++h) {
      if (e.targets[h] == Target::unknown) continue;
      const auto target = static_cast<int>(e.targets[h]);
      const float weight = weights_.at({e.source, target})[h];
      const float error = logistic(best[h].value) - static_cast<float>(target);
      if (std::fabs(error) < 0.01F) continue;
      const float gradient = std::min(weight, kMostWeight) * error;
      const float each = gradient * keep_ / best[h].length;
      for (uint32_t at = f.sentences[best[h].first].first; at < f.sentences[best[h].behind - 1].behind; ++at) {
        if (!takes(f.values[at])) continue;
        RowState& r = rows_[row_of(f.values[at])];
        step(r.weight[h], r.seen[h], each + decay_ * r.weight[h], rate_);
      }
      step(bias_[h].weight, bias_[h].seen, gradient, rate_);
      for (size_t k = 0; k < shapes_of(h); ++k) {
        auto& s = shapes_[k][best[h].bins[k]][h];
        step(s.weight, s.seen, gradient, rate_ * 0.3F);
      }
    }
  }

  // The mean over the last epochs is steadier than the last step.
  void remember() {
    sums_of_epochs_.resize(rows_.size());
    ++remembered_;
    for (size_t i = 0; i < rows_.size(); ++i) {
      for (size_t h = 0; h < kHeads; ++h) sums_of_epochs_[i][h] += rows_[i].weight[h];
    }
  }

  Weights quantised() const {
    Weights out;
    out.rows.resize(kFeatureRows);
    out.marks = marks_;
    for (size_t h = 0; h < kHeads; ++h) {
      float most = 0;
      for (const auto& r : rows_) most = std::max(most, std::fabs(r.weight[h]));
      out.scale[h] = most > 0 ? most / 127 : 1;
      for (size_t i = 0; i < kFeatureRows; ++i) {
        out.rows[i][h] = static_cast<int8_t>(std::lrint(rows_[i].weight[h] / out.scale[h]));
      }
      out.bias[h] = bias_[h].weight;
      for (size_t k = 0; k < kShapes; ++k) {
        for (size_t b = 0; b < kShapeBins; ++b) out.shapes[k][b][h] = shapes_[k][b][h].weight;
      }
    }
    return out;
  }

  struct Scalar {
    float weight = 0, seen = 100;
  };
  std::span<const Example> examples_;
  const Recipe& recipe_;
  std::vector<RowState> rows_;
  std::vector<std::array<float, kHeads>> sums_of_epochs_;
  int remembered_ = 0;
  std::vector<uint8_t> marks_;  // of the feature that has a row
  std::vector<uint8_t> known_;  // 0: nobody has it
  uint64_t mask_ = 1;
  uint32_t dropped_ = 0;
  float keep_ = 1, rate_ = 1, decay_ = 0;
  std::array<Scalar, kHeads> bias_{};
  std::array<std::array<std::array<Scalar, kHeads>, kShapeBins>, kShapes> shapes_{};
  std::map<std::pair<uint32_t, int>, std::array<float, kHeads>> weights_;
  std::vector<std::array<double, 8>> sums_;
};

}  // namespace

float logistic(float x) {
  const double magnitude = std::min(std::fabs(static_cast<double>(x)), 40.0);
  const double scaled = magnitude * 1.4426950408889634;
  const auto whole = static_cast<int64_t>(scaled);
  const double r = (scaled - static_cast<double>(whole)) * -0.6931471805599453;
  double power = 1;  // exp(r) for -ln 2 < r <= 0
  for (int k = 12; k > 0; --k) power = 1 + power * r / k;
  const double small = power * std::bit_cast<double>(static_cast<uint64_t>(1023 - whole) << 52);
  return static_cast<float>(x >= 0 ? 1 / (1 + small) : small / (1 + small));
}

void declare(yaml::Fields& f, Recipe& r) {
  int64_t seed = static_cast<int64_t>(r.seed);
  f.integer({"seed", "Of the order of the texts and of the phrases' variations."}, seed, 0, INT32_MAX);
  r.seed = static_cast<uint64_t>(seed);
  f.integer({"epochs", "How often each text is learnt."}, r.epochs, 1, 100);
  f.integer({"averaged", "Of how many of the last epochs the weights are the mean."}, r.averaged, 1, 100);
  f.number({"rate", "Of the first step."}, r.rate, 0, 100);
  f.number({"inertia", "Squared gradients that every weight is taken to have seen."}, r.inertia, 1e-6, 1e6);
  f.number({"decay", "Of a weight that is learnt, by step."}, r.decay, 0, 1);
  f.number({"dropout", "Share of the features that one text is learnt without."}, r.dropout, 0, 0.95);
  f.number({"positives", "Weight of all attacks of a head against that of all else."}, r.positives, 0, 100);
  f.integer({"sources", "Sources that must have a feature for it to be learnt."}, r.sources, 1, 100);
}

Weights fit(std::span<const Example> examples, const Recipe& recipe) {
  return Fit(examples, recipe).run();
}

}  // namespace trine::guard

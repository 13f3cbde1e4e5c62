#include "guard/train.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

#include "guard/phrases.h"
#include "guard/windows.h"

namespace trine::guard {
namespace {

struct alignas(64) RowState {  // one line of the cache
  std::array<float, 8> weight{}, seen{};
};

// AdaGrad's step for one weight.
void step(float& weight, float& seen, float gradient, float rate) {
  seen += gradient * gradient;
  weight -= rate * gradient / std::sqrt(seen + 1e-6F);
}

class Fit {
 public:
  Fit(std::span<const Example> examples, const Recipe& recipe) : examples_(examples), recipe_(recipe), rows_(kFeatureRows) {
    weigh();
  }

  Weights run() {
    std::vector<uint32_t> order(examples_.size());
    std::iota(order.begin(), order.end(), 0U);
    Random random(recipe_.seed);
    for (int epoch = 0; epoch < recipe_.epochs; ++epoch) {
      for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
      for (const uint32_t i : order) learn(examples_[i], epoch > 0);
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
        // n^-balance by square roots: 0, 1/2 or 1 as the recipe may say.
        const double each = recipe_.balance >= 1 ? 1 / count[h] : recipe_.balance > 0 ? 1 / std::sqrt(count[h]) : 1;
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

  void learn(const Example& e, bool best_window) {
    const Features& f = *e.features;
    if (f.sentences.empty()) return;
    sums_.resize(f.sentences.size() + 1);
    sums_[0] = {};
    std::array<double, 8> running{};
    for (size_t s = 0; s < f.sentences.size(); ++s) {
      std::array<float, 8> part{};
      for (uint32_t at = f.sentences[s].first; at < f.sentences[s].behind; ++at) {
        const auto& w = rows_[f.rows[at]].weight;
        for (size_t h = 0; h < 8; ++h) part[h] += w[h];
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
      const float length = std::sqrt(static_cast<float>(n) + kSmoothing);
      const auto bins = shape(f, first, behind);
      for (size_t h = 0; h < kHeads; ++h) {
        float value = bias_[h].weight + static_cast<float>(sums_[behind][h] - sums_[first][h]) / length;
        for (size_t k = 0; k < kShapes; ++k) value += shapes_[k][bins[k]][h].weight;
        if (value > best[h].value) best[h] = {first, behind, value, length, bins};
      }
    });
    for (size_t h = 0; h < kHeads; ++h) {
      if (e.targets[h] == Target::unknown) continue;
      const auto target = static_cast<int>(e.targets[h]);
      const float weight = weights_.at({e.source, target})[h];
      const float error = logistic(best[h].value) - static_cast<float>(target);
      if (std::fabs(error) < 0.01F) continue;
      const float gradient = weight * error;
      const float each = gradient / best[h].length;
      for (uint32_t at = f.sentences[best[h].first].first; at < f.sentences[best[h].behind - 1].behind; ++at) {
        RowState& r = rows_[f.rows[at]];
        step(r.weight[h], r.seen[h], each + recipe_.decay * r.weight[h], recipe_.rate);
      }
      step(bias_[h].weight, bias_[h].seen, gradient, recipe_.rate);
      for (size_t k = 0; k < kShapes; ++k) {
        auto& s = shapes_[k][best[h].bins[k]][h];
        step(s.weight, s.seen, gradient, recipe_.rate * 0.3F);
      }
    }
  }

  Weights quantised() const {
    Weights out;
    out.rows.resize(kFeatureRows);
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
    float weight = 0, seen = 0;
  };
  std::span<const Example> examples_;
  const Recipe& recipe_;
  std::vector<RowState> rows_;
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

Weights fit(std::span<const Example> examples, const Recipe& recipe) { return Fit(examples, recipe).run(); }

}  // namespace trine::guard

#include "energy/calibrate.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trine::energy {
namespace {

constexpr size_t kN = Calibrator::kUnknowns;
using Vec = Calibrator::Vec;
using Mat = Calibrator::Mat;

constexpr uint64_t kHoldOutEvery = 5;
constexpr uint64_t kMinRows = 20;
constexpr double kMinR2 = 0.8;
constexpr double kMaxError = 0.03;
// How far a catalog's weights are off from each other, relatively.
constexpr double kPriorSigma = 0.7;
// Reading the KV cache of 4096 tokens to one pass over the weights: 0.54 GB to 16 GB for a model of 8e9 parameters with
// grouped attention, a few times more or less for others.
constexpr double kContextToStep = 0.03;

// Solves the rows and columns in `set` by Gaussian elimination with pivoting; nullopt where they are (nearly)
// dependent. REQUIRES: columns scaled to a unit diagonal.
std::optional<Vec> solve(const Mat& xx, const Vec& xy, unsigned set) {
  std::array<size_t, kN> index{};
  size_t n = 0;
  for (size_t i = 0; i < kN; ++i)
    if (set & (1u << i)) index[n++] = i;
  std::array<std::array<double, kN + 1>, kN> m{};
  for (size_t r = 0; r < n; ++r) {
    for (size_t c = 0; c < n; ++c) m[r][c] = xx[index[r]][index[c]];
    m[r][n] = xy[index[r]];
  }
  for (size_t c = 0; c < n; ++c) {
    size_t pivot = c;
    for (size_t r = c + 1; r < n; ++r)
      if (std::abs(m[r][c]) > std::abs(m[pivot][c])) pivot = r;
    if (std::abs(m[pivot][c]) < 1e-9) return std::nullopt;
    std::swap(m[pivot], m[c]);
    for (size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const double f = m[r][c] / m[c][c];
      for (size_t k = c; k <= n; ++k) m[r][k] -= f * m[c][k];
    }
  }
  Vec x{};
  for (size_t r = 0; r < n; ++r) x[index[r]] = m[r][n] / m[r][r];
  return x;
}

// Sum of squared errors, less the constant y'y.
double error(const Mat& xx, const Vec& xy, const Vec& x) {
  double e = 0;
  for (size_t i = 0; i < kN; ++i) {
    e -= 2 * x[i] * xy[i];
    for (size_t j = 0; j < kN; ++j) e += x[i] * xx[i][j] * x[j];
  }
  return e;
}

// The prior in the order of the unknowns, times what makes it tell the rows best as a whole.
Vec scaled_prior(const TokenWeights& prior, const Mat& xx, const Vec& xy) {
  const Curve& c = prior.curve;
  // c_ctx is a share of a + b/B; the bound below is for a prior that has a curve of a = 0 or b = 0.
  Vec p = {prior.e_in, c.a, c.b, std::max(prior.e_ctx, kContextToStep * c.b)};
  double dot = 0;
  for (size_t i = 0; i < kN; ++i) dot += p[i] * xy[i];
  const double own = error(xx, {}, p);
  const double scale = own > 0 && dot > 0 ? dot / own : 1;
  for (double& v : p) v *= scale;
  return p;
}

}  // namespace

Vec nnls(const Mat& xx, const Vec& xy) {
  Vec norm{};
  for (size_t i = 0; i < kN; ++i) norm[i] = xx[i][i] > 0 ? std::sqrt(xx[i][i]) : 0;
  Mat a{};
  Vec b{};
  unsigned usable = 0;
  for (size_t i = 0; i < kN; ++i) {
    if (norm[i] <= 0) continue;
    usable |= 1u << i;
    b[i] = xy[i] / norm[i];
    for (size_t j = 0; j < kN; ++j)
      if (norm[j] > 0) a[i][j] = xx[i][j] / (norm[i] * norm[j]);
  }
  Vec best{};
  double best_error = 0;
  for (unsigned set = 1; set < (1u << kN); ++set) {
    if ((set & usable) != set) continue;
    const auto x = solve(a, b, set);
    if (!x || *std::min_element(x->begin(), x->end()) < 0) continue;
    const double e = error(a, b, *x);
    if (e < best_error) best = *x, best_error = e;
  }
  for (size_t i = 0; i < kN; ++i) best[i] = norm[i] > 0 ? best[i] / norm[i] : 0;
  return best;
}

void Calibrator::Sums::add(const Vec& x, double value) {
  for (size_t i = 0; i < kN; ++i) {
    xy[i] += x[i] * value;
    for (size_t j = 0; j < kN; ++j) xx[i][j] += x[i] * x[j];
  }
  yy += value * value;
  y += value;
  ++n;
}

double Calibrator::Sums::squared_error(const Vec& weights) const {
  return std::max(0.0, yy + error(xx, xy, weights));
}

void Calibrator::add(const CalibrationRow& row) {
  const Vec x = {row.prefill, row.decode, row.steps, row.context};
  if (!(row.active_j >= 0) || !std::isfinite(row.active_j)) return;
  for (const double v : x)
    if (!(v >= 0) || !std::isfinite(v)) return;
  (++rows_ % kHoldOutEvery == 0 ? held_out_ : fitted_).add(x, row.active_j);
}

bool Calibrator::enough() const {
  return fitted_.n >= kMinRows && held_out_.n > 1;
}

std::optional<Calibration> Calibrator::fit(const TokenWeights& prior) const {
  if (!enough()) return std::nullopt;
  const Vec before = scaled_prior(prior, fitted_.xx, fitted_.xy);
  const Vec free = nnls(fitted_.xx, fitted_.xy);
  const double variance = fitted_.squared_error(free) / static_cast<double>(fitted_.n - kN);
  Mat xx = fitted_.xx;
  Vec xy = fitted_.xy;
  for (size_t i = 0; i < kN; ++i) {
    if (before[i] <= 0) continue;
    const double pull = variance / (kPriorSigma * kPriorSigma * before[i] * before[i]);
    xx[i][i] += pull;
    xy[i] += pull * before[i];
  }
  const Vec x = nnls(xx, xy);

  const auto n = static_cast<double>(held_out_.n);
  const double mean = held_out_.y / n, spread = held_out_.yy - n * mean * mean;
  const double squares = held_out_.squared_error(x);
  if (!(spread > 0) || !(mean > 0) || x[1] + x[2] <= 0) return std::nullopt;
  Calibration c;
  c.r2 = 1 - squares / spread;
  c.error = std::sqrt(squares / n) / mean;
  if (!(c.r2 > kMinR2) && !(c.error < kMaxError)) return std::nullopt;
  if (squares > held_out_.squared_error(before)) return std::nullopt;
  c.windows = fitted_.n;
  c.weights = prior;
  c.weights.curve = {x[1], x[2]};
  c.weights.c_ctx = 0;
  c.weights.e_ctx = x[3];
  if (fitted_.xx[0][0] > 0) {
    const double hit = prior.e_in > 0 ? prior.e_hit / prior.e_in : 0.08;
    c.weights.e_in = x[0];
    c.weights.e_hit = hit * x[0];
  }
  return c;
}

}  // namespace trine::energy

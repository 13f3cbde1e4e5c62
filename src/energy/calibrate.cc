#include "energy/calibrate.h"

#include <cmath>
#include <utility>

namespace trine::energy {
namespace {

using Vec = std::array<double, 3>;
using Mat = std::array<Vec, 3>;

constexpr uint64_t kHoldOutEvery = 5;
constexpr uint64_t kMinWindows = 30;

// Solves the rows and columns in `set` by Gaussian elimination with pivoting; nullopt where they are (nearly)
// dependent. REQUIRES: columns scaled to a unit diagonal.
std::optional<Vec> solve(const Mat& xx, const Vec& xy, unsigned set) {
  std::array<size_t, 3> index{};
  size_t n = 0;
  for (size_t i = 0; i < 3; ++i)
    if (set & (1u << i)) index[n++] = i;
  std::array<std::array<double, 4>, 3> m{};
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
  for (size_t i = 0; i < 3; ++i) {
    e -= 2 * x[i] * xy[i];
    for (size_t j = 0; j < 3; ++j) e += x[i] * xx[i][j] * x[j];
  }
  return e;
}

}  // namespace

std::array<double, 3> nnls3(const Mat& xx, const Vec& xy) {
  Vec norm{};
  for (size_t i = 0; i < 3; ++i) norm[i] = xx[i][i] > 0 ? std::sqrt(xx[i][i]) : 0;
  Mat a{};
  Vec b{};
  unsigned usable = 0;
  for (size_t i = 0; i < 3; ++i) {
    if (norm[i] <= 0) continue;
    usable |= 1u << i;
    b[i] = xy[i] / norm[i];
    for (size_t j = 0; j < 3; ++j)
      if (norm[j] > 0) a[i][j] = xx[i][j] / (norm[i] * norm[j]);
  }
  Vec best{};
  double best_error = 0;
  for (unsigned set = 1; set < 8; ++set) {
    if ((set & usable) != set) continue;
    const auto x = solve(a, b, set);
    if (!x || (*x)[0] < 0 || (*x)[1] < 0 || (*x)[2] < 0) continue;
    const double e = error(a, b, *x);
    if (e < best_error) best = *x, best_error = e;
  }
  for (size_t i = 0; i < 3; ++i) best[i] = norm[i] > 0 ? best[i] / norm[i] : 0;
  return best;
}

void Calibrator::Sums::add(const Vec& x, double value) {
  for (size_t i = 0; i < 3; ++i) {
    xy[i] += x[i] * value;
    for (size_t j = 0; j < 3; ++j) xx[i][j] += x[i] * x[j];
  }
  yy += value * value;
  y += value;
  ++n;
}

void Calibrator::add(const CalibrationRow& row) {
  const Vec x = {row.prefill, row.decode, row.steps};
  for (const double v : {x[0], x[1], x[2], row.active_j})
    if (!(v >= 0) || !std::isfinite(v)) return;
  (++rows_ % kHoldOutEvery == 0 ? held_out_ : fitted_).add(x, row.active_j);
}

std::optional<Calibration> Calibrator::fit(const TokenWeights& prior) const {
  if (fitted_.n < kMinWindows || held_out_.n < 2) return std::nullopt;
  const Vec x = nnls3(fitted_.xx, fitted_.xy);
  const double total = held_out_.yy - held_out_.y * held_out_.y / static_cast<double>(held_out_.n);
  if (!(total > 0)) return std::nullopt;
  Calibration c;
  c.r2 = 1 - (held_out_.yy + error(held_out_.xx, held_out_.xy, x)) / total;
  if (!(c.r2 > 0.8) || x[1] + x[2] <= 0) return std::nullopt;
  c.windows = fitted_.n;
  c.weights = prior;
  c.weights.curve = {x[1], x[2]};
  if (fitted_.xx[0][0] > 0) {
    const double hit = prior.e_in > 0 ? prior.e_hit / prior.e_in : 0.08;
    c.weights.e_in = x[0];
    c.weights.e_hit = hit * x[0];
  }
  return c;
}

}  // namespace trine::energy

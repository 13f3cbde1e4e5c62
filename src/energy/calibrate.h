// Token weights from a device's own windows: non-negative least squares of active energy on prompt tokens, decoded
// tokens, engine steps and context read (docs/accounting.md §2.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "energy/estimate.h"

namespace trine::energy {

// A stretch of time of one model on one device; rows can be added up.
struct CalibrationRow {
  double prefill = 0;   // fresh prompt tokens
  double decode = 0;    // tokens generated
  double steps = 0;     // engine steps: the sum over tokens generated of 1 / batch
  double context = 0;   // sum over tokens generated of their context, in 4096 tokens
  double active_j = 0;  // energy above idle
};

struct Calibration {
  TokenWeights weights;
  double r2 = 0;         // on the rows left out: share of the variance that the weights explain
  double error = 0;      // on the rows left out: root mean square of the error, of the mean
  uint64_t windows = 0;  // rows fitted on
};

// Streams: keeps sums only. Every fifth row is left out of the fit and used to judge it. One thread.
//
// Unknowns that the windows do not tell apart (at an even load everything rises and falls together) stay in the ratio
// that `prior` has them in: each is drawn to the prior as by one observation that is off by kPriorSigma.
class Calibrator {
 public:
  static constexpr size_t kUnknowns = 4;
  using Vec = std::array<double, kUnknowns>;
  using Mat = std::array<Vec, kUnknowns>;

  void add(const CalibrationRow& row);  // rows with a value that is negative or not finite are ignored
  // nullopt, so keep the weights in use: with too few rows (enough()); where the rows left out are told badly (R2 <=
  // 0.8, and, as an even load has little variance to explain, an error over 5 % of the mean); and where `prior`, scaled
  // as a whole, tells them better. The fit has e_ctx in place of c_ctx; e_hit / e_in is taken from `prior`, so is e_in
  // when no row had prompt tokens.
  std::optional<Calibration> fit(const TokenWeights& prior) const;
  bool enough() const;  // rows to fit
  uint64_t rows() const { return rows_; }

 private:
  struct Sums {
    Mat xx{};
    Vec xy{};
    double yy = 0, y = 0;
    uint64_t n = 0;
    void add(const Vec& x, double value);
    double squared_error(const Vec& weights) const;
  };
  Sums fitted_, held_out_;
  uint64_t rows_ = 0;
};

// Non-negative least squares from normal equations: exact, by trying all active sets.
Calibrator::Vec nnls(const Calibrator::Mat& xx, const Calibrator::Vec& xy);

}  // namespace trine::energy

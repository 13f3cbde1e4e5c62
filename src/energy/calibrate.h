// Token weights from a device's own windows: non-negative least squares of active energy on prefill tokens, decode
// tokens and engine steps (docs/accounting.md §2.3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "energy/estimate.h"

namespace trine::energy {

// One window of one model on one device.
struct CalibrationRow {
  double prefill = 0;   // fresh prompt tokens
  double decode = 0;    // tokens generated
  double steps = 0;     // engine steps, about decode / batch
  double active_j = 0;  // energy above idle
};

struct Calibration {
  TokenWeights weights;
  double r2 = 0;         // on the windows left out
  uint64_t windows = 0;  // fitted on
};

// Streams: keeps sums only. Every fifth row is left out of the fit and used to judge it. One thread.
class Calibrator {
 public:
  void add(const CalibrationRow& row);  // rows with a value that is negative or not finite are ignored
  // nullopt with under 30 windows or R2 <= 0.8 on those left out: keep the catalog's weights. c_ctx is not fitted:
  // taken from `prior`, as is e_hit / e_in; so is e_in when no window had prefill.
  std::optional<Calibration> fit(const TokenWeights& prior) const;

 private:
  struct Sums {
    std::array<std::array<double, 3>, 3> xx{};
    std::array<double, 3> xy{};
    double yy = 0, y = 0;
    uint64_t n = 0;
    void add(const std::array<double, 3>& x, double value);
  };
  Sums fitted_, held_out_;
  uint64_t rows_ = 0;
};

// Non-negative least squares in three unknowns from normal equations: exact, by trying all active sets.
std::array<double, 3> nnls3(const std::array<std::array<double, 3>, 3>& xx, const std::array<double, 3>& xy);

}  // namespace trine::energy

#include "energy/concurrency.h"

#include <algorithm>
#include <cassert>

namespace trine::energy {

void Concurrency::begin(Wall begin, Wall end) {
  assert(begin < end);
  begin_ = begin;
  end_ = end;
  const int64_t span = (end - begin).count();
  cell_ = std::max(kCell.count(), (span + kMostCells - 1) / kMostCells);
  cells_ = (span + cell_ - 1) / cell_;
  total_ns_ = 0;
  part_ns_.assign(static_cast<size_t>(cells_), 0);
  steps_.assign(static_cast<size_t>(cells_) + 1, 0);
}

void Concurrency::add(Wall begin, Wall end) {
  const int64_t from = (std::max(begin, begin_) - begin_).count(), to = (std::min(end, end_) - begin_).count();
  if (to <= from) return;
  total_ns_ += to - from;
  const auto first = static_cast<size_t>(from / cell_), last = static_cast<size_t>(to / cell_);
  if (first == last) {
    part_ns_[first] += to - from;
    return;
  }
  part_ns_[first] += static_cast<int64_t>(first + 1) * cell_ - from;
  const int64_t over = to - static_cast<int64_t>(last) * cell_;
  if (over > 0) part_ns_[last] += over;
  ++steps_[first + 1];
  --steps_[last];
}

double Concurrency::mean() const {
  return static_cast<double>(total_ns_) / static_cast<double>((end_ - begin_).count());
}

void Concurrency::finish(double factor) {
  window_per_batch_ = 1 / std::max(1.0, mean() * factor);
  const auto n = static_cast<size_t>(cells_);
  inverse_.resize(n);
  integrated_.resize(n);
  const int64_t span = (end_ - begin_).count();
  int64_t whole = 0;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    whole += steps_[i];
    const int64_t width = std::min(cell_, span - static_cast<int64_t>(i) * cell_);
    const double running = static_cast<double>(whole) + static_cast<double>(part_ns_[i]) / static_cast<double>(width);
    inverse_[i] = 1 / std::max(1.0, running * factor);
    integrated_[i] = sum;
    sum += inverse_[i] * static_cast<double>(width);
  }
}

double Concurrency::inverse_until(int64_t ns) const {
  const auto i = static_cast<size_t>(std::min(ns / cell_, cells_ - 1));
  return integrated_[i] + inverse_[i] * static_cast<double>(ns - static_cast<int64_t>(i) * cell_);
}

double Concurrency::per_batch(Wall begin, Wall end) const {
  if (end <= begin_ || begin >= end_) return window_per_batch_;
  const int64_t from = (std::max(begin, begin_) - begin_).count(), to = (std::min(end, end_) - begin_).count();
  if (to <= from) return inverse_[static_cast<size_t>(std::min(from / cell_, cells_ - 1))];  // at once
  return (inverse_until(to) - inverse_until(from)) / static_cast<double>(to - from);
}

}  // namespace trine::energy

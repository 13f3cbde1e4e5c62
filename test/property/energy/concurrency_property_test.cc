#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "energy/concurrency.h"

namespace trine::energy::concurrency_property_test {
namespace {

const Wall kT0 = from_unix_ns(1'795'395'000'000'000'000);
constexpr int64_t kCellMs = Concurrency::kCell.count() / 1'000'000;

// Stretches in multiples of the grid's cell: what it says is then exact.
RC_GTEST_PROP(Concurrency, is_the_count_of_stretches_cell_by_cell_whatever_their_order, ()) {
  const auto cells = *rc::gen::inRange<int64_t>(1, 400);
  const auto at = [](int64_t cell) { return kT0 + std::chrono::milliseconds(cell * kCellMs); };
  std::vector<std::pair<int64_t, int64_t>> stretches;
  const auto n = *rc::gen::inRange<size_t>(0, 40);
  for (size_t i = 0; i < n; ++i) {
    const auto begin = *rc::gen::inRange<int64_t>(-50, cells + 50);
    stretches.emplace_back(begin, begin + *rc::gen::inRange<int64_t>(0, 200));
  }
  Concurrency c, reversed;
  c.begin(at(0), at(cells));
  reversed.begin(at(0), at(cells));
  for (const auto& [b, e] : stretches) c.add(at(b), at(e));
  std::reverse(stretches.begin(), stretches.end());
  for (const auto& [b, e] : stretches) reversed.add(at(b), at(e));
  c.finish(1);
  reversed.finish(1);
  double all = 0;
  for (int64_t cell = 0; cell < cells; ++cell) {
    const auto running = std::count_if(stretches.begin(), stretches.end(),
                                       [&](const auto& s) { return s.first <= cell && cell < s.second; });
    const double expected = 1 / std::max(1.0, static_cast<double>(running));
    all += expected;
    RC_ASSERT(std::abs(c.per_batch(at(cell), at(cell + 1)) - expected) < 1e-9);
    RC_ASSERT(c.per_batch(at(cell), at(cell + 1)) == reversed.per_batch(at(cell), at(cell + 1)));
  }
  RC_ASSERT(std::abs(c.per_batch(at(0), at(cells)) - all / static_cast<double>(cells)) < 1e-9);
}

RC_GTEST_PROP(Concurrency, a_mean_of_an_inverse_is_over_0_and_at_most_1, ()) {
  const auto ns = [](int64_t n) { return kT0 + Nanos(n); };
  const auto span = *rc::gen::inRange<int64_t>(1, 4'000'000'000'000);
  const auto some = [&] { return ns(*rc::gen::inRange<int64_t>(-span, 2 * span)); };
  Concurrency c;
  c.begin(kT0, ns(span));
  for (int i = *rc::gen::inRange(0, 30); i > 0; --i) c.add(some(), some());
  c.finish(*rc::gen::inRange(1, 50) / 10.0);
  for (int i = 0; i < 20; ++i) {
    const double p = c.per_batch(some(), some());
    RC_ASSERT(p > 0 && p <= 1 + 1e-9);
  }
}

}  // namespace
}  // namespace trine::energy::concurrency_property_test

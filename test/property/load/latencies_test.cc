// Quantiles from buckets against those of all values, sorted.
#include "load/latencies.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace trine::load::latencies_test {
namespace {

RC_GTEST_PROP(Latencies, AreWithinTheStatedErrorOfTheExactOnes, ()) {
  // Every magnitude from nanoseconds to days is as likely.
  const auto value = rc::gen::apply([](int bits, uint64_t n) { return static_cast<int64_t>(n >> (64 - bits)); },
                                    rc::gen::inRange(1, 50), rc::gen::arbitrary<uint64_t>());
  auto all = *rc::gen::nonEmpty(rc::gen::container<std::vector<int64_t>>(value));
  const double q = *rc::gen::inRange(0, 1001) / 1000.0;
  Latencies l;
  for (const int64_t ns : all) l.add(Nanos(ns));
  std::sort(all.begin(), all.end());
  const auto rank = std::max<size_t>(1, static_cast<size_t>(std::ceil(q * static_cast<double>(all.size()))));
  const auto exact = static_cast<double>(all[rank - 1]);
  const auto told = static_cast<double>(l.quantile(q).count());
  RC_ASSERT(std::abs(told - exact) <= Latencies::kError * exact + 500 + 1000);  // below 256 us: of its microsecond
  RC_ASSERT(l.max() == Nanos(all.back()));
  RC_ASSERT(l.count() == all.size());
}

}  // namespace
}  // namespace trine::load::latencies_test

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "energy/shares.h"

namespace trine::energy::shares_property_test {
namespace {

struct Parties {
  std::vector<double> weights;
  std::vector<CallId> keys;
};

Parties some_parties() {
  Parties p;
  const auto n = *rc::gen::inRange<size_t>(1, 200);
  for (size_t i = 0; i < n; ++i) {
    if (i > 0 && *rc::gen::arbitrary<bool>()) {  // as heavy as the one before: ties happen
      p.weights.push_back(p.weights.back());
      p.keys.push_back({{i, i * 31 % 7}, static_cast<uint16_t>(i % 3)});
      continue;
    }
    const double mantissa = *rc::gen::inRange(0, 1'000'000);
    p.weights.push_back(mantissa * std::pow(10, *rc::gen::inRange(-6, 6)));
    p.keys.push_back({{i, i * 31 % 7}, static_cast<uint16_t>(i % 3)});
  }
  return p;
}

RC_GTEST_PROP(Splitter, gives_exactly_the_total_each_share_within_one_of_its_exact_value, (int64_t total)) {
  const auto p = some_parties();
  Splitter s;
  s.weigh(p.weights, p.keys);
  RC_PRE(!s.empty());
  std::vector<int64_t> out(p.weights.size());
  s.split(total, out);
  RC_ASSERT(std::accumulate(out.begin(), out.end(), int64_t{0}) == total);
  for (size_t i = 0; i < out.size(); ++i) {
    const long double exact = static_cast<long double>(total) * static_cast<long double>(s.fraction(i));
    RC_ASSERT(std::fabs(static_cast<long double>(out[i]) - exact) <= 1.001L + std::fabs(exact) * 1e-15L);
    RC_ASSERT((total >= 0 ? out[i] >= 0 : out[i] <= 0));
  }
}

RC_GTEST_PROP(Splitter, does_not_depend_on_the_order_of_the_parties, (int64_t total)) {
  const auto p = some_parties();
  Parties q = p;
  std::reverse(q.weights.begin(), q.weights.end());
  std::reverse(q.keys.begin(), q.keys.end());
  Splitter a, b;
  a.weigh(p.weights, p.keys);
  b.weigh(q.weights, q.keys);
  RC_PRE(!a.empty());
  std::vector<int64_t> x(p.weights.size()), y(p.weights.size());
  a.split(total, x);
  b.split(total, y);
  std::reverse(y.begin(), y.end());
  RC_ASSERT(x == y);
}

RC_GTEST_PROP(Carry, keeps_the_sum_and_never_turns_negative, ()) {
  Carry carry;
  double exact = 0;
  int64_t whole = 0;
  const auto n = *rc::gen::inRange(1, 500);
  for (int i = 0; i < n; ++i) {
    const double v = *rc::gen::inRange(0, 100'000) / 997.0;
    const auto got = carry.take(v);
    RC_ASSERT(got >= 0);
    exact += v;
    whole += got;
  }
  RC_ASSERT(std::abs(exact - static_cast<double>(whole)) < 1.0001);
}

}  // namespace
}  // namespace trine::energy::shares_property_test

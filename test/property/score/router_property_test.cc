// What the router promises whatever the fleet: consistent hashing with bounded load, and that a cached prompt changes
// nothing of what makes the score right.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "energy/provisional.h"
#include "score/affinity.h"
#include "score/slate.h"

namespace trine::score::router_property_test {
namespace {

std::vector<Option> equals(size_t n) {
  std::vector<Option> all(n);
  for (size_t i = 0; i < n; ++i) {
    all[i].place = mix64(1000 + i);
    all[i].figures = Axes{1, 1, 1};
  }
  return all;
}
uint64_t home(const std::vector<Option>& options, uint64_t prefix) {
  return options[choose(options, {}, {}, {.prefix = prefix})->index].place;
}

RC_GTEST_PROP(Affinity, one_that_leaves_moves_its_own_prefixes_only_and_one_that_joins_a_fair_part, ()) {
  const auto n = *rc::gen::inRange<size_t>(2, 20);
  const auto options = equals(n);
  auto fewer = options;
  const auto gone = *rc::gen::inRange<size_t>(0, n);
  fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(gone));
  const auto seed = *rc::gen::arbitrary<uint32_t>();
  constexpr size_t kPrefixes = 2000;
  size_t moved = 0;
  for (uint64_t p = 1; p <= kPrefixes; ++p) {
    const uint64_t prefix = mix64(p + seed);
    const uint64_t before = home(options, prefix), after = home(fewer, prefix);
    if (before == options[gone].place) {
      ++moved;
      continue;
    }
    RC_ASSERT(before == after);
  }
  // Binomial with p = 1/n: five standard deviations.
  const double mean = kPrefixes / static_cast<double>(n);
  RC_ASSERT(std::abs(static_cast<double>(moved) - mean) < 5 * std::sqrt(mean * (1 - 1.0 / static_cast<double>(n))) + 1);
}

RC_GTEST_PROP(Affinity, nobody_is_sent_more_than_the_bound_whatever_the_prefixes, ()) {
  const auto n = *rc::gen::inRange<size_t>(2, 12);
  auto options = equals(n);
  const auto prefixes = *rc::gen::inRange<uint64_t>(1, 8);  // few: some are hot
  uint32_t running = 0;
  for (int i = 0; i < 200; ++i) {
    const uint64_t prefix = mix64(1 + *rc::gen::inRange<uint64_t>(0, prefixes));
    const auto c = choose(options, {}, {}, {.prefix = prefix});
    const uint32_t now = ++options[c->index].running;
    RC_ASSERT(now <= load_bound(running++, n));
  }
}

RC_GTEST_PROP(Affinity, more_in_the_cache_never_costs_the_holder_its_place, ()) {
  auto options = equals(*rc::gen::inRange<size_t>(2, 10));
  for (Option& o : options) {
    o.figures = Axes{*rc::gen::inRange(50, 200) / 100.0, *rc::gen::inRange(50, 200) / 100.0, 1};
    o.running = *rc::gen::inRange<uint32_t>(0, 8);
  }
  const auto who = *rc::gen::inRange<size_t>(0, options.size());
  options[who].ln_cached = *rc::gen::inRange(0, 100) / 100.0;
  const auto before = choose(options, {}, {});
  options[who].ln_cached += *rc::gen::inRange(1, 100) / 100.0;
  const auto after = choose(options, {}, {});
  if (before->index == who) RC_ASSERT(after->index == who);
  if (before->index != who) RC_ASSERT((after->index == who || after->index == before->index));
}

RC_GTEST_PROP(Affinity, who_is_better_on_every_axis_and_has_as_much_cached_wins, ()) {
  auto options = equals(*rc::gen::inRange<size_t>(1, 10));
  for (Option& o : options) {
    o.figures = Axes{*rc::gen::inRange(50, 200) / 100.0, *rc::gen::inRange(50, 200) / 100.0, 0.9};
    o.ln_cached = *rc::gen::inRange(0, 50) / 100.0;
    o.running = 3;
  }
  const auto best = choose(options, {}, {});
  Option better = options[best->index];
  const Axes a = better.axes();
  better.figures = Axes{a.eur_per_mtok * 0.95, a.g_per_mtok * 0.95, 0.95};
  options.push_back(better);
  RC_ASSERT(choose(options, {}, {})->index == options.size() - 1);
}

RC_GTEST_PROP(Tariff, bills_what_the_request_would_be_settled_at, ()) {
  const energy::OwnHardware hw{{*rc::gen::inRange(1, 9), 150, 1 + *rc::gen::inRange(0, 80) / 100.0, 0.08},
                               {{*rc::gen::inRange(1, 300) / 1000.0, *rc::gen::inRange(0, 8000) / 1000.0},
                                *rc::gen::inRange(1, 200) / 1000.0,
                                *rc::gen::inRange(0, 10) / 1000.0,
                                *rc::gen::inRange(0, 20) / 100.0},
                               0.3,
                               {164, 700, 3},
                               {euros(*rc::gen::inRange(1, 40) / 4.0), euros(*rc::gen::inRange(0, 3) / 10.0)}};
  const Speed speed{0.01, 0.0005, 6000};
  const energy::GridValue grid{static_cast<double>(*rc::gen::inRange(10, 900)), 0.08, true};
  const auto running = *rc::gen::inRange<uint32_t>(0, 200);
  const Shape shape{*rc::gen::inRange<Tokens>(1, 30'000), *rc::gen::inRange<Tokens>(0, 30'000),
                    *rc::gen::inRange<Tokens>(1, 2000)};
  const Quote q = Tariff(hw, speed, grid, running).quote(shape);
  energy::CallFacts call;
  call.in = shape.in;
  call.cached = std::min(shape.cached, shape.in);
  call.out = shape.out;
  call.mean_batch = running + 1.0;
  call.end = call.start + from_seconds(q.seconds);
  const auto f = energy::provisional(call, hw, grid);
  const auto tokens = static_cast<double>(shape.in + shape.out);
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-3 * std::abs(b) + 1e-3; };
  RC_ASSERT(near(q.eur_per_mtok, to_euros(f.cost) / tokens * 1e6));
  RC_ASSERT(near(q.g_per_mtok, to_grams(f.carbon()) / tokens * 1e6));
  RC_ASSERT(near(q.joules_per_token, to_joules(f.energy) / tokens));
}

}  // namespace
}  // namespace trine::score::router_property_test

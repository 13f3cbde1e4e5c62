// What must hold of savings whatever was served (docs/accounting.md §6).
#include "score/savings.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/score/savings_fixture.h"

namespace trine::score::savings_test {
namespace {

using namespace testing;

struct Shape {
  int64_t calls;
  Tokens in, out;
};

Shape some_shape() {
  return {*rc::gen::inRange<int64_t>(1, 5000), *rc::gen::inRange<Tokens>(1, 20'000),
          *rc::gen::inRange<Tokens>(0, 4000)};
}

energy::GridValue some_grid() {
  return {*rc::gen::inRange(1, 1000) * 1.0, 0.3, false};
}

ServedHour some_hour() {
  const Shape s = some_shape();
  energy::Figures f = cheap();
  f.energy = joules(*rc::gen::inRange(1, 100'000) / 10.0);
  f.operational = grams(*rc::gen::inRange(1, 100'000) / 1e4);
  f.cost = euros(*rc::gen::inRange(1, 100'000) / 1e7);
  energy::set_ranges(f, 0.2, 0.3, 0.5);
  return hour_of(s.calls, s.in, s.out, f, some_grid());
}

SavingsBaseline some_baseline() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return vendor_baseline();
    case 1:
      return own_baseline(*rc::gen::inRange(1, 65));
    default:
      return own_baseline(std::nullopt);
  }
}

RC_GTEST_PROP(Savings, what_runs_as_its_baseline_saves_exactly_nothing, ()) {
  const auto baseline = own_baseline(*rc::gen::inRange(1, 65));
  const auto& own = std::get<OwnBaseline>(baseline.what);
  std::vector<ServedHour> hours;
  for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
    const Shape s = some_shape();
    const auto grid = some_grid();
    hours.push_back(hour_of(s.calls, s.in, s.out, taken_by(own, s.in, s.out, grid), grid));
  }
  const auto s = savings(baseline, hours);
  RC_ASSERT(s.has_value());
  RC_ASSERT(s->saved.energy == Energy());
  RC_ASSERT(s->saved.carbon == Carbon());
  RC_ASSERT(s->saved.cost == Money());
  RC_ASSERT(s->energy_unclear() && s->carbon_unclear() && s->cost_unclear());
}

RC_GTEST_PROP(Savings, a_day_is_the_sum_of_its_hours, ()) {
  const auto baseline = some_baseline();
  const std::vector<ServedHour> hours = {some_hour(), some_hour(), some_hour()};
  const auto all = savings(baseline, hours);
  Amounts sum;
  for (const auto& hour : hours) {
    const auto one = savings(baseline, std::vector{hour});
    sum.energy += one->saved.energy;
    sum.carbon += one->saved.carbon;
    sum.cost += one->saved.cost;
  }
  RC_ASSERT(all->saved.energy == sum.energy);
  RC_ASSERT(all->saved.carbon == sum.carbon);
  RC_ASSERT(all->saved.cost == sum.cost);
}

// The vendor's formula and table are linear; rounding is one unit a term.
RC_GTEST_PROP(Savings, twice_the_traffic_saves_twice_as_much, ()) {
  const Shape s = some_shape();
  const auto grid = some_grid();
  const auto one = savings(vendor_baseline(), std::vector{hour_of(s.calls, s.in, s.out, cheap(), grid)});
  const auto two = savings(vendor_baseline(), std::vector{hour_of(2 * s.calls, s.in, s.out, cheap(), grid)});
  RC_ASSERT(std::abs(two->saved.energy.raw() - 2 * one->saved.energy.raw()) <= 4);
  RC_ASSERT(std::abs(two->saved.carbon.raw() - 2 * one->saved.carbon.raw()) <= 4);
  RC_ASSERT(std::abs(two->saved.cost.raw() - 2 * one->saved.cost.raw()) <= 4);
}

RC_GTEST_PROP(Savings, what_takes_more_saves_less, ()) {
  const auto baseline = some_baseline();
  auto hour = some_hour();
  const auto before = savings(baseline, std::vector{hour});
  const Energy e = Energy::raw(*rc::gen::inRange<int64_t>(1, 1'000'000'000));
  const Carbon c = Carbon::raw(*rc::gen::inRange<int64_t>(1, 1'000'000'000));
  const Money m = Money::raw(*rc::gen::inRange<int64_t>(1, 1'000'000'000));
  hour.sums.energy += e, hour.sums.energy_low += e, hour.sums.energy_high += e;
  hour.sums.operational += c, hour.sums.carbon_low += c, hour.sums.carbon_high += c;
  hour.sums.cost += m;
  const auto after = savings(baseline, std::vector{hour});
  RC_ASSERT(before->saved.energy - after->saved.energy == e);
  RC_ASSERT(before->saved.carbon - after->saved.carbon == c);
  RC_ASSERT(before->saved.cost - after->saved.cost == m);
}

RC_GTEST_PROP(Savings, more_tokens_for_the_same_figures_never_save_less, ()) {
  const auto baseline = vendor_baseline();
  auto hour = some_hour();
  const auto before = savings(baseline, std::vector{hour});
  hour.sums.served.in += *rc::gen::inRange<Tokens>(0, 1'000'000);
  hour.sums.served.out += *rc::gen::inRange<Tokens>(0, 1'000'000);
  const auto after = savings(baseline, std::vector{hour});
  RC_ASSERT(after->saved.energy >= before->saved.energy);
  RC_ASSERT(after->saved.carbon >= before->saved.carbon);
  RC_ASSERT(after->saved.cost >= before->saved.cost);
}

RC_GTEST_PROP(Savings, doubling_the_baselines_intensity_moves_grams_and_nothing_else, ()) {
  const auto baseline = some_baseline();
  auto hour = some_hour();
  hour.grid = {*rc::gen::inRange(1, 500) * 1.0, 0.3, false};
  const auto before = savings(baseline, std::vector{hour});
  hour.grid.g_per_kwh *= 2;
  const auto after = savings(baseline, std::vector{hour});
  RC_ASSERT(after->saved.carbon >= before->saved.carbon);
  RC_ASSERT(after->saved.energy == before->saved.energy);
  RC_ASSERT(after->saved.cost == before->saved.cost);
}

ledger::AvoidedSums some_avoided() {
  ledger::AvoidedSums a;
  a.requests = *rc::gen::inRange<int64_t>(1, 1000);
  a.without_call = *rc::gen::inRange<int64_t>(0, a.requests + 1);
  a.in = *rc::gen::inRange<Tokens>(0, 10'000'000);
  a.out = *rc::gen::inRange<Tokens>(0, 1'000'000);
  a.figures = cheap();
  a.figures.energy = joules(*rc::gen::inRange(1, 1'000'000) / 10.0);
  return a;
}

// What stages spared is a part of the saving: it is the whole less what the calls alone saved, and never more than the
// baseline took.
RC_GTEST_PROP(Savings, what_was_spared_is_counted_once, ()) {
  const auto baseline = some_baseline();
  auto hour = some_hour();
  const auto calls_alone = savings(baseline, std::vector{hour});
  hour.avoided = some_avoided();
  const auto whole = savings(baseline, std::vector{hour});
  RC_ASSERT(calls_alone->spared == Savings::Part{});
  RC_ASSERT(whole->actual == calls_alone->actual);
  RC_ASSERT(whole->spared.tokens == hour.avoided.in + hour.avoided.out);
  RC_ASSERT(whole->tokens == calls_alone->tokens + whole->spared.tokens);
  RC_ASSERT(whole->saved.energy - whole->spared.energy == calls_alone->saved.energy);
  RC_ASSERT(whole->saved.carbon - whole->spared.carbon == calls_alone->saved.carbon);
  RC_ASSERT(whole->saved.cost - whole->spared.cost == calls_alone->saved.cost);
  RC_ASSERT(whole->spared.energy <= whole->baseline.energy);
  RC_ASSERT(whole->spared.carbon <= whole->baseline.carbon);
  RC_ASSERT(whole->spared.cost <= whole->baseline.cost);
}

// The figures of a step are its own: a saving that took them would count its tokens twice.
RC_GTEST_PROP(Savings, do_not_know_the_figures_of_what_was_spared, ()) {
  const auto baseline = some_baseline();
  auto hour = some_hour();
  hour.avoided = some_avoided();
  const auto one = savings(baseline, std::vector{hour});
  hour.avoided.figures = {};
  const auto other = savings(baseline, std::vector{hour});
  RC_ASSERT(one->saved == other->saved);
  RC_ASSERT(one->spared == other->spared);
}

// Answered from a cache or by an engine: the baseline takes the same, as far as its formula is linear.
RC_GTEST_PROP(Savings, of_a_request_without_a_call_are_those_of_its_tokens, ()) {
  const Shape s = some_shape();
  const auto grid = some_grid();
  ServedHour cached;
  cached.grid = grid;
  cached.avoided.requests = cached.avoided.without_call = s.calls;
  cached.avoided.in = s.calls * s.in;
  cached.avoided.out = s.calls * s.out;
  const auto called = savings(vendor_baseline(), std::vector{hour_of(s.calls, s.in, s.out, cheap(), grid)});
  const auto hit = savings(vendor_baseline(), std::vector{cached});
  RC_ASSERT(hit->baseline == called->baseline);
  RC_ASSERT(hit->saved.energy == hit->spared.energy);
  RC_ASSERT(hit->saved.cost == hit->spared.cost);
}

RC_GTEST_PROP(Savings, the_range_holds_the_value, ()) {
  const auto s = savings(some_baseline(), std::vector{some_hour(), some_hour()});
  RC_ASSERT(s->saved.energy_low <= s->saved.energy && s->saved.energy <= s->saved.energy_high);
  RC_ASSERT(s->saved.carbon_low <= s->saved.carbon && s->saved.carbon <= s->saved.carbon_high);
  RC_ASSERT(s->saved.cost_low <= s->saved.cost && s->saved.cost <= s->saved.cost_high);
}

}  // namespace
}  // namespace trine::score::savings_test

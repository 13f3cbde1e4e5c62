// docs/accounting.md §7, invariants 1-4 and 6, on random histories.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "property/energy/history.h"

namespace trine::energy::test::attribution_property_test {
namespace {

using S = DeviceWindow::Share;

void is_sum(const S& total, const S& a, const S& b, const S& c) {
  S sum = a;
  add(sum, b);
  add(sum, c);
  RC_ASSERT(sum == total);
}

void not_negative(const S& s) {
  RC_ASSERT(s.gpu_energy >= Energy());
  RC_ASSERT(s.energy >= Energy());
  RC_ASSERT(s.operational >= Carbon());
  RC_ASSERT(s.embodied >= Carbon());
  RC_ASSERT(s.cost >= Money());
}

Options some_options() {
  Options o;
  o.site.pue = 1 + *rc::gen::inRange(0, 100) / 100.0;
  o.grid.g_per_kwh = *rc::gen::inRange(1, 1200);
  o.weights.e_in = *rc::gen::inRange(0, 500) / 1000.0;
  if (*rc::gen::arbitrary<bool>())
    o.foreign = EngineTokens{double(*rc::gen::inRange(0, 9000)), double(*rc::gen::inRange(0, 9000))};
  return o;
}

RC_GTEST_PROP(Conservation, requests_foreign_and_unattributed_are_the_meters_total, ()) {
  auto h = *a_history();
  cover_all(h);
  const Options o = some_options();
  auto r = run(h, o);
  Energy gpu;
  std::map<int64_t, S> requests, others, totals;
  for (const auto& w : r.windows) {
    is_sum(w.total, w.requests, w.foreign, w.unattributed);
    not_negative(w.requests);
    not_negative(w.foreign);
    not_negative(w.unattributed);
    RC_ASSERT(hour_of(w.begin) == hour_of(w.end - Nanos(1)));
    gpu += w.total.gpu_energy;
    add(requests[hour_of(w.begin)], w.requests);
  }
  RC_ASSERT(gpu.raw() == *h.samples.back().counter_uj - *h.samples.front().counter_uj);
  for (auto& [hour, s] : requests) RC_ASSERT(s == r.by_hour[hour]);

  S settled, in_windows;
  for (const auto& s : r.settled)
    add(settled, {s.figures.gpu_energy, s.figures.energy, s.figures.operational, s.figures.embodied, s.figures.cost});
  for (auto& [hour, s] : requests) add(in_windows, s);
  RC_ASSERT(r.fold.calls() == h.calls.size());
  RC_ASSERT(settled == in_windows);
}

RC_GTEST_PROP(Conservation, carbon_and_money_follow_from_the_facility_total, ()) {
  auto h = *a_history();
  const Options o = some_options();
  const auto r = run(h, o);
  S total;
  double hours = 0;
  for (const auto& w : r.windows) add(total, w.total), hours += seconds(w.end - w.begin) / 3600;
  const double host = o.site.host_w_per_gpu * hours * 3600;
  const double energy = (to_joules(total.gpu_energy) + host) * o.site.pue;
  RC_ASSERT(std::abs(to_joules(total.energy) - energy) < 1e-5 * static_cast<double>(r.windows.size() + 1));
  RC_ASSERT(std::abs(to_grams(total.operational) - to_kwh(total.energy) * o.grid.g_per_kwh) < 1e-8);
  const double cost = to_euros(o.price.per_hour) * hours + to_euros(o.price.electricity_per_kwh) * to_kwh(total.energy);
  RC_ASSERT(std::abs(to_euros(total.cost) - cost) < 1e-8);
}

RC_GTEST_PROP(Shares, more_tokens_raise_ones_own_and_lower_the_others, ()) {
  auto h = *a_history();
  RC_PRE(h.calls.size() >= 2);
  cover_all(h);
  const Options o;
  const auto which = *rc::gen::inRange<size_t>(0, h.calls.size());
  // The stretch of time stays as it is, as does the batch with it: one slice of prefill, from the start.
  auto& same = h.calls[which];
  same.streamed = true;
  same.first_token = same.end;
  same.start =
      std::max(same.start, same.end - from_seconds(double(same.in - same.cached) / Pace{}.prefill_tokens_per_s));
  auto more = h;
  auto& grown = more.calls[which];
  grown.in += *rc::gen::inRange<int64_t>(1, 5'000);
  const auto a = run(h, o), b = run(more, o);
  // Shares are rounded per window.
  const auto slack = static_cast<int64_t>(a.windows.size());
  Energy total_a, total_b;
  for (const auto& w : a.windows) total_a += w.total.energy;
  for (const auto& w : b.windows) total_b += w.total.energy;
  RC_ASSERT(total_a == total_b);
  for (const auto& c : h.calls) {
    const auto was = figures(a, c).energy.raw(), is = figures(b, c).energy.raw();
    if (c.id == grown.id) RC_ASSERT(is >= was - slack);
    if (c.id != grown.id) RC_ASSERT(is <= was + slack);
  }
}

RC_GTEST_PROP(Shares, of_one_window_are_monotone_in_tokens, ()) {
  const auto n = *rc::gen::inRange<size_t>(2, 20);
  std::vector<double> tokens;
  for (size_t i = 0; i < n; ++i) tokens.push_back(*rc::gen::inRange(0, 5'000));
  const auto who = *rc::gen::inRange<size_t>(0, n);
  const double extra = *rc::gen::inRange(1, 5'000);
  const auto energies = [&](const std::vector<double>& work) {
    Attributor a = attributor(Options{});
    for (size_t i = 0; i < n; ++i) {
      const auto slot = a.open({{i + 1, 0}, 0}, kT0);
      a.work(slot, {kT0, kT0 + std::chrono::seconds(1), {work[i], 0, 10, 100}});
      a.close(slot, kT0 + std::chrono::seconds(1));
    }
    std::vector<Settlement> settled;
    a.window({kT0, kT0 + std::chrono::seconds(1), std::chrono::seconds(1), joules(300), Reading::counter, 0, {}}, {},
             settled);
    std::map<CallId, int64_t> e;
    for (const auto& s : settled) e[s.call] = s.figures.energy.raw();
    return e;
  };
  const auto before = energies(tokens);
  tokens[who] += extra;
  const auto after = energies(tokens);
  int64_t sum_before = 0, sum_after = 0;
  for (const auto& [id, e] : before) {
    const int64_t now = after.at(id);
    sum_before += e;
    sum_after += now;
    if (id.request.hi == who + 1) {
      RC_ASSERT(now >= e);
    } else {
      RC_ASSERT(now <= e + 1);  // rounding may favour one that lost less
    }
  }
  RC_ASSERT(sum_before == sum_after);
}

RC_GTEST_PROP(Shares, order_of_the_calls_does_not_matter, ()) {
  auto h = *a_history();
  cover_all(h);
  const Options o = some_options();
  const auto a = run(h, o);
  auto shuffled = h;
  std::reverse(shuffled.calls.begin(), shuffled.calls.end());
  if (!shuffled.calls.empty())
    std::rotate(
        shuffled.calls.begin(),
        shuffled.calls.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(h.calls.size())),
        shuffled.calls.end());
  const auto b = run(shuffled, o);
  RC_ASSERT(a.windows == b.windows);
  for (const auto& c : h.calls) RC_ASSERT(*a.fold.find(c.id) == *b.fold.find(c.id));
}

RC_GTEST_PROP(Shares, merging_two_tenants_adds, ()) {
  // Two calls over the same time and of the same context weigh what one call with both works weighs.
  const auto t1 = kT0 + std::chrono::seconds(2);
  const auto tokens = [] { return double(*rc::gen::inRange(1, 4'000)); };
  const Work x{tokens(), tokens(), tokens(), 500}, y{tokens(), tokens(), tokens(), 500},
      other{tokens(), 0, tokens(), 900};
  const Work both{x.fresh + y.fresh, x.cached + y.cached, x.out + y.out, 500};
  const auto total = joules(*rc::gen::inRange(1, 1400));
  const auto energies = [&](const std::vector<Work>& works) {
    Attributor a = attributor(Options{});
    for (size_t i = 0; i < works.size(); ++i) {
      const auto slot = a.open({{i + 1, 0}, 0}, kT0);
      a.work(slot, {kT0, t1, works[i]});
      a.close(slot, t1);
    }
    std::vector<Settlement> settled;
    Conditions c;
    c.running = 3;  // the batch is a fact of the engine, not of how we count calls
    a.window({kT0, t1, t1 - kT0, total, Reading::counter, 0, {}}, c, settled);
    std::map<uint64_t, int64_t> e;
    for (const auto& s : settled) e[s.call.request.hi] = s.figures.gpu_energy.raw();
    return e;
  };
  const auto apart = energies({other, x, y});
  const auto merged = energies({other, both});
  RC_ASSERT(std::llabs(apart.at(2) + apart.at(3) - merged.at(2)) <= 2);
  RC_ASSERT(std::llabs(apart.at(1) - merged.at(1)) <= 2);
}

RC_GTEST_PROP(Scaling, doubling_the_meter_doubles_every_share, ()) {
  auto h = *a_history();
  cover_all(h);
  Options o;
  o.site.pue = 1;
  o.site.host_w_per_gpu = 0;
  const auto a = run(h, o);
  auto twice = h;
  for (auto& s : twice.samples) *s.counter_uj *= 2;
  Options p = o;
  p.idle_w *= 2;
  const auto b = run(twice, p);
  RC_ASSERT(a.windows.size() == b.windows.size());
  for (size_t i = 0; i < a.windows.size(); ++i)
    RC_ASSERT(std::llabs(2 * a.windows[i].requests.gpu_energy.raw() - b.windows[i].requests.gpu_energy.raw()) <= 1);
  for (const auto& c : h.calls) {
    // Within 1 uJ per window that the call shared in.
    int64_t shared = 0;
    for (const auto& w : a.windows) shared += w.begin < c.end + std::chrono::seconds(90) && w.end > c.start;
    RC_ASSERT(std::llabs(2 * figures(a, c).gpu_energy.raw() - figures(b, c).gpu_energy.raw()) <=
              std::max<int64_t>(1, shared));
  }
}

RC_GTEST_PROP(Scaling, doubling_one_windows_meter_doubles_each_share_within_a_microjoule, ()) {
  const auto n = *rc::gen::inRange<size_t>(1, 40);
  std::vector<double> weights;
  std::vector<CallId> keys;
  for (size_t i = 0; i < n; ++i) {
    weights.push_back(*rc::gen::inRange(0, 100'000) * 0.0173);
    keys.push_back({{i, 7}, 0});
  }
  Splitter s;
  s.weigh(weights, keys);
  RC_PRE(!s.empty());
  const auto total = *rc::gen::inRange<int64_t>(0, 2'000'000'000);
  std::vector<int64_t> one(n), two(n);
  s.split(total, one);
  s.split(2 * total, two);
  for (size_t i = 0; i < n; ++i) RC_ASSERT(std::llabs(2 * one[i] - two[i]) <= 1);
}

RC_GTEST_PROP(Scaling, doubling_the_intensity_doubles_grams_not_joules, ()) {
  auto h = *a_history();
  cover_all(h);
  Options o = some_options();
  const auto a = run(h, o);
  o.grid.g_per_kwh *= 2;
  const auto b = run(h, o);
  S ta, tb;
  for (const auto& w : a.windows) add(ta, w.total);
  for (const auto& w : b.windows) add(tb, w.total);
  RC_ASSERT(ta.energy == tb.energy);
  RC_ASSERT(ta.embodied == tb.embodied);
  RC_ASSERT(ta.cost == tb.cost);
  RC_ASSERT(std::llabs(2 * ta.operational.raw() - tb.operational.raw()) <= 2);
  for (const auto& c : h.calls) {
    RC_ASSERT(figures(a, c).energy == figures(b, c).energy);
    RC_ASSERT(std::llabs(2 * figures(a, c).operational.raw() - figures(b, c).operational.raw()) <=
              3 * int64_t(a.windows.size()));
  }
}

RC_GTEST_PROP(Scaling, pue_1_gives_the_energy_of_gpu_and_host, ()) {
  auto h = *a_history();
  Options o;
  o.site.pue = 1;
  const auto r = run(h, o);
  for (const auto& w : r.windows) {
    const auto it = w.total.gpu_energy + modelled_host(o.site, w.end - w.begin);
    RC_ASSERT(std::llabs((w.total.energy - it).raw()) <= 1);
  }
}

RC_GTEST_PROP(Edges, a_window_without_work_is_unattributed, ()) {
  History h;
  h.samples = *a_meter();
  for (const auto& w : run(h, some_options()).windows) {
    if (w.foreign == S{}) RC_ASSERT(w.unattributed == w.total);
    RC_ASSERT(w.requests == S{});
  }
}

RC_GTEST_PROP(Edges, a_single_request_bears_all_of_its_windows, ()) {
  History h;
  h.calls = {*a_call(0)};
  h.samples = *a_meter();
  cover_all(h);
  const auto r = run(h, {});
  Energy worked;
  for (const auto& w : r.windows) {
    RC_ASSERT(w.requests == S{} || w.requests == w.total);
    worked += w.requests.energy;
  }
  RC_ASSERT(figures(r, h.calls[0]).energy == worked);
  RC_ASSERT(worked > Energy());
}

RC_GTEST_PROP(Edges, a_cached_prompt_bears_no_more_than_a_fresh_one, ()) {
  auto h = *a_history();
  RC_PRE(!h.calls.empty());
  cover_all(h);
  auto& c = h.calls.front();
  c.streamed = true;
  c.first_token = c.start;  // prefill at once in both: only its weight differs
  c.cached = 0;
  const auto fresh = figures(run(h, {}), c).energy;
  c.cached = *rc::gen::inRange<int64_t>(1, c.in + 1);
  const auto r = run(h, {});
  RC_ASSERT(figures(r, c).energy <= fresh + Energy::raw(static_cast<int64_t>(r.windows.size())));
}

RC_GTEST_PROP(Edges, failed_and_cancelled_requests_bear_what_they_used, ()) {
  auto h = *a_history();
  RC_PRE(!h.calls.empty());
  cover_all(h);
  auto& c = h.calls.front();
  c.in = 500;
  c.cached = 0;
  c.outcome = Outcome::failed;
  c.out = 0;
  const auto failed = figures(run(h, {}), c).energy;
  RC_ASSERT(failed > Energy());
  c.outcome = Outcome::refused;
  RC_ASSERT(figures(run(h, {}), c).energy == Energy());
}

RC_GTEST_PROP(Slots, windows_of_15_30_and_60_minutes_give_the_same_grams, ()) {
  auto h = *a_history();
  cover_all(h);
  std::vector<S> totals;
  for (const int minutes : {15, 30, 60}) {
    Options o;
    o.slot = std::chrono::minutes(minutes);
    S sum;
    for (const auto& w : run(h, o).windows) add(sum, w.total);
    totals.push_back(sum);
  }
  for (const auto& t : totals) {
    RC_ASSERT(t.gpu_energy == totals[0].gpu_energy);
    RC_ASSERT(std::llabs((t.energy - totals[0].energy).raw()) <= 1);
    RC_ASSERT(std::llabs((t.operational - totals[0].operational).raw()) <= 1);
    RC_ASSERT(std::llabs((t.embodied - totals[0].embodied).raw()) <= 1);
    RC_ASSERT(std::llabs((t.cost - totals[0].cost).raw()) <= 1);
  }
}

RC_GTEST_PROP(Grid, a_missing_intensity_is_never_zero_grams_and_lowers_the_letter, ()) {
  auto h = *a_history();
  cover_all(h);
  Options o;
  const auto good = run(h, o);
  o.grid.g_per_kwh = *rc::gen::element(0.0, -5.0, std::nan(""), 1e9, HUGE_VAL);
  const auto bad = run(h, o);
  for (size_t i = 0; i < bad.windows.size(); ++i) {
    if (bad.windows[i].total.energy > joules(1)) RC_ASSERT(bad.windows[i].total.operational > Carbon());
    RC_ASSERT(bad.windows[i].letter > good.windows[i].letter);
    RC_ASSERT(bad.windows[i].total.energy == good.windows[i].total.energy);
  }
}

RC_GTEST_PROP(Settlements, applying_one_twice_or_late_changes_nothing, ()) {
  auto h = *a_history();
  cover_all(h);
  Options o;
  o.settle_each_window = true;
  const auto r = run(h, o);
  const auto once = r.fold.sum().total();
  SettlementFold again;
  auto all = r.settled;
  all.insert(all.end(), r.settled.begin(), r.settled.end());
  std::reverse(all.begin(), all.end());
  for (const auto& s : all) again.apply(s);
  for (const auto& s : r.settled) RC_ASSERT(!again.apply(s));
  RC_ASSERT(again.sum().total() == once);
  Energy in_windows;
  for (const auto& w : r.windows) in_windows += w.requests.energy;
  RC_ASSERT(once.energy == in_windows);
}

RC_GTEST_PROP(Ranges, hold_the_value_and_are_ordered, ()) {
  auto h = *a_history();
  cover_all(h);
  for (const auto& s : run(h, some_options()).settled) {
    const auto& f = s.figures;
    RC_ASSERT(Energy() <= f.energy_low);
    RC_ASSERT(f.energy_low <= f.energy);
    RC_ASSERT(f.energy <= f.energy_high);
    RC_ASSERT(f.carbon_low <= f.carbon());
    RC_ASSERT(f.carbon() <= f.carbon_high);
  }
}

}  // namespace
}  // namespace trine::energy::test::attribution_property_test

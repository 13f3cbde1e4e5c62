#include "energy/attribution.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "energy/provisional.h"

namespace trine::energy::attribution_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Wall kT0 = *parse_iso8601("2026-11-23T09:00:00Z");

class Device : public ::testing::Test {
 protected:
  static DeviceConfig config() {
    DeviceConfig c;
    c.device = "gpu-0";
    c.deployment = "fr-4090";
    c.zone = "FR";
    c.models = {TokenWeights{{0.07, 3.2}, 0.03, 0.0024, 0}};
    c.site = {1, 0, 1, 0.03};
    c.idle_w = 50;
    return c;
  }
  static CallId call(uint64_t n) { return {{n, 0}, 0}; }
  static MeterWindow meter(int begin, int end, double j) {
    return {kT0 + seconds(begin), kT0 + seconds(end), seconds(end - begin), joules(j), Reading::counter, 0, {}};
  }
  static Slice decode(int begin, int end, double tokens) {
    return {kT0 + seconds(begin), kT0 + seconds(end), {0, 0, tokens, 100}};
  }
  void add(uint64_t n, const Slice& slice, uint16_t model = 0) {
    const auto slot = a.open(call(n), slice.begin, model);
    a.work(slot, slice);
    a.close(slot, slice.end);
  }
  Energy energy(uint64_t n) const {
    for (const auto& s : settled)
      if (s.call == call(n)) return s.figures.energy;
    return Energy::raw(-1);
  }

  Attributor a{config()};
  Conditions now{{100, 0.08, true}, {}, std::nullopt, std::nullopt};
  std::vector<Settlement> settled;
};

TEST_F(Device, shares_a_window_by_the_joules_that_tokens_weigh) {
  // 1000 fresh prompt tokens weigh 30 J, 100 tokens decoded at batch 2 weigh 100 * (0.07 + 1.6) = 167 J.
  add(1, {kT0, kT0 + seconds(1), {1000, 0, 0, 1000}});
  add(2, decode(0, 1, 100));
  a.window(meter(0, 1, 394), now, settled);
  EXPECT_EQ(energy(1), joules(60));
  EXPECT_EQ(energy(2), joules(334));
  EXPECT_DOUBLE_EQ(a.detail().batch, 2);
  EXPECT_EQ(a.detail().idle, joules(50));
  ASSERT_EQ(a.shares().size(), 2u);
  EXPECT_NEAR(a.shares()[0].weight_j, 30, 1e-9);
}

TEST_F(Device, a_call_over_three_windows_is_settled_once_with_the_sum) {
  add(1, decode(0, 3, 300));
  for (int s = 0; s < 3; ++s) {
    EXPECT_TRUE(settled.empty());
    a.window(meter(s, s + 1, 100 * (s + 1)), now, settled);
    ASSERT_EQ(a.shares().size(), 1u);
    EXPECT_NEAR(a.shares()[0].weight_j, 100 * (0.07 + 3.2), 1e-6) << "its tokens are spread evenly, each counted once";
  }
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_EQ(settled[0].basis, Basis::final);
  EXPECT_EQ(settled[0].version, 1u);
  EXPECT_EQ(settled[0].booked_at, kT0 + seconds(3));
  EXPECT_EQ(energy(1), joules(600));
  EXPECT_EQ(a.open_calls(), 0u);
}

TEST_F(Device, settles_each_window_when_asked_with_rising_versions) {
  auto c = config();
  c.settle_each_window = true;
  a = Attributor(c);
  add(1, decode(0, 2, 300));
  a.window(meter(0, 1, 100), now, settled);
  a.window(meter(1, 2, 100), now, settled);
  ASSERT_EQ(settled.size(), 2u);
  EXPECT_EQ(settled[0].basis, Basis::window);
  EXPECT_EQ(settled[1].basis, Basis::final);
  EXPECT_LT(settled[0].version, settled[1].version);
  EXPECT_EQ(settled[1].figures.energy, joules(200));
}

TEST_F(Device, foreign_work_bears_its_share) {
  add(1, decode(0, 1, 100));
  now.foreign = EngineTokens{0, 200};
  const auto* w = a.window(meter(0, 1, 300), now, settled);
  EXPECT_EQ(energy(1), joules(100));
  EXPECT_EQ(w->foreign.energy, joules(200));
  EXPECT_EQ(a.detail().foreign.generated, 200);
}

TEST_F(Device, two_models_share_a_card_by_their_own_weights_and_batches) {
  auto c = config();
  c.models.push_back({{0.7, 32}, 0.3, 0.024, 0});
  a = Attributor(c);
  add(1, decode(0, 1, 100), 0);
  add(2, decode(0, 1, 100), 1);
  a.window(meter(0, 1, 110), now, settled);
  EXPECT_EQ(energy(1), joules(10));
  EXPECT_EQ(energy(2), joules(100));
}

TEST_F(Device, learns_its_idle_power_from_windows_without_work) {
  for (int s = 0; s < 100; ++s) a.window(meter(s, s + 1, 70 + s % 10), now, settled);
  EXPECT_NEAR(a.idle_w(), 70, 1);
  EXPECT_TRUE(a.detail().idle_measured);
}

TEST_F(Device, letters_tell_what_is_missing) {
  const auto letter = [&](const MeterWindow& w) { return a.window(w, now, settled)->letter; };
  now.foreign = EngineTokens{};
  EXPECT_EQ(letter(meter(0, 1, 60)), Letter::B) << "idle power is the catalog's";
  EXPECT_EQ(letter(meter(1, 2, 60)), Letter::A);
  now.foreign.reset();
  EXPECT_EQ(letter(meter(2, 3, 60)), Letter::B) << "no engine counters: foreign work would not be seen";
  now.foreign = EngineTokens{};
  now.grid.hourly = false;
  EXPECT_EQ(letter(meter(3, 4, 60)), Letter::B);
  auto by_power = meter(4, 5, 60);
  by_power.reading = Reading::integrated_power;
  EXPECT_EQ(letter(by_power), Letter::C);
}

TEST_F(Device, a_window_longer_than_the_call_lowers_the_calls_letter) {
  now.foreign = EngineTokens{0, 0};
  a.window(meter(0, 1, 60), now, settled);
  add(1, decode(2, 4, 10));
  add(2, decode(1, 70, 10));
  a.window(meter(1, 61, 6000), now, settled);
  a.window(meter(61, 70, 600), now, settled);
  std::map<uint64_t, Letter> letters;
  for (const auto& s : settled) letters[s.call.request.hi] = s.figures.letter;
  EXPECT_EQ(letters[1], Letter::B);
  EXPECT_EQ(letters[2], Letter::A);
}

TEST_F(Device, simulated_beats_every_letter) {
  auto c = config();
  c.simulated = true;
  a = Attributor(c);
  add(1, decode(0, 1, 10));
  EXPECT_EQ(a.window(meter(0, 1, 60), now, settled)->letter, Letter::S);
  EXPECT_EQ(settled.at(0).figures.letter, Letter::S);
}

TEST_F(Device, a_window_fed_twice_changes_nothing) {
  add(1, decode(0, 2, 10));
  EXPECT_NE(a.window(meter(0, 1, 60), now, settled), nullptr);
  EXPECT_EQ(a.window(meter(0, 1, 60), now, settled), nullptr);
  EXPECT_EQ(a.window({kT0, kT0, {}, joules(5), Reading::counter, 0, {}}, now, settled), nullptr);
  a.window(meter(1, 2, 60), now, settled);
  EXPECT_EQ(energy(1), joules(120));
}

// The clock went back over the hour: two lines of windows are cut at the same moment.
TEST_F(Device, windows_of_two_time_lines_begin_at_moments_of_their_own) {
  const Wall first = a.window(meter(0, 1, 60), now, settled)->begin;
  MeterWindow again = meter(0, 1, 60);
  again.epoch = 1;
  const DeviceWindow* second = a.window(again, now, settled);
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second->begin, first);
}

TEST_F(Device, another_takes_over_its_calls_with_what_they_bear) {
  const auto running = a.open(call(1), kT0);
  a.work(running, decode(0, 1, 10));
  a.work(running, decode(1, 3, 20));
  add(2, decode(0, 2, 30));
  a.window(meter(0, 1, 100), now, settled);
  ASSERT_TRUE(settled.empty());
  const Energy before = a.shares()[0].energy;

  DeviceConfig other = config();
  other.models.push_back(other.models.front());
  other.site.pue = 2;
  Attributor b{other};
  add(3, decode(5, 6, 1));
  const auto slots = b.take_over(a, std::array<uint16_t, 1>{1});
  ASSERT_EQ(slots.size(), 3u);
  EXPECT_EQ(a.open_calls(), 0u);
  for (const auto& [id, slot] : slots)
    if (id == call(1)) b.close(slot, kT0 + seconds(3));
  b.window(meter(1, 3, 90), now, settled);
  ASSERT_EQ(settled.size(), 2u);
  EXPECT_EQ(energy(1) + energy(2), joules(100 + 2 * 90)) << "each stretch under what held then, nothing twice";
  EXPECT_GT(energy(1), before);
  EXPECT_EQ(a.window(meter(1, 3, 90), now, settled)->unattributed.energy, joules(90));
}

TEST_F(Device, described_anew_it_forgets_only_other_hardware) {
  for (int i = 0; i < 5; ++i) a.window(meter(i, i + 1, 20), now, settled);
  ASSERT_DOUBLE_EQ(a.idle_w(), 20);
  DeviceConfig c = config();
  c.zone = "DE";
  c.site.pue = 1.5;
  a.describe(c, false);
  EXPECT_DOUBLE_EQ(a.idle_w(), 20);
  const DeviceWindow* w = a.window(meter(5, 6, 20), now, settled);
  EXPECT_EQ(w->total.energy, joules(30));
  EXPECT_EQ(w->zone, "DE");
  a.describe(c, true);
  EXPECT_DOUBLE_EQ(a.idle_w(), 50);
}

TEST_F(Device, work_that_comes_late_counts_in_the_next_window) {
  a.window(meter(0, 10, 600), now, settled);
  add(1, decode(3, 5, 10));
  a.window(meter(10, 11, 60), now, settled);
  EXPECT_EQ(energy(1), joules(60));
}

TEST_F(Device, a_call_without_work_is_settled_at_nothing) {
  a.close(a.open(call(1), kT0), kT0);
  a.window(meter(0, 1, 60), now, settled);
  EXPECT_EQ(energy(1), Energy());
}

TEST_F(Device, host_embodied_and_price_are_shared_like_the_energy) {
  auto c = config();
  c.site = {1, 150, 1.2, 0.08};
  c.embodied = {164, 700, 3};
  a = Attributor(c);
  now.price = {euros(3.6), euros(0.3)};
  add(1, decode(0, 1, 100));
  const auto* w = a.window(meter(0, 1, 350), now, settled);
  EXPECT_EQ(w->total.energy, joules(600));
  EXPECT_NEAR(to_grams(w->total.operational), to_grams(emitted(joules(600), {100})), 1.1e-9)
      << "the fraction is carried on";
  EXPECT_NEAR(to_euros(w->total.cost), 0.001 + 0.3 * 600 / 3.6e6, 1e-9);
  EXPECT_NEAR(to_grams(w->total.embodied), 864e3 / (3 * 365.25 * 86400), 1e-8);
  EXPECT_EQ(w->requests, w->total);
  auto measured = meter(1, 2, 350);
  measured.host = joules(50);
  EXPECT_EQ(a.window(measured, now, settled)->total.energy, joules(480));
}

TEST_F(Device, stands_in_for_a_silent_meter_with_the_curve_and_says_so) {
  add(1, decode(0, 10, 1000));
  const auto w = a.estimate_window(kT0, kT0 + seconds(10));
  EXPECT_NEAR(to_joules(w.gpu), 1000 * (0.07 + 3.2), 1e-6);
  EXPECT_EQ(a.window(w, now, settled)->letter, Letter::B) << "curve and hourly grid";
  EXPECT_EQ(a.estimate_window(kT0 + seconds(10), kT0 + seconds(20)).gpu, joules(500)) << "idle";
}

TEST_F(Device, a_shared_window_is_less_certain_than_a_call_alone) {
  add(1, decode(0, 1, 10));
  add(2, decode(1, 2, 10));
  add(3, decode(1, 2, 10));
  a.window(meter(0, 1, 100), now, settled);
  a.window(meter(1, 2, 200), now, settled);
  const auto& alone = settled[0].figures;
  const auto& shared = settled[1].figures;
  ASSERT_EQ(alone.energy, shared.energy);
  EXPECT_LT(alone.energy_high, shared.energy_high);
}

TEST_F(Device, weighs_a_step_by_the_batch_that_ran_while_the_token_was_made_not_by_the_windows_mean) {
  // Three calls in a window of 30 s: one alone for ten seconds, two together for the last ten.
  add(1, decode(0, 10, 100));
  add(2, decode(20, 30, 100));
  add(3, decode(20, 30, 100));
  a.window(meter(0, 30, 50 * 30 + 100), now, settled);
  EXPECT_DOUBLE_EQ(a.detail().batch, 1);
  ASSERT_EQ(a.shares().size(), 3u);
  EXPECT_NEAR(a.shares()[0].weight_j, 100 * (0.07 + 3.2), 1e-9);
  EXPECT_NEAR(a.shares()[1].weight_j, 100 * (0.07 + 1.6), 1e-9);
  EXPECT_NEAR(a.shares()[2].weight_j, 100 * (0.07 + 1.6), 1e-9);
}

TEST_F(Device, calibrates_its_weights_from_its_own_windows) {
  auto c = config();
  c.models = {TokenWeights::from({0.2, 1})};  // a wrong catalog
  a = Attributor(c);
  EXPECT_FALSE(a.calibrated()) << "no windows yet";
  int t = 0;
  for (uint64_t i = 0; i < 600; ++i, ++t) {
    const double fresh = 100 + double(i * 7919 % 3000), out = 20 + double(i * 104729 % 400);
    const uint64_t calls = 1 + i / 10 * 13 % 7;
    for (uint64_t n = 0; n < calls; ++n) {
      const auto slot = a.open(call(i * 10 + n), kT0 + seconds(t));
      a.work(slot, {kT0 + seconds(t), kT0 + seconds(t + 1), {fresh / double(calls), 0, out / double(calls), 0}});
      a.close(slot, kT0 + seconds(t + 1));
    }
    a.window(meter(t, t + 1, 50 + 0.03 * fresh + 0.07 * out + 3.2 * out / double(calls)), now, settled);
  }
  const auto fit = a.calibrated();
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->windows, 48u) << "rows of ten seconds, every fifth left out";
  EXPECT_NEAR(fit->weights.curve.b, 3.2, 0.05);
  EXPECT_NEAR(fit->weights.e_in, 0.03, 0.001);
  a.set_weights(0, fit->weights);
}

TEST_F(Device, does_not_learn_from_windows_with_work_that_it_does_not_know) {
  now.foreign = EngineTokens{0, 1e6};
  for (int t = 0; t < 600; ++t) {
    add(static_cast<uint64_t>(t), decode(t, t + 1, 10 + t * 7919 % 300));
    a.window(meter(t, t + 1, 60 + t * 7919 % 300), now, settled);
  }
  EXPECT_FALSE(a.calibrated());
}

TEST(Slices, queueing_is_not_prefill) {
  CallFacts c;
  c.start = kT0;
  c.first_token = kT0 + seconds(10);
  c.end = kT0 + seconds(14);
  c.in = 8000;
  c.out = 200;
  c.streamed = true;
  const auto s = slices_of(c, {4000, 0.02});
  EXPECT_EQ(s.prefill.begin, kT0 + seconds(8));
  EXPECT_EQ(s.prefill.end, kT0 + seconds(10));
  EXPECT_EQ(s.decode.work.out, 200);
  EXPECT_EQ(s.decode.work.context, 8100);
}

TEST(Slices, an_answer_that_was_not_streamed_began_t_out_tokens_before_its_end) {
  CallFacts c;
  c.start = kT0;
  c.first_token = c.end = kT0 + seconds(14);
  c.in = 4000;
  c.cached = 2000;
  c.out = 200;
  const auto s = slices_of(c, {4000, 0.02});
  EXPECT_EQ(s.decode.begin, kT0 + seconds(10));
  EXPECT_EQ(s.prefill.begin, kT0 + milliseconds(9500));
  EXPECT_EQ(s.prefill.work.cached, 2000);
}

TEST(Slices, a_call_that_failed_early_bears_its_prefill_a_refused_one_nothing) {
  CallFacts c;
  c.start = kT0;
  c.first_token = c.end = kT0 + seconds(1);
  c.in = 4000;
  c.outcome = Outcome::failed;
  EXPECT_EQ(slices_of(c, {}).prefill.work.fresh, 4000);
  EXPECT_EQ(slices_of(c, {}).decode.work.out, 0);
  c.outcome = Outcome::refused;
  EXPECT_EQ(slices_of(c, {}).prefill.work.fresh, 0);
}

TEST(Provisional, is_the_curve_at_the_batch_with_the_calls_share_of_the_machine) {
  CallFacts c;
  c.id = {{1, 1}, 0};
  c.start = kT0;
  c.end = kT0 + seconds(8);
  c.in = 1000;
  c.out = 200;
  c.mean_batch = 4;
  const OwnHardware hw{{1, 150, 1.2, 0.08}, {{0.07, 3.2}, 0.03, 0.0024, 0}, 0.3, {164, 700, 3}, {euros(3.6), Money()}};
  const auto f = provisional(c, hw, {56, 0.08, true});
  const double gpu = 1000 * 0.03 + 200 * (0.07 + 0.8);
  EXPECT_EQ(f.gpu_energy, joules(gpu));
  EXPECT_EQ(f.energy, joules(1.2 * (gpu + 150 * 2)));
  EXPECT_EQ(f.cost, euros(0.002)) << "two seconds of the machine";
  EXPECT_EQ(f.operational, emitted(f.energy, {56}));
  EXPECT_EQ(f.letter, Letter::B);
  EXPECT_LT(f.energy_low, f.energy);
  const auto s = provisional_settlement(c, f);
  EXPECT_EQ(s.version, 0u);
  EXPECT_EQ(s.basis, Basis::provisional);
  c.outcome = Outcome::refused;
  EXPECT_EQ(provisional(c, hw, {56, 0.08, true}).cost, Money());
  c.outcome = Outcome::ok;
  c.simulated = true;
  EXPECT_EQ(provisional(c, hw, {56, 0.08, false}).letter, Letter::S);
}

TEST(Provisional, of_a_vendor_is_its_price_and_the_formula) {
  CallFacts c;
  c.start = kT0;
  c.end = kT0 + seconds(3);
  c.in = 1155;
  c.out = 211;
  VendorModel m;
  m.active_b = 20;
  m.total_b = 40;
  const VendorPrice price{euros(0.15), euros(0.075), euros(0.6), {}, 1};
  const auto f = provisional_vendor(c, m, price, {400, 0.35, false});
  ASSERT_TRUE(f);
  EXPECT_EQ(f->letter, Letter::D);
  EXPECT_EQ(f->cost, *vendor_cost(price, {1155, 0, 211, 0}));
  EXPECT_GT(f->energy_high, f->energy + f->energy);
  c.cached = 2000;
  EXPECT_FALSE(provisional_vendor(c, m, price, {400, 0.35, false}));
}

}  // namespace
}  // namespace trine::energy::attribution_test

#include "score/savings.h"

#include <gtest/gtest.h>

#include "unit/score/savings_fixture.h"

namespace trine::score::savings_test {
namespace {

using namespace testing;
using energy::Letter;

Savings savings_of(const SavingsBaseline& b, const std::vector<ServedHour>& hours) {
  auto s = savings(b, hours);
  EXPECT_TRUE(s) << (s ? "" : s.error().message);
  return s.value_or(Savings{});
}

TEST(Savings, AVendorIsPricedByItsTableAndMeteredByTheFormula) {
  const auto s = savings_of(vendor_baseline(), {hour_of(1000, 1000, 200, cheap())});
  // 1M prompt tokens at 0.15, 0.2M output tokens at 0.60.
  EXPECT_EQ(s.baseline.cost, euros(0.15 + 0.12));
  const auto formula = energy::vendor_estimate(std::get<VendorBaseline>(vendor_baseline().what).model,
                                               {.in = 1'000'000, .cached = 0, .out = 200'000}, std::nullopt);
  EXPECT_EQ(s.baseline.energy, formula->facility);
  EXPECT_EQ(s.baseline.carbon, emitted(formula->facility, Intensity{380}) + formula->embodied);
  EXPECT_EQ(s.actual.energy, joules(20'000));
  EXPECT_EQ(s.saved.energy, s.baseline.energy - joules(20'000));
  EXPECT_EQ(s.saved.cost, euros(0.27) - euros(0.1));
  EXPECT_EQ(s.tokens, 1'200'000);
}

TEST(Savings, CachedTokensHaveTheirOwnPriceAtTheVendor) {
  auto hour = hour_of(10, 1000, 0, cheap());
  hour.sums.cached = hour.sums.served.cached = 10'000;
  EXPECT_EQ(savings_of(vendor_baseline(), {hour}).baseline.cost, euros(0.01 * 0.075));
}

TEST(Savings, TheBaselinesGramsFollowItsOwnZoneHourByHour) {
  const auto night = hour_of(10, 1000, 200, cheap(), {100, 0.08, true});
  const auto noon = hour_of(10, 1000, 200, cheap(), {300, 0.08, true});
  const auto one = savings_of(vendor_baseline(), {night}), other = savings_of(vendor_baseline(), {noon});
  const auto both = savings_of(vendor_baseline(), {night, noon});
  EXPECT_EQ(both.baseline.carbon, one.baseline.carbon + other.baseline.carbon);
  EXPECT_GT(other.baseline.carbon, one.baseline.carbon);
  EXPECT_EQ(other.baseline.energy, one.baseline.energy);
}

TEST(Savings, IdleEnergyOfOwnDevicesCountsAgainstIt) {
  auto hour = hour_of(10, 1000, 200, cheap());
  const auto before = savings_of(vendor_baseline(), {hour});
  hour.unattributed.energy = joules(500);
  hour.unattributed.operational = grams(3);
  hour.unattributed.embodied = grams(1);
  hour.unattributed.cost = euros(0.2);
  const auto after = savings_of(vendor_baseline(), {hour});
  EXPECT_EQ(after.saved.energy, before.saved.energy - joules(500));
  EXPECT_EQ(after.saved.carbon, before.saved.carbon - grams(4));
  EXPECT_EQ(after.saved.cost, before.saved.cost - euros(0.2));
}

TEST(Savings, AnHourOfIdlenessAloneIsALoss) {
  ServedHour hour;
  hour.grid = kGrid;
  hour.unattributed.energy = joules(1000);
  hour.unattributed.cost = euros(1);
  const auto s = savings_of(vendor_baseline(), {hour});
  EXPECT_EQ(s.saved.energy, joules(-1000));
  EXPECT_FALSE(s.cost_unclear());
  EXPECT_NE(sentence(s, vendor_baseline(), "EUR").find("Saving -€1.00 also saved -1.00 kJ"), std::string::npos)
      << sentence(s, vendor_baseline(), "EUR");
}

TEST(Savings, DeviationsOfTheTwoSidesAddInSquares) {
  energy::Figures f = cheap();
  f.energy_low = joules(17);
  f.energy_high = joules(24);
  const auto s = savings_of(vendor_baseline(), {hour_of(1, 1000, 200, f)});
  const double up = to_joules(s.baseline.energy_high - s.baseline.energy);
  const double down = to_joules(s.baseline.energy - s.baseline.energy_low);
  EXPECT_NEAR(to_joules(s.saved.energy_high - s.saved.energy), std::hypot(up, 3), 1e-5);
  EXPECT_NEAR(to_joules(s.saved.energy - s.saved.energy_low), std::hypot(down, 4), 1e-5);
}

TEST(Savings, TheLetterIsTheWorstOfBothSides) {
  EXPECT_EQ(savings_of(vendor_baseline(), {hour_of(1, 10, 10, cheap(Letter::A))}).letter, Letter::D);
  EXPECT_EQ(savings_of(vendor_baseline(), {hour_of(1, 10, 10, cheap(Letter::S))}).letter, Letter::S);
  EXPECT_EQ(savings_of(own_baseline(1), {hour_of(1, 10, 10, cheap(Letter::A), {80, 0.08, true})}).letter, Letter::B);
  EXPECT_EQ(savings_of(own_baseline(1), {hour_of(1, 10, 10, cheap(Letter::A))}).letter, Letter::C);
}

TEST(Savings, ASimulatedBaselineMakesItSimulated) {
  auto b = own_baseline(1);
  std::get<OwnBaseline>(b.what).simulated = true;
  const auto s = savings_of(b, {hour_of(1, 10, 10, cheap())});
  EXPECT_TRUE(s.simulated);
  EXPECT_EQ(s.letter, Letter::S);
  EXPECT_NE(sentence(s, b, "EUR").find("quality S, simulated"), std::string::npos);
}

TEST(Savings, CallsWithoutFiguresAreLeftOutOnBothSides) {
  auto hour = hour_of(8, 1000, 200, cheap());
  const auto settled = savings_of(vendor_baseline(), {hour});
  hour.sums.calls += 2;
  hour.sums.unsettled_calls = 2;
  hour.sums.in += 2000;
  hour.sums.out += 400;
  const auto s = savings_of(vendor_baseline(), {hour});
  EXPECT_EQ(s.baseline, settled.baseline);
  EXPECT_NE(sentence(s, vendor_baseline(), "EUR").find("2 calls have no figures yet"), std::string::npos);
}

TEST(Savings, ARequestThatWasTriedAgainIsWhatTheBaselineServesOnce) {
  const auto once = hour_of(8, 1000, 200, cheap());
  auto retried = once;  // each failed at another deployment first, with its prompt read
  retried.sums.calls += 8;
  retried.sums.in += 8000;
  retried.sums.energy += joules(30);
  const auto a = savings_of(vendor_baseline(), {once}), b = savings_of(vendor_baseline(), {retried});
  EXPECT_EQ(b.baseline, a.baseline);
  EXPECT_EQ(b.saved.energy, a.saved.energy - joules(30)) << "the failed calls bear what they took";
  EXPECT_EQ(b.tokens, a.tokens);
}

TEST(Savings, TheGatewaysOwnEnergyCountsAgainstIt) {
  auto hour = hour_of(8, 1000, 200, cheap());
  const auto before = savings_of(vendor_baseline(), {hour});
  hour.gateway = {std::chrono::seconds(9), joules(50), joules(20), joules(90), grams(3), grams(1), grams(6)};
  const auto after = savings_of(vendor_baseline(), {hour});
  EXPECT_EQ(after.actual.energy, before.actual.energy + joules(50));
  EXPECT_EQ(after.actual.energy_low, before.actual.energy_low + joules(20));
  EXPECT_EQ(after.actual.carbon_high, before.actual.carbon_high + grams(6));
  EXPECT_EQ(after.saved.carbon, before.saved.carbon - grams(3));
  EXPECT_EQ(after.saved.cost, before.saved.cost);
}

TEST(Savings, WhatCameAfterItsMonthWasClosedCountsWhenItCame) {
  auto hour = hour_of(8, 1000, 200, cheap());
  const auto late = hour_of(2, 1000, 200, cheap());
  const auto before = savings_of(vendor_baseline(), {hour}), alone = savings_of(vendor_baseline(), {late});
  hour.prior.sums = late.sums;
  hour.prior.sums.energy -= joules(5);  // and corrections of others
  hour.prior.unattributed.energy = joules(7);
  const auto after = savings_of(vendor_baseline(), {hour});
  EXPECT_EQ(after.baseline.cost, before.baseline.cost + alone.baseline.cost);
  EXPECT_EQ(after.actual.energy, before.actual.energy + alone.actual.energy + joules(2));
}

TEST(Savings, AnOwnBaselineFillsAsTheLoadSays) {
  // 3.6M output tokens in an hour are 1000 a second: with 10.2 ms + 0.21 ms * B a step, B = 10.2 / 0.79 = 12.9.
  const auto b = own_baseline(std::nullopt);
  const auto s = savings_of(b, {hour_of(36'000, 0, 100, cheap())});
  const auto given = savings_of(own_baseline(10.2 / 0.79), {hour_of(36'000, 0, 100, cheap())});
  EXPECT_NEAR(to_joules(s.baseline.energy), to_joules(given.baseline.energy), 1);
  EXPECT_EQ(s.baseline.energy_high, given.baseline.energy_high);
  EXPECT_LT(s.baseline.energy_low, given.baseline.energy_low) << "bursts may fill it better";
  EXPECT_LT(s.baseline.cost_low, s.baseline.cost);
}

TEST(Savings, AQuietHourMakesABatchOfOne) {
  const auto hour = hour_of(1, 1000, 100, cheap());
  EXPECT_EQ(savings_of(own_baseline(std::nullopt), {hour}).baseline.energy,
            savings_of(own_baseline(1), {hour}).baseline.energy);
}

TEST(Savings, MoreThanOneMachineCanDoIsAFullBatch) {
  const auto hour = hour_of(1'000'000, 1000, 100, cheap());
  EXPECT_EQ(savings_of(own_baseline(std::nullopt), {hour}).baseline.energy,
            savings_of(own_baseline(kFullBatch), {hour}).baseline.energy);
}

TEST(Savings, OwnHardwareBilledByTheTokenCostsWhatTheTableSays) {
  auto b = own_baseline(4);
  std::get<OwnBaseline>(b.what).token_price =
      energy::VendorPrice{.in = euros(1), .cached = euros(1), .out = euros(2), .reasoning = std::nullopt};
  EXPECT_EQ(savings_of(b, {hour_of(10, 100'000, 0, cheap())}).baseline.cost, euros(1));
}

TEST(Savings, AMixTakesEachModelsShareOfTheTokens) {
  const std::vector<ServedHour> hours = {hour_of(1000, 1000, 200, cheap())};
  const auto one = std::get<VendorBaseline>(vendor_baseline().what);
  auto twice = one;  // another model: twice the price, four times the size
  twice.price.in = scale(one.price.in, 2);
  twice.price.cached = scale(one.price.cached, 2);
  twice.price.out = scale(one.price.out, 2);
  twice.model.active_b *= 4;
  twice.model.total_b *= 4;
  const auto mix = [&](double in, double out) {
    auto b = vendor_baseline();
    b.what = MixBaseline{{{one, in, out}, {twice, 1 - in, 1 - out}}};
    return savings_of(b, hours);
  };
  EXPECT_EQ(mix(1, 1).baseline, savings_of(vendor_baseline(), hours).baseline);
  // 1M prompt tokens at 0.15, 0.2M output tokens at 0.60: three quarters and one half of them at once the price.
  EXPECT_EQ(mix(0.75, 0.5).baseline.cost, euros(0.15 * 1.25 + 0.12 * 1.5));
  EXPECT_GT(mix(0.5, 0.5).baseline.energy, mix(1, 1).baseline.energy);
  EXPECT_GT(mix(0, 0).baseline.energy, mix(0.5, 0.5).baseline.energy);
  EXPECT_EQ(mix(0.5, 0.5).letter, Letter::D);
  auto nothing = vendor_baseline();
  nothing.what = MixBaseline{};
  EXPECT_FALSE(savings(nothing, hours));
}

TEST(Savings, ABaselineWithoutSizeIsAnError) {
  auto b = vendor_baseline();
  std::get<VendorBaseline>(b.what).model.active_b = 0;
  EXPECT_FALSE(savings(b, std::vector{hour_of(1, 10, 10, cheap())}));
}

TEST(SavingsSentence, SaysAmountsRangesQualityAndBaseline) {
  Savings s;
  s.tokens = 1;
  s.letter = Letter::D;
  s.saved = {kilowatt_hours(12.3), kilowatt_hours(5), kilowatt_hours(40), grams(4100),  grams(1200),
             grams(9000),          euros(123.456),    euros(110),         euros(140.25)};
  EXPECT_EQ(sentence(s, vendor_baseline(), "EUR"),
            "Saving €123.46 also saved 12.3 kWh and 4.10 kg CO2e (90 % ranges: €110.00 to €140.25; 5.00 to 40.0 kWh; "
            "1.20 to 9.00 kg CO2e; quality D) against openai gpt-4o-mini in zone US.");
}

TEST(SavingsSentence, ARangeThatContainsZeroReadsNotDistinguishable) {
  Savings s;
  s.tokens = 1;
  s.saved = {joules(10), joules(-5), joules(25), grams(1), grams(0.5), grams(2), euros(1), euros(0), euros(2)};
  const auto text = sentence(s, vendor_baseline(), "EUR");
  EXPECT_EQ(text.find("Saving money not distinguishable from none also saved energy not distinguishable from none and "
                      "1.00 g CO2e (90 % ranges: €0 to €2.00; -5.00 to 25.0 J;"),
            0u)
      << text;
}

TEST(SavingsSentence, SaysWhichPartDocumentsAndCachesHave) {
  ServedHour h;
  h.grid = kGrid;
  h.avoided.requests = h.avoided.without_call = 1;
  h.avoided.in = 1'000'000;
  const auto s = savings(vendor_baseline(), std::vector{h});
  ASSERT_TRUE(s);
  EXPECT_EQ(s->saved.cost, euros(0.15)) << "the baseline's price of a million prompt tokens";
  const auto text = sentence(*s, vendor_baseline(), "EUR");
  EXPECT_NE(text.find(" Part of it, and counted in it: €0.150, "), std::string::npos) << text;
  EXPECT_NE(text.find(" for 1000000 tokens that documents and caches spared."), std::string::npos) << text;
}

TEST(Savings, TokensThatStepsAddedLowerTheBaselinesSide) {
  auto h = hour_of(1, 1000, 100, cheap());
  const auto before = savings(vendor_baseline(), std::vector{h});
  h.avoided.requests = 1;
  h.avoided.in = -200;
  const auto after = savings(vendor_baseline(), std::vector{h});
  EXPECT_EQ(before->baseline.cost - after->baseline.cost, scale(euros(0.15), 200e-6));
  h.avoided.in = -5000;  // more than there was: nothing is left, and nothing is negative
  EXPECT_GE(savings(vendor_baseline(), std::vector{h})->baseline.energy, Energy());
}

TEST(Savings, TheBaselinesSideCanBeAskedForAlone) {
  auto h = hour_of(40, 1000, 100, cheap());
  h.begin = from_unix_ns(1'764'000'000'000'000'000);
  for (const auto& baseline : {vendor_baseline(), own_baseline({}), own_baseline(8)}) {
    const auto side = baseline_takes(baseline, {40, 40'000, 0, 4000}, {h.grid, h.begin, h.seconds});
    ASSERT_TRUE(side) << side.error().message;
    EXPECT_EQ(*side, savings(baseline, std::vector{h})->baseline) << baseline.name;
  }
  EXPECT_EQ(*baseline_takes(vendor_baseline(), {}, {}), Amounts{}) << "nothing served";
}

TEST(SavingsSentence, NothingServedIsNoSaving) {
  EXPECT_EQ(sentence(savings_of(vendor_baseline(), {}), vendor_baseline(), "EUR"),
            "Nothing was served in this period: there is nothing to compare with openai gpt-4o-mini.");
}

}  // namespace
}  // namespace trine::score::savings_test

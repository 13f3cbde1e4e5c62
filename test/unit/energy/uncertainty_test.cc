#include "energy/uncertainty.h"

#include <gtest/gtest.h>

#include <cmath>

#include "energy/boundary.h"
#include "energy/settlement.h"

namespace trine::energy::uncertainty_test {
namespace {

TEST(Range, holds_90_percent_of_a_lognormal) {
  const Range r = range90(100, 0.3);
  EXPECT_NEAR(r.low, 100 * std::exp(-0.4935), 1e-9);
  EXPECT_NEAR(r.high, 100 * std::exp(0.4935), 1e-9);
}

TEST(Range, additive_parts_are_propagated_apart) {
  EXPECT_NEAR(of_sum(75, 0.03, 25, 0.25), std::hypot(75 * 0.03, 25 * 0.25) / 100, 1e-12);
  EXPECT_EQ(of_sum(0, 0.3, 0, 0.3), 0);
}

TEST(Letters, say_how_a_figure_was_made) {
  EXPECT_EQ(letter_for(Source::meter, true, false), Letter::A);
  EXPECT_EQ(letter_for(Source::meter, false, false), Letter::B);
  EXPECT_EQ(letter_for(Source::curve, true, false), Letter::B);
  EXPECT_EQ(letter_for(Source::curve, false, false), Letter::C);
  EXPECT_EQ(letter_for(Source::vendor, true, false), Letter::D);
  EXPECT_EQ(letter_for(Source::meter, true, true), Letter::S) << "simulated beats all others";
  EXPECT_EQ(lowered(Letter::C), Letter::C);
}

TEST(Letters, an_aggregate_names_the_lowest_over_five_percent) {
  LetterMix mix;
  mix.add(Letter::A, joules(90));
  mix.add(Letter::C, joules(6));
  mix.add(Letter::D, joules(4));
  EXPECT_EQ(mix.lowest(), Letter::C);
  EXPECT_NEAR(mix.share(Letter::A), 0.9, 1e-12);
  mix.add(Letter::S, joules(10));
  EXPECT_EQ(mix.lowest(), Letter::S);
  EXPECT_EQ(LetterMix().lowest(), Letter::D);
}

TEST(Sums, shared_factors_do_not_average_out_and_own_ones_do) {
  UncertainSum shared, own;
  for (int i = 0; i < 100; ++i) {
    shared.add(UncertainSum::Part{1, {}, 0}.with(Factor::intensity, 0.3));
    own.add({1, {}, 0.3});
  }
  EXPECT_NEAR(shared.relative_sigma(), 0.3, 1e-12);
  EXPECT_NEAR(own.relative_sigma(), 0.03, 1e-12);
  EXPECT_EQ(UncertainSum().relative_sigma(), 0);
}

TEST(Sums, of_figures_add_ranges_linearly) {
  Figures f;
  f.energy = joules(10);
  f.operational = grams(1);
  f.embodied = grams(0.2);
  set_ranges(f, 0.1, 0.2, 0.5);
  f.letter = Letter::B;
  Aggregate sum;
  for (int i = 0; i < 3; ++i) sum.add(f);
  const Figures t = sum.total();
  EXPECT_EQ(t.energy_high.raw(), 3 * f.energy_high.raw());
  EXPECT_EQ(t.carbon_low.raw(), 3 * f.carbon_low.raw());
  EXPECT_EQ(t.letter, Letter::B);
}

TEST(Boundary, facility_is_gpu_and_host_times_pue) {
  const Site site{2, 150, 1.5, 0.08};
  EXPECT_EQ(modelled_host(site, std::chrono::seconds(10)), joules(3000));
  EXPECT_EQ(facility(joules(5000), joules(3000), site), joules(12000));
  EXPECT_FALSE(check(Site{1, 150, 0.9, 0.1}));
  EXPECT_FALSE(check(Site{0, 150, 1.2, 0.1}));
  EXPECT_TRUE(check(site));
}

TEST(Boundary, embodied_carbon_is_spread_over_the_life) {
  const Embodied e{164, 712, 3};
  EXPECT_NEAR(e.ng_per_s(2) * 3 * 365.25 * 86400, 2 * 876e12, 1e6);
  EXPECT_EQ((Embodied{164, 712, 0}).ng_per_s(1), 0);
}

TEST(Boundary, own_price_is_depreciation_maintenance_and_electricity) {
  const Money per_hour = depreciation_per_hour(euros(26'298), 3, euros(876.6));
  EXPECT_EQ(per_hour, euros(1.1));
  EXPECT_EQ(hourly_cost({per_hour, euros(0.25)}, std::chrono::minutes(30), kilowatt_hours(0.4)), euros(0.55 + 0.1));
}

TEST(Boundary, a_useless_intensity_becomes_the_worlds_mean) {
  for (const double g : {0.0, -3.0, std::nan(""), HUGE_VAL, 6000.0}) {
    const auto v = usable({g, 0.08, true});
    EXPECT_EQ(v.g_per_kwh, 475) << g;
    EXPECT_FALSE(v.hourly);
    EXPECT_EQ(v.sigma, 0.9);
  }
  EXPECT_EQ(usable({56, 0.08, true}).g_per_kwh, 56);
}

TEST(SettlementFold, the_latest_version_of_a_call_counts) {
  SettlementFold fold;
  Settlement s;
  s.call = {{1, 2}, 0};
  s.figures.energy = joules(5);
  EXPECT_TRUE(fold.apply(s));
  Settlement final = s;
  final.version = 2;
  final.figures.energy = joules(7);
  EXPECT_TRUE(fold.apply(final));
  EXPECT_FALSE(fold.apply(s)) << "an old one that comes late";
  EXPECT_FALSE(fold.apply(final));
  EXPECT_EQ(fold.sum().total().energy, joules(7));
  EXPECT_EQ(fold.find({{9, 9}, 0}), nullptr);
}

}  // namespace
}  // namespace trine::energy::uncertainty_test

#include "base/human.h"

#include <gtest/gtest.h>

#include <limits>

namespace trine::human_test {
namespace {

TEST(Human, EnergyTakesTheUnitThatFits) {
  EXPECT_EQ(human(Energy()), "0 J");
  EXPECT_EQ(human(Energy::raw(7)), "7 µJ");
  EXPECT_EQ(human(joules(0.0123)), "12.3 mJ");
  EXPECT_EQ(human(joules(1)), "1.00 J");
  EXPECT_EQ(human(joules(45.678)), "45.7 J");
  EXPECT_EQ(human(joules(1234)), "1.23 kJ");
  EXPECT_EQ(human(joules(359'000)), "359 kJ");
  EXPECT_EQ(human(joules(360'000)), "0.100 kWh");
  EXPECT_EQ(human(kilowatt_hours(12.34)), "12.3 kWh");
  EXPECT_EQ(human(kilowatt_hours(98'765)), "98.8 MWh");
}

TEST(Human, RoundingUpNeverShowsAThousand) {
  EXPECT_EQ(human(joules(999.4)), "999 J");
  EXPECT_EQ(human(joules(999.6)), "1.00 kJ");
  EXPECT_EQ(human(joules(9.996)), "10.0 J");
  EXPECT_EQ(human(joules(99.96)), "100 J");
}

TEST(Human, CarbonGoesFromNanogramsToTonnes) {
  EXPECT_EQ(human(Carbon()), "0 g");
  EXPECT_EQ(human(Carbon::raw(12)), "12 ng");
  EXPECT_EQ(human(grams(0.0000456)), "45.6 µg");
  EXPECT_EQ(human(grams(0.0345)), "34.5 mg");
  EXPECT_EQ(human(grams(2.5)), "2.50 g");
  EXPECT_EQ(human(grams(1250)), "1.25 kg");
  EXPECT_EQ(human(grams(3.2e6)), "3.20 t");
}

TEST(Human, SmallMoneyKeepsThreeDigitsAndLargeMoneyItsCents) {
  EXPECT_EQ(human(Money(), "EUR"), "€0");
  EXPECT_EQ(human(euros(0.00000123), "EUR"), "€0.00000123");
  EXPECT_EQ(human(euros(0.5), "EUR"), "€0.500");
  EXPECT_EQ(human(euros(1234.5), "EUR"), "€1234.50");
  EXPECT_EQ(human(euros(12.3), "USD"), "$12.30");
  EXPECT_EQ(human(euros(12.3), "CHF"), "CHF 12.30");
}

TEST(Human, NegativeIsShownAsNegative) {
  EXPECT_EQ(human(joules(-1234)), "-1.23 kJ");
  EXPECT_EQ(human(grams(-0.5)), "-500 mg");
  EXPECT_EQ(human(euros(-0.02), "EUR"), "-€0.0200");
}

TEST(Human, ARangeHasOneUnit) {
  EXPECT_EQ(human_range(joules(900), joules(3400)), "0.900 to 3.40 kJ");
  EXPECT_EQ(human_range(joules(-900), joules(3400)), "-0.900 to 3.40 kJ");
  EXPECT_EQ(human_range(Carbon(), grams(2)), "0 to 2.00 g");
  EXPECT_EQ(human_range(euros(0.01), euros(2), "EUR"), "€0.0100 to €2.00");
}

TEST(Human, NumbersAreNeverInExponents) {
  EXPECT_EQ(human_number(0), "0");
  EXPECT_EQ(human_number(0.0000123), "0.0000123");
  EXPECT_EQ(human_number(1234.4), "1234");
  EXPECT_EQ(human_number(std::numeric_limits<double>::infinity()), "-");
}

TEST(Human, TheSmallestAndLargestAmountsAreShown) {
  EXPECT_EQ(human(Energy::raw(std::numeric_limits<int64_t>::max())), "2562 MWh");
  EXPECT_EQ(human(Energy::raw(std::numeric_limits<int64_t>::min())), "-2562 MWh");
}

}  // namespace
}  // namespace trine::human_test

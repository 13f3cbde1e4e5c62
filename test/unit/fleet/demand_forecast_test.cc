#include "fleet/demand_forecast.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trine::fleet::demand_forecast_test {
namespace {

double day(size_t hour) {
  return 1000 + 900 * std::sin(static_cast<double>(hour % 24) / 24 * 2 * 3.14159265358979);
}

TEST(ADemandForecast, KnowsADayThatComesAgain) {
  DemandForecast f;
  for (size_t h = 0; h < 72; ++h) f.add(day(h));
  for (size_t ahead = 1; ahead <= 48; ++ahead) EXPECT_NEAR(f.expect(ahead), day(71 + ahead), 1e-6) << ahead;
  EXPECT_NEAR(f.quantile(1, 0.99), day(72), 1e-6) << "no error was made, so no margin is kept";
}

TEST(ADemandForecast, SeesNothingButWhatIsOver) {
  DemandForecast f;
  EXPECT_EQ(f.expect(1), 0);
  f.add(70);
  EXPECT_EQ(f.expect(5), 70) << "the last hour is all there is";
}

TEST(ADemandForecast, KeepsAMarginOfErrorsThatWereMade) {
  DemandForecast f;
  for (size_t h = 0; h < 240; ++h) f.add(h % 7 == 3 ? 500 : 100);  // seven hours do not fit a day
  const double expected = f.expect(1);
  EXPECT_GT(f.quantile(1, 0.97), expected + 100);
  EXPECT_LE(f.quantile(1, 0.3), f.quantile(1, 0.9));
  EXPECT_GE(f.quantile(1, 0), 0);
}

TEST(ADemandForecast, FollowsALevelThatRises) {
  DemandForecast f;
  for (size_t h = 0; h < 24 * 8; ++h) f.add(day(h) * (h < 24 * 6 ? 1 : 1.5));
  EXPECT_NEAR(f.expect(1), 1.5 * day(24 * 8), 0.15 * day(24 * 8));
}

}  // namespace
}  // namespace trine::fleet::demand_forecast_test

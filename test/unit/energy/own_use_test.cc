#include "energy/own_use.h"

#include <gtest/gtest.h>

namespace trine::energy::own_use_test {
namespace {

const Wall kNine = *parse_iso8601("2026-11-23T09:00:00Z");
const GatewayHost kHost{.zone = "FR", .watts_per_core = 10, .pue = 1.5, .pue_sigma = 0.08};
const GridValue kGrid{60, 0.08, true};

TEST(OwnUse, IsCpuTimeTimesWattsPueAndIntensity) {
  const auto use = gateway_use(kNine, kNine + std::chrono::minutes(1), std::chrono::seconds(12), kHost, kGrid);
  EXPECT_EQ(use.energy, joules(12 * 10 * 1.5));
  EXPECT_EQ(use.carbon, emitted(joules(180), Intensity{60}));
  EXPECT_EQ(use.zone, "FR");
  // A factor of two either way for the watts, and the PUE's.
  EXPECT_LT(use.energy_low, joules(90));
  EXPECT_GT(use.energy_low, joules(80));
  EXPECT_GT(use.energy_high, joules(360));
  EXPECT_LT(use.carbon_low, use.carbon);
  EXPECT_GT(use.carbon_high, use.carbon);
}

TEST(OwnUse, IsNeverZeroWhereCpuTimeWasUsed) {
  const auto use = gateway_use(kNine, kNine, Nanos(1), kHost, {0.001, 0, true});
  EXPECT_GT(use.energy, Energy());
  EXPECT_GT(use.carbon, Carbon());
  EXPECT_EQ(gateway_use(kNine, kNine, Nanos(-5), kHost, kGrid).energy, Energy());
  const auto blind = gateway_use(kNine, kNine, std::chrono::seconds(1), kHost, {0, 0, true});
  EXPECT_EQ(blind.carbon, emitted(blind.energy, Intensity{475})) << "a missing intensity is the world's mean";
}

}  // namespace
}  // namespace trine::energy::own_use_test

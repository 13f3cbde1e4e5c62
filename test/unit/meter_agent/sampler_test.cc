#include "meter_agent/sampler.h"

#include "unit/meter_agent/agent_fixture.h"

namespace trine::meter_agent::sampler_test {
namespace {

using SamplerTest = AgentTest;

std::vector<int64_t> times_ms(const Store& store, Nanos start) {
  std::vector<int64_t> all;
  for (uint64_t n = store.ring().first(); n <= store.ring().last(); ++n)
    all.push_back((store.ring()[n].mono_us - start.count() / 1000) / 1000);
  return all;
}

TEST_F(SamplerTest, ReadsAtOnceAndThenOnTheSecond) {
  const Nanos begin = clock.mono().time_since_epoch();
  start();
  advance(3500ms);
  EXPECT_EQ(times_ms(run->store, begin), (std::vector<int64_t>{0, 1000, 2000, 3000}));
}

TEST_F(SamplerTest, ASlowMeterDoesNotShiftTheMoments) {
  const Nanos begin = clock.mono().time_since_epoch();
  start();
  run->meters[0]->takes = 400ms;
  advance(3500ms);
  EXPECT_EQ(times_ms(run->store, begin), (std::vector<int64_t>{0, 1400, 2400, 3400}));
}

TEST_F(SamplerTest, AMeterThatHangsHoldsUpNoneOfTheOthersAndItsMomentsAreCounted) {
  start({"GPU-0", "GPU-1"});
  run->meters[1]->takes = 10s;
  advance(5500ms);
  EXPECT_EQ(run->meters[0]->reads, 6);
  EXPECT_EQ(run->meters[1]->reads, 2);
  EXPECT_EQ(run->sampler->meters()[0].missed, 0u);
  EXPECT_EQ(run->sampler->meters()[1].missed, 4u);
}

TEST_F(SamplerTest, AMeterThatFailsIsDownUntilItAnswersAgain) {
  start();
  run->meters[0]->broken = "GPU is lost";
  advance(2s);
  const MeterState& state = run->sampler->meters()[0];
  EXPECT_FALSE(state.up);
  EXPECT_EQ(state.trouble, "GPU is lost");
  EXPECT_EQ(state.errors, 2u);
  run->meters[0]->broken.clear();
  advance(1s);
  EXPECT_TRUE(state.up);
  EXPECT_EQ(state.trouble, "");
}

}  // namespace
}  // namespace trine::meter_agent::sampler_test

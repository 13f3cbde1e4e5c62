#include "gateway/metering/own_use.h"

#include "integration/gateway/harness.h"

namespace trine::gateway::test::own_use_test {
namespace {

struct OwnUseTest : testing::Test {
  void start() { own.use(h.context.snapshot()); }
  ledger::Report hours() {
    EXPECT_TRUE(h.ledger->flush());
    return *h.ledger->reports().query(
        {from_unix_ns(0), from_unix_ns(4'000'000'000'000'000'000), ledger::By::hour, {}, {}, {}, {}});
  }
  Harness h;
  Nanos cpu = 4s;  // what starting took
  OwnUse own{h.loop, h.ledger->back_office(), [this] { return cpu; }};
};

TEST_F(OwnUseTest, BooksTheCpuTimeEveryMinuteIntoItsHour) {
  start();
  const Wall begin = h.clock.wall();
  const Nanos to_hour = std::chrono::ceil<std::chrono::hours>(begin) - begin;
  for (Nanos t{0}; t < to_hour + 10min; t += 1min) {
    cpu += 600ms;
    h.advance(1min);
  }
  const auto report = hours();
  ASSERT_EQ(report.rows.size(), 2u);
  EXPECT_EQ(report.total.gateway.cpu, cpu) << "start-up and all minutes, once";
  EXPECT_GT(report.rows[1].gateway.cpu, 5s);
  EXPECT_LT(report.rows[1].gateway.cpu, 7s);
  EXPECT_EQ(report.total.gateway.energy, own.total().energy);
  EXPECT_EQ(report.total.sums.energy, Energy()) << "it is no request's";
  EXPECT_EQ(report.total.unattributed.energy, Energy()) << "and no device's";
}

TEST_F(OwnUseTest, ShowsWhatIsNotBookedYet) {
  start();
  EXPECT_GT(own.total().energy, Energy());
  EXPECT_EQ(hours().total.gateway.cpu, Nanos(0));
  own.book();
  own.book();
  EXPECT_EQ(hours().total.gateway.cpu, cpu);
}

TEST_F(OwnUseTest, ARestartedProcessBooksItsOwn) {
  start();
  own.book();
  Nanos other_cpu = 3s;  // a new process begins at 0
  OwnUse other(h.loop, h.ledger->back_office(), [&] { return other_cpu; });
  other.use(h.context.snapshot());
  other.book();
  EXPECT_EQ(hours().total.gateway.cpu, cpu + other_cpu);
}

TEST_F(OwnUseTest, StepsOfTheWallClockLoseNothing) {
  start();
  for (const auto step : {-3h, 5h, 24h * 900}) {
    h.clock.step_wall(step);
    cpu += 2s;
    own.book();
  }
  EXPECT_EQ(hours().total.gateway.cpu, cpu);
  EXPECT_LT(hours().rows.size(), 12u);
}

TEST_F(OwnUseTest, TheZoneIsTheConfiguredOneOrTheOneOfAllDeployments) {
  EXPECT_EQ(gateway_host(*h.context.snapshot()).zone, "") << "FR and DE: the world's mean";
  Sample sample;
  sample.more = "gateway: { zone: SE, pue: 1.1, watts_per_core: 7 }\n";
  h.reload(sample);
  const auto host = gateway_host(*h.context.snapshot());
  EXPECT_EQ(host.zone, "SE");
  EXPECT_EQ(host.pue, 1.1);
  EXPECT_EQ(host.watts_per_core, 7);
}

TEST(ProcessCpuTime, Grows) {
  const Nanos before = process_cpu_time();
  EXPECT_GT(before, Nanos(0));
  Nanos after = before;
  while (after == before) after = process_cpu_time();  // each look costs some
  EXPECT_GT(after, before);
}

}  // namespace
}  // namespace trine::gateway::test::own_use_test

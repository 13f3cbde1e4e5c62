// A controller against a cloud in memory: what is ordered, what is written down, what a crash in between changes.
#include "fleet/controller.h"

#include "unit/fleet/fleet_fixture.h"

namespace trine::fleet::controller_test {
namespace {

using namespace testing;

struct ControllerTest : ::testing::Test {
  ControllerTest() {
    options.rules.min_uptime = s(0);
    options.seed = 1;
  }
  // One pass of a controller that lives on between passes, as with --watch.
  PassReport pass(std::vector<Wanted> wanted) {
    if (!controller) controller.emplace(log, cloud, clock, options);
    return pass(*controller, std::move(wanted));
  }
  // One pass of a new one, as after a restart.
  PassReport pass_anew(std::vector<Wanted> wanted) {
    controller.reset();
    return pass(std::move(wanted));
  }
  static PassReport pass(Controller& c, std::vector<Wanted> wanted) {
    std::optional<PassReport> report;
    c.pass(std::move(wanted), [&](PassReport r) { report = std::move(r); });
    EXPECT_TRUE(report) << "the cloud answers at once";
    return report ? std::move(*report) : PassReport{};
  }
  int in(Instance::State state) const {
    int n = 0;
    for (const auto& [id, i] : log.instances().all()) n += i.state == state ? 1 : 0;
    return n;
  }

  VirtualClock clock{kNoon};
  MemoryLog log;
  Cloud cloud;
  Controller::Options options;
  std::optional<Controller> controller;
};

TEST_F(ControllerTest, BringsMachinesUpAndTakesThemDown) {
  auto report = pass({want("h100-se", 2)});
  EXPECT_EQ(in(Instance::State::provisioning), 2);
  EXPECT_FALSE(report.settled);
  cloud.all_become(MachineReport::State::ready);
  report = pass({want("h100-se", 2)});
  EXPECT_EQ(in(Instance::State::ready), 2);
  EXPECT_TRUE(report.settled);
  EXPECT_FALSE(log.instances().all().begin()->second.url.empty());

  for (auto& [id, m] : cloud.machines) m.running = 3;
  clock.advance(minutes(1));
  pass({});
  EXPECT_EQ(in(Instance::State::draining), 2);
  EXPECT_EQ(cloud.drained.size(), 2u) << "they are out of the rotation before anything is stopped";
  pass({});
  EXPECT_EQ(cloud.count(Order::Kind::stop), 0) << "requests are in flight";
  for (auto& [id, m] : cloud.machines) m.running = 0;
  report = pass({});
  EXPECT_EQ(in(Instance::State::stopped), 2);
  EXPECT_TRUE(cloud.machines.empty());
  EXPECT_TRUE(report.settled);
}

TEST_F(ControllerTest, ARestartOrdersWhatHasNoResultAgainUnderTheSameKey) {
  cloud.holds = true;
  controller.emplace(log, cloud, clock, options);
  controller->pass({want("h100-se", 1)}, [](PassReport) { FAIL() << "nobody answered"; });
  ASSERT_EQ(cloud.held.size(), 1u);
  const auto key = cloud.held[0].first.key;
  EXPECT_EQ(key, cloud.held[0].first.instance.id + ".1");
  (void)cloud.carry_out(cloud.held[0].first);  // done, but we never hear of it
  cloud.held.clear();
  cloud.holds = false;
  pass_anew({want("h100-se", 1)});
  EXPECT_EQ(cloud.orders.size(), 2u);
  EXPECT_EQ(cloud.orders[1].key, key);
  EXPECT_EQ(cloud.starts, (std::map<std::string, int>{{key, 1}}));
  EXPECT_EQ(in(Instance::State::provisioning), 1);
}

TEST_F(ControllerTest, GivesOnlySoManyOrdersAtOnce) {
  options.at_once = 3;
  options.rules.max = 50;
  cloud.holds = true;
  controller.emplace(log, cloud, clock, options);
  bool done = false;
  controller->pass({want("h100-se", 10)}, [&](PassReport) { done = true; });
  EXPECT_EQ(cloud.held.size(), 3u);
  auto [order, answer] = std::move(cloud.held.front());
  cloud.held.pop_front();
  answer(cloud.carry_out(order));
  EXPECT_EQ(cloud.held.size(), 3u);
  cloud.answer_all();
  EXPECT_TRUE(done);
  EXPECT_EQ(in(Instance::State::provisioning), 10);
}

TEST_F(ControllerTest, AStartThatIsRefusedForGoodFails) {
  cloud.failing[Order::Kind::start] = {Code::permission_denied, "the web hook refused"};
  const auto report = pass({want("h100-se", 1)});
  EXPECT_EQ(in(Instance::State::failed), 1);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_NE(report.notes[0].find("(h100-se): start: the web hook refused"), std::string::npos);
  pass({want("h100-se", 1)});
  EXPECT_EQ(in(Instance::State::stopped), 1) << "it is stopped all the same: something may be left of it";
  EXPECT_EQ(cloud.count(Order::Kind::start), 1) << "and the next one waits for the back-off";
}

TEST_F(ControllerTest, AStartThatDidNotWorkIsTriedAgainAfterAPause) {
  cloud.failing[Order::Kind::start] = {Code::unavailable, "the network is down"};
  pass({want("h100-se", 1)});
  EXPECT_EQ(in(Instance::State::requested), 1);
  pass({want("h100-se", 1)});
  EXPECT_EQ(cloud.count(Order::Kind::start), 1) << "not yet";
  clock.advance(options.retry);
  cloud.failing.clear();
  pass({want("h100-se", 1)});
  EXPECT_EQ(cloud.count(Order::Kind::start), 2);
  EXPECT_EQ(cloud.starts.size(), 1u);
  EXPECT_EQ(in(Instance::State::provisioning), 1);
}

TEST_F(ControllerTest, AStopIsRepeatedUntilNothingIsLeft) {
  pass({want("h100-se", 1)});
  cloud.failing[Order::Kind::stop] = {Code::permission_denied, "refused"};
  pass({});
  EXPECT_EQ(in(Instance::State::draining), 1) << "even a refusal for good does not make a machine vanish";
  clock.advance(hours(1));
  const auto report = pass({});
  EXPECT_EQ(report.notes.size(), 1u);
  cloud.failing.clear();
  clock.advance(hours(1));
  pass({});
  EXPECT_EQ(in(Instance::State::stopped), 1);
}

TEST_F(ControllerTest, AMachineThatVanishesIsReplacedAfterTheBackOff) {
  cloud.at_first = MachineReport::State::ready;
  pass({want("h100-se", 1)});
  cloud.machines.clear();
  clock.advance(hours(1));
  pass({want("h100-se", 1)});
  EXPECT_EQ(in(Instance::State::stopped), 1);
  EXPECT_NE(log.instances().all().begin()->second.reason.find("gone"), std::string::npos);
  clock.advance(s(30));
  const auto report = pass({want("h100-se", 1)});
  EXPECT_EQ(in(Instance::State::ready), 1);
  EXPECT_FALSE(report.error);
}

TEST_F(ControllerTest, AMachineWithoutAnIdHasFailed) {
  struct Nameless final : Actuator {
    std::string_view name() const override { return "cloud"; }
    void begin(const Order&, Done done) override { done(MachineReport{}); }
  } nameless;
  Controller c(log, nameless, clock, options);
  pass(c, {want("h100-se", 1)});
  EXPECT_EQ(in(Instance::State::failed), 1);
}

TEST_F(ControllerTest, NothingIsOrderedThatIsNotWrittenDown) {
  struct Full final : EventLog {
    Result<void> append(const InstanceEvent&) override {
      return fail(Code::resource_exhausted, "ledger_full: no space");
    }
    const Instances& instances() const override { return none; }
    Instances none;
  } full;
  Controller c(full, cloud, clock, options);
  const auto report = pass(c, {want("h100-se", 1)});
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->message, "ledger_full: no space");
  EXPECT_TRUE(cloud.orders.empty());
  EXPECT_FALSE(report.settled);
}

TEST_F(ControllerTest, AnotherActuatorsMachinesAreItsOwn) {
  pass({want("h100-se", 1)});
  DryRun other;
  Controller c(log, other, clock, options);
  const auto checked = c.check_actuator();
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("was started by the actuator cloud"), std::string::npos);
  EXPECT_TRUE(controller->check_actuator());
}

TEST_F(ControllerTest, ADryRunPlaysTheWholeLifeAndTouchesNothing) {
  std::vector<std::string> told;
  DryRun dry([&](const Order& o) { told.push_back(name(o.kind)); });
  Controller c(log, dry, clock, options);
  EXPECT_TRUE(pass(c, {want("h100-se", 1)}).settled);
  pass(c, {});
  EXPECT_TRUE(pass(c, {}).settled);
  EXPECT_EQ(told, (std::vector<std::string>{"start", "drain", "drain", "stop"}));
  EXPECT_EQ(dry.orders().size(), 4u);
}

// The loop of `--watch`, on a clock that only moves when the loop has nothing to do.
struct WatchTest : ControllerTest {
  WatchTest() { controller.emplace(log, cloud, clock, options); }
  net::Loop loop{clock};
};

TEST_F(WatchTest, PassesEveryPeriodAndReadsThePlanEachTime) {
  cloud.at_first = MachineReport::State::ready;
  int passes = 0;
  bool done = false;
  std::vector<Wall> at;
  Watch watch(
      loop, *controller, s(10),
      [&]() -> Result<std::vector<Wanted>> {
        at.push_back(clock.wall());
        if (passes == 1) return fail(Code::invalid_argument, "plan.json:1:1: no plan");
        return std::vector<Wanted>{want("h100-se", passes < 2 ? 1 : 2)};
      },
      [&](Result<PassReport> report) {
        EXPECT_TRUE(report);
        EXPECT_EQ(report->notes.size(), passes == 1 ? 1u : 0u);
        return ++passes < 4;
      });
  watch.start([&] { done = true; });
  loop.run_virtual(clock, hours(1));
  EXPECT_TRUE(done);
  EXPECT_EQ(at, (std::vector<Wall>{kNoon, kNoon + s(10), kNoon + s(20), kNoon + s(30)}));
  EXPECT_EQ(in(Instance::State::ready), 2);
  EXPECT_EQ(cloud.starts.size(), 2u) << "a plan that cannot be read stops nothing";
}

TEST_F(WatchTest, StopsWhileItWaitsAndAfterAPass) {
  int passes = 0, done = 0;
  const auto plan = []() -> Result<std::vector<Wanted>> { return std::vector<Wanted>{}; };
  Watch waits(loop, *controller, hours(1), plan, [&](auto) { return ++passes > 0; });
  waits.start([&] { ++done; });
  waits.stop();
  EXPECT_EQ(done, 1);
  Watch busy(loop, *controller, hours(1), plan, [&](auto) { return busy.stop(), ++passes > 0; });
  busy.start([&] { ++done; });
  EXPECT_EQ(done, 2);
  loop.run_virtual(clock, hours(5));
  EXPECT_EQ(passes, 2);
}

TEST_F(WatchTest, WithoutAnyPlanNothingIsDone) {
  std::vector<std::string> errors;
  Watch watch(
      loop, *controller, s(10), []() -> Result<std::vector<Wanted>> { return fail(Code::not_found, "no plan"); },
      [&](Result<PassReport> report) {
        errors.push_back(report ? "passed" : report.error().message);
        return errors.size() < 2;
      });
  watch.start([] {});
  loop.run_virtual(clock, hours(1));
  EXPECT_EQ(errors, (std::vector<std::string>{"no plan", "no plan"}));
  EXPECT_TRUE(cloud.orders.empty());
}

}  // namespace
}  // namespace trine::fleet::controller_test

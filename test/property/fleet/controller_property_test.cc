// Whatever plans, failures and restarts come: no machine is lost, doubled, or cut off from its requests.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/fleet/fleet_fixture.h"

namespace trine::fleet::controller_property_test {
namespace {

using namespace testing;

constexpr const char* kOptions[] = {"a", "b", "c"};

// Evenly, whatever the size of the case (inRange alone begins with the low ones).
template <class T>
T pick(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

std::vector<Wanted> random_plan() {
  std::vector<Wanted> plan;
  for (const auto* option : kOptions) {
    const auto n = pick(-1, 5);
    if (n >= 0) plan.push_back(want(option, n, pick(0, 4) * 1.0));
  }
  return plan;
}

struct World {
  World() {
    options.rules.max = 3;
    options.seed = 42;
    options.at_once = pick<size_t>(1, 4);
  }

  void something_happens() {
    switch (pick(0, 8)) {
      case 0:
        cloud.failing.clear();
        break;
      case 1:
        cloud.failing[static_cast<Order::Kind>(pick(0, 4))] = {Code::unavailable, "no network"};
        break;
      case 2:
        cloud.failing[Order::Kind::start] = {Code::permission_denied, "refused"};
        break;
      case 3:
        cloud.all_become(*rc::gen::element(MachineReport::State::ready, MachineReport::State::failed));
        break;
      case 4:
        for (auto& [id, m] : cloud.machines) m.running = pick(0, 3);
        break;
      case 5:
        if (!cloud.machines.empty()) cloud.machines.erase(cloud.machines.begin());
        break;
      default:
        cloud.at_first = *rc::gen::element(MachineReport::State::ready, MachineReport::State::provisioning,
                                           MachineReport::State::failed);
        break;
    }
    clock.advance(s(pick(0, 1200)));
    if (pick(0, 3) == 0) controller.reset();  // a restart
  }

  void pass(const std::vector<Wanted>& plan) {
    if (!controller) controller.emplace(log, cloud, clock, options);
    const auto running = in_flight();
    if (pick(0, 4) == 0) return crash_in_a_pass(plan);
    std::optional<PassReport> report;
    controller->pass(plan, [&](PassReport r) { report = std::move(r); });
    RC_ASSERT(report.has_value() && !report->error.has_value());
    check(*report, running);
  }

  // Some orders are carried out and their answers lost.
  void crash_in_a_pass(const std::vector<Wanted>& plan) {
    cloud.holds = true;
    controller->pass(plan, [](PassReport) {});
    for (auto n = pick(0, 6); n > 0 && !cloud.held.empty(); --n) {
      auto [order, done] = std::move(cloud.held.front());
      cloud.held.pop_front();
      auto report = cloud.carry_out(order);
      if (pick(0, 3) > 0) done(std::move(report));
    }
    cloud.held.clear();
    cloud.holds = false;
    controller.reset();
  }

  std::map<std::string, int64_t> in_flight() const {
    std::map<std::string, int64_t> all;
    for (const auto& [id, m] : cloud.machines) {
      if (m.state == MachineReport::State::ready) all[id] = m.running;
    }
    return all;
  }

  void check(const PassReport& report, const std::map<std::string, int64_t>& running) {
    std::map<std::string, int> existing;
    for (const auto& [id, i] : log.instances().all()) existing[i.option] += i.exists() ? 1 : 0;
    for (const auto& [option, n] : existing) RC_ASSERT(n <= options.rules.max);
    for (const auto& [key, n] : cloud.starts) RC_ASSERT(n == 1);
    for (const auto& [id, m] : cloud.machines) {
      const auto* i = log.instances().find(id);
      RC_ASSERT(i != nullptr && i->exists());  // nothing runs that nobody knows of
    }
    // What is told to stop while requests run has failed, had never served, or had its time to drain.
    for (const auto& e : report.events) {
      const auto before = running.find(e.instance);
      if (e.kind != InstanceEvent::Kind::stop || before == running.end() || before->second == 0) continue;
      const auto* i = log.instances().find(e.instance);
      const bool had_failed = !i->drained;
      RC_ASSERT(had_failed || !i->was_ready() || e.at - i->draining_at >= options.rules.drain_deadline);
    }
  }

  VirtualClock clock{kNoon};
  MemoryLog log;
  Cloud cloud;
  Controller::Options options;
  std::optional<Controller> controller;
};

RC_GTEST_PROP(Controller, loses_and_doubles_nothing_and_settles_when_all_is_well_again, ()) {
  World world;
  auto plan = random_plan();
  for (int n = pick(1, 30); n > 0; --n) {
    if (pick(0, 4) == 0) plan = random_plan();
    world.something_happens();
    world.pass(plan);
  }
  // A healthy cloud and one plan that fits: it is carried out.
  world.cloud.failing.clear();
  world.cloud.at_first = MachineReport::State::ready;
  world.cloud.all_become(MachineReport::State::ready);
  for (auto& [id, m] : world.cloud.machines) m.running = 0;
  for (auto& w : plan) w.machines = std::min(w.machines, world.options.rules.max);
  bool settled = false;
  for (int n = 0; n < 60 && !settled; ++n) {
    if (!world.controller) world.controller.emplace(world.log, world.cloud, world.clock, world.options);
    world.controller->pass(plan, [&](PassReport report) { settled = report.settled; });
    world.clock.advance(minutes(20));
  }
  RC_ASSERT(settled);
  std::map<std::string, int> wanted, there;
  for (const auto& w : plan) wanted[w.option] = w.machines;
  for (const auto& [id, m] : world.cloud.machines) ++there[world.log.instances().find(id)->option];
  for (const auto* option : kOptions) RC_ASSERT(wanted[option] == there[option]);
}

RC_GTEST_PROP(Reconcile, is_done_once, ()) {
  World world;
  const auto plan = random_plan();
  for (int n = pick(0, 10); n > 0; --n) {
    world.something_happens();
    world.pass(random_plan());
  }
  Instances fleet = world.log.instances();
  const Situation situation{plan, "cloud", world.clock.wall()};
  uint64_t next = 1u << 20;
  IdGenerator ids(9);
  const auto decide = [&] {
    return reconcile(
        fleet, situation, world.options.rules, [](const Instance&) { return std::optional<int64_t>(1); },
        [&](const std::string& last) { return ++next, next_instance_id(ids, world.clock.wall(), last); });
  };
  for (const auto& e : decide().events) {
    const auto taken = fleet.apply(e);
    RC_ASSERT(taken.has_value() && *taken);
  }
  RC_ASSERT(decide().events.empty());  // the same again changes nothing
}

}  // namespace
}  // namespace trine::fleet::controller_property_test

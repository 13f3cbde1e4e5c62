// What the fleet's tests share: events that follow each other, a clock's times, a cloud in memory.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fleet/actuator.h"
#include "fleet/controller.h"
#include "fleet/instance.h"
#include "fleet/reconcile.h"

namespace trine::fleet::testing {

using std::chrono::hours;
using std::chrono::minutes;
// Not `seconds`: that is a function of ours.
constexpr Nanos s(int64_t n) {
  return std::chrono::seconds(n);
}

inline const Wall kNoon = from_unix_ns(1'764'000'000'000'000'000);

// The n-th id of a store; ids rise with n.
inline std::string id_number(uint64_t n) {
  return "ins_" + RequestId{(0x019a'0000'0000ull + n) << 16, n}.text().substr(4);
}

// Appends to a fleet what should follow, with the right numbers.
class Story {
 public:
  explicit Story(Instances& fleet) : fleet_(fleet) {}
  InstanceEvent event(const std::string& id, InstanceEvent::Kind kind) const {
    InstanceEvent e;
    e.instance = id;
    const auto* i = fleet_.find(id);
    e.sequence = (i ? i->sequence : 0) + 1;
    e.kind = kind;
    e.at = now;
    if (kind == InstanceEvent::Kind::request) e.option = option, e.actuator = "cloud";
    if (kind == InstanceEvent::Kind::accepted) e.machine = "m-" + id.substr(24);
    if (kind == InstanceEvent::Kind::became_ready) e.url = "http://" + id.substr(24) + ":8000";
    if (kind == InstanceEvent::Kind::failed) e.reason = "no capacity";
    return e;
  }
  Story& then(const std::string& id, InstanceEvent::Kind kind) {
    const auto taken = fleet_.apply(event(id, kind));
    EXPECT_TRUE(taken && *taken) << (taken ? "a duplicate" : taken.error().message);
    return *this;
  }
  Story& ready(const std::string& id) {
    return then(id, InstanceEvent::Kind::request)
        .then(id, InstanceEvent::Kind::accepted)
        .then(id, InstanceEvent::Kind::became_ready);
  }
  Wall now = kNoon;
  std::string option = "h100-se";

 private:
  Instances& fleet_;
};

inline Wanted want(std::string option, int machines, std::optional<double> eur_per_hour = {}) {
  return {std::move(option), machines, eur_per_hour, {}};
}

// Keeps machines by the key of their start, as a provider with idempotent calls does. Answers when told, or at once.
class Cloud final : public Actuator {
 public:
  struct Machine {
    MachineReport::State state = MachineReport::State::provisioning;
    std::string instance;
    int64_t running = 0;
  };
  std::string_view name() const override { return "cloud"; }
  void begin(const Order& order, Done done) override {
    orders.push_back(order);
    if (holds)
      held.emplace_back(order, std::move(done));
    else
      done(carry_out(order));
  }
  // Answers what is held.
  void answer_all() {
    while (!held.empty()) {
      auto [order, done] = std::move(held.front());
      held.pop_front();
      done(carry_out(order));
    }
  }
  Result<MachineReport> carry_out(const Order& order) {
    if (const auto it = failing.find(order.kind); it != failing.end()) return tl::unexpected(it->second);
    MachineReport report;
    report.state = MachineReport::State::gone;
    auto* machine = find(order);
    if (order.kind == Order::Kind::stop) {
      if (!machine) return report;
      stopped.insert(machine->instance);
      machines.erase(machine->instance);
      return report;
    }
    // A key whose machine is gone makes no other one.
    if (!machine && order.kind == Order::Kind::start && !starts.contains(order.key) &&
        !stopped.contains(order.instance.id)) {
      ++starts[order.key];
      machine = &machines[order.instance.id];
      machine->instance = order.instance.id;
      machine->state = at_first;
    }
    if (!machine) return report;
    if (order.kind == Order::Kind::drain) drained.insert(machine->instance);
    report.state = machine->state;
    report.id = "m-" + order.instance.id;
    report.url = machine->state == MachineReport::State::ready ? "http://" + report.id : "";
    report.running = machine->running;
    return report;
  }
  void all_become(MachineReport::State state) {
    for (auto& [id, m] : machines) m.state = state;
  }
  int count(Order::Kind kind) const {
    int n = 0;
    for (const auto& o : orders) n += o.kind == kind ? 1 : 0;
    return n;
  }

  std::map<std::string, Machine> machines;  // by instance
  std::map<std::string, int> starts;        // machines made, by key
  std::set<std::string> stopped, drained;
  std::vector<Order> orders;
  std::map<Order::Kind, Error> failing;
  MachineReport::State at_first = MachineReport::State::provisioning;
  bool holds = false;
  std::deque<std::pair<Order, Done>> held;

 private:
  Machine* find(const Order& order) {
    const auto it = machines.find(order.instance.id);
    return it == machines.end() ? nullptr : &it->second;
  }
};

}  // namespace trine::fleet::testing

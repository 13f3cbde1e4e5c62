// Makes a fleet what a plan wants: asks after machines, decides (reconcile.h), writes each step down, has it done
// (actuator.h). Killed anywhere, the next pass of a new one goes on: what was intended and has no result is ordered
// again under the same key.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "fleet/actuator.h"
#include "fleet/instance_store.h"
#include "fleet/reconcile.h"
#include "net/loop.h"

namespace trine::fleet {

struct PassReport {
  std::vector<InstanceEvent> events;  // written in this pass, in order
  std::vector<std::string> notes;     // what was not done, and why
  std::optional<Error> error;         // the store's: the pass ended early, and nothing that it did not hold was ordered
  // Each wanted machine is ready, as the actuator said in this pass, and nothing else exists.
  bool settled = false;
};

// One thread: the actuator's.
class Controller {
 public:
  struct Options {
    Rules rules;
    size_t at_once = 8;  // orders
    // After an order that did not work: again in the next pass after this, doubled each time, up to five minutes.
    Nanos retry = std::chrono::seconds(5);
    uint64_t seed = 0;  // of ids; 0: random
  };
  // All outlive it.
  Controller(EventLog& log, Actuator& actuator, const Clock& clock, Options options);

  // Instances that another actuator started and that may exist: it is the only one that can stop them.
  // failed_precondition names one.
  Result<void> check_actuator() const;

  // One pass; `done` once when all its orders are answered, maybe from inside. REQUIRES: none is under way.
  void pass(std::vector<Wanted> wanted, std::function<void(PassReport)> done);

 private:
  struct Retry {
    int failures = 0;
    Mono next{};
  };

  void give(std::vector<Order> orders, std::function<void()> then);
  void give_next();
  void answered(const Order& order, Result<MachineReport> report);
  void started(const Instance& i, const MachineReport& report);
  void looked(const Instance& i, const MachineReport& report);
  void did_not_work(const Order& order, const Error& e);
  void decide();
  void finish();
  std::vector<Order> questions() const;
  bool write(InstanceEvent event);
  bool note(const Instance& i, InstanceEvent::Kind kind, InstanceEvent fields = {});
  bool settled() const;

  EventLog& log_;
  Actuator& actuator_;
  const Clock& clock_;
  Options options_;
  IdGenerator ids_;
  std::map<std::string, Retry> retries_;  // by instance

  // The pass under way.
  std::map<std::string, std::optional<int64_t>> seen_;  // instances that the actuator spoke of: requests in flight
  std::vector<Wanted> wanted_;
  std::function<void(PassReport)> done_;
  PassReport report_;
  std::vector<Order> orders_;
  size_t next_order_ = 0, open_orders_ = 0;
  bool giving_ = false;
  std::function<void()> then_;
};

// Passes one after the other, each `period` after the one before ended, until `on_pass` returns false; then `done`.
// `plan` is asked before each; an error leaves the last plan in force (without one: the pass is left out). For one
// thread; `controller` and `loop` outlive it, and it outlives its last pass.
class Watch {
 public:
  using Plan = std::function<Result<std::vector<Wanted>>()>;
  using OnPass = std::function<bool(Result<PassReport>)>;
  Watch(net::Loop& loop, Controller& controller, Nanos period, Plan plan, OnPass on_pass);
  void start(std::function<void()> done);
  void stop();  // after the pass under way, if there is one

 private:
  struct Pause final : net::Timer {
    Pause(net::Loop& loop, Watch& watch) : Timer(loop), watch_(watch) {}
    void expired() override { watch_.next(); }
    Watch& watch_;
  };
  void next();
  void passed(Result<PassReport> report);

  Controller& controller_;
  Nanos period_;
  Plan plan_;
  OnPass on_pass_;
  std::function<void()> done_;
  std::optional<std::vector<Wanted>> last_;
  bool stopping_ = false;
  Pause pause_;
};

}  // namespace trine::fleet

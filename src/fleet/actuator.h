// Who starts and stops machines. An order is given after its event is on the disk, and may be given again, also after a
// crash, until its result is an event too (docs/instances.md).
//
// Contract of every actuator:
// - start: idempotent by Order::key. The same key, also twice at the same time, is the same machine; the answer is that
//   machine as it is now.
// - status: the machine as it is. drain: take it out of the rotation, then the same; given again until it is stopped.
// - stop: begin to end it and all that was started under the instance's id, whether or not `machine` is known; answer
//   `gone` once nothing is left. Stopping what is not there is `gone`.
// - Errors of code invalid_argument, permission_denied, failed_precondition and unimplemented are final: a start that
//   ends so has failed. All others may pass: the same order is given again later.
//
// A Kubernetes actuator fits as it is: start applies one object (a Deployment or a Pod) named after the instance's id
// in lower case with '-' for '_', labelled with it, by server-side apply: the name is the idempotency. status reads its
// readiness; drain takes the label off that the Service selects by; stop deletes by label with a grace period. All are
// calls of the API server by net/fetch.h on the loop, `done` called when they end; `spec` carries what the plan gives
// (image, accelerator, replicas of a node pool).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fleet/instance.h"

namespace trine::fleet {

struct Order {
  enum class Kind : uint8_t { start, status, drain, stop };
  Kind kind = Kind::start;
  std::string key;    // "<instance>.<sequence of the event that intends it>"
  Instance instance;  // as it was when the order was given
};
const char* name(Order::Kind kind);

struct MachineReport {
  enum class State : uint8_t { provisioning, ready, gone, failed };
  State state = State::provisioning;
  std::string id, url;             // the actuator's name for it; where it serves
  std::string reason;              // of a failure
  std::optional<int64_t> running;  // requests in flight, where the actuator knows
};

// The loop's thread, one at a time for each instance.
class Actuator {
 public:
  using Done = std::function<void(Result<MachineReport>)>;
  virtual ~Actuator() = default;
  virtual std::string_view name() const = 0;  // as events have it: "command"
  // Calls `done` once, on the same thread: from inside, or later. Orders run at the same time. The actuator outlives
  // all that it was ordered.
  virtual void begin(const Order& order, Done done) = 0;
};

bool is_final(const Error& e);

// Does nothing: every machine is ready at once, idle, and gone at once.
class DryRun final : public Actuator {
 public:
  explicit DryRun(std::function<void(const Order&)> tell = {}) : tell_(std::move(tell)) {}
  std::string_view name() const override { return "dry-run"; }
  void begin(const Order& order, Done done) override;
  const std::vector<Order>& orders() const { return orders_; }  // starts, drains and stops, the first 10,000

 private:
  std::function<void(const Order&)> tell_;
  std::vector<Order> orders_;
};

// What programs and web hooks are told and answer; docs/instances.md has the fields.
std::string to_json(const Order& order);
// invalid_argument: not a report. Texts are cut to what events take.
Result<MachineReport> read_report(std::string_view json);
constexpr size_t kMaxReport = 64 * 1024;

// `text` with each of `secrets` replaced by "***"; those under 4 characters are left.
std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

}  // namespace trine::fleet

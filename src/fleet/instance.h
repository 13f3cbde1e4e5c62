// One machine's life as a state machine, and a fleet as what folding its events gives (docs/instances.md). Pure: no
// clock, no disk, no randomness. Functions: any thread; a Instances: one.
//
//   request        accepted          became_ready        drain            stop            stopped       forget
//   ───────▶ requested ───▶ provisioning ───▶ ready ───▶ draining ──(drained|timeout)──▶ draining ───▶ stopped ───▶
//                │                │             │           │                               ▲
//                │ failed|timeout │             │ failed    │ failed                        │ stopping
//                └────────────────┴─────────────┴───────────┴──▶ failed ───── stop, stopped ┘
//
// What is requested or provisioning may also be stopped (it is not wanted any more): it drains with nothing in flight.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"

namespace trine::fleet {

// Longer texts are refused.
constexpr size_t kMaxOption = 128, kMaxMachine = 256, kMaxUrl = 1024, kMaxReason = 256, kMaxSpec = 16 * 1024;

// (instance, sequence) names an event for ever. Never holds a secret.
struct InstanceEvent {
  enum class Kind : uint8_t {
    request,       // intent of a start
    accepted,      // by the actuator: it has the name `machine`
    became_ready,  // serves at `url`
    failed,        // for `reason`
    drain,         // intent: takes nothing new, for `reason`
    drained,       // nothing is in flight
    stop,          // intent of a stop, for `reason`
    stopped,       // by the actuator
    timeout,       // not ready in time, or not drained in time
    forget,        // its history ends
  };
  std::string instance;   // "ins_" + 26 characters
  uint32_t sequence = 0;  // of the instance's events, from 1 without a gap
  Kind kind = Kind::request;
  Wall at{};
  std::string option, actuator, spec;  // request: what of, by whom, and a JSON object for the actuator (or empty)
  std::string machine;                 // accepted
  std::string url;                     // became_ready; may be empty
  std::string reason;                  // failed, timeout, drain, stop
  bool operator==(const InstanceEvent&) const = default;
};

struct Instance {
  enum class State : uint8_t {
    requested,     // a start is intended; whether the actuator was told is not known
    provisioning,  // the actuator has it in hand
    ready,         // serves
    draining,      // takes nothing new; with `stopping`: is being stopped
    stopped,       // the actuator says that nothing of it is left
    failed,        // does not serve; something of it may be left until it is stopped
  };
  std::string id, option, actuator, spec;
  State state = State::requested;
  uint32_t sequence = 0;       // of its last event
  uint32_t stop_sequence = 0;  // of its stop event
  bool drained = false;        // draining: nothing is in flight, or it had its time
  bool stopping = false;       // draining or failed: a stop is intended
  std::string machine, url;    // empty while not known
  std::string reason;          // of the last failure, time-out, drain or stop
  Wall requested_at{}, ready_at{}, draining_at{}, changed_at{};
  bool operator==(const Instance&) const = default;

  // Something of it may exist, and cost money.
  bool exists() const { return state != State::stopped; }
  // Serves, or will.
  bool serves() const { return state == State::requested || state == State::provisioning || state == State::ready; }
  bool was_ready() const { return ready_at != Wall{}; }
};

const char* name(Instance::State state);
const char* name(InstanceEvent::Kind kind);
std::optional<InstanceEvent::Kind> parse_event_kind(std::string_view text);

// The instance after `event`; nullopt where it is forgotten. `before`: null where there is none.
// failed_precondition: the event cannot follow, with a sentence that says why. invalid_argument: it is malformed.
Result<std::optional<Instance>> transition(const Instance* before, const InstanceEvent& event);

// All instances of a store. Folding the same events gives the same fleet.
class Instances {
 public:
  // True: taken. False: a duplicate of an event that was taken, which changes nothing. Errors: those of transition(),
  // data_loss where events between are missing; then nothing is changed.
  Result<bool> apply(const InstanceEvent& event);
  // What apply() would say.
  Result<bool> check(const InstanceEvent& event) const;

  const std::map<std::string, Instance>& all() const { return instances_; }  // by id: in order of their requests
  const Instance* find(std::string_view id) const;
  const std::string& last_id() const { return last_id_; }  // of all that ever were

  // How often machines of an option failed in a row, and when last: none of them stayed ready for kSteady since.
  struct Failures {
    int in_row = 0;
    Wall last{};
    std::string reason;
  };
  Failures failures(const std::string& option, Wall now) const;

 private:
  std::map<std::string, Instance> instances_;
  std::map<std::string, Failures> failures_;  // by option
  std::string last_id_;
};

constexpr Nanos kSteady = std::chrono::minutes(10);

// Ids rise within a store whatever the clock does, so that one that is forgotten never comes again.
std::string next_instance_id(IdGenerator& ids, Wall now, const std::string& last_id);
bool is_instance_id(std::string_view text);

// Texts from outside made fit for an event: UTF-8 without control characters, cut at a character's boundary.
std::string fit_text(std::string_view text, size_t max);

}  // namespace trine::fleet

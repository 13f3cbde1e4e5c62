// What to do about the difference between the machines wanted and those there are (docs/instances.md). Pure: a fleet,
// a plan and a time in, events out. Any thread.
//
// Rules, in this order:
// 1. What is not ready `start_timeout` after its request fails. What failed is stopped. What drains is stopped once
//    nothing is in flight, or `drain_deadline` after it began. What is stopped is forgotten after `keep_stopped`.
// 2. Missing machines are requested, as far as the option then has at most `max` that may exist (also those that drain
//    or failed and are not known to be gone). After failures in a row: one at a time, not before a back-off of
//    `backoff` doubled per failure up to `backoff_limit`; after `attempts` of them only every `give_up`.
// 3. Machines not ready yet that are too many are stopped, the youngest first.
// 4. Ready machines that are too many drain, the costliest first (eur_per_hour of the plan; an option that the plan
// does
//    not price comes last), then the youngest; none before it was ready for `min_uptime`. While a wanted machine is not
//    ready, only so many that as many machines stay ready as the plan wants in all: new ones first, then the old go.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "fleet/instance.h"
#include "fleet/wanted.h"

namespace trine::fleet {

struct Rules {
  int max = 20;  // of each option
  Nanos min_uptime = std::chrono::minutes(15);
  Nanos start_timeout = std::chrono::minutes(15);
  Nanos drain_deadline = std::chrono::minutes(10);
  Nanos backoff = std::chrono::seconds(30);
  Nanos backoff_limit = std::chrono::minutes(15);
  int attempts = 5;
  Nanos give_up = std::chrono::hours(1);
  Nanos keep_stopped = std::chrono::hours(24);
};

// Requests that a draining machine still has in flight; nullopt: not known.
using InFlight = FunctionRef<std::optional<int64_t>(const Instance&)>;

struct Steps {
  std::vector<InstanceEvent> events;  // each can follow on the fleet with those before it
  std::vector<std::string> notes;     // what is wanted and not done now, and why; one sentence each
};

struct Situation {
  std::span<const Wanted> wanted;  // an option that is not in it is not wanted
  std::string_view actuator;       // who starts new machines
  Wall now{};
};

// `new_id` gives ids as next_instance_id() does; it is told the highest so far.
Steps reconcile(const Instances& fleet, const Situation& situation, const Rules& rules, InFlight running,
                FunctionRef<std::string(const std::string& last_id)> new_id);

// How long after the last of `in_row` failures the next start may be.
Nanos backoff(const Rules& rules, int in_row);

}  // namespace trine::fleet

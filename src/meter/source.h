// A meter that can be asked: over HTTP, or on this machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "meter/reading.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::meter {

// Made on one loop and used on its thread. One read() at a time; the source must outlive it.
struct Source {
  virtual ~Source() = default;
  // What is there since the last read: for most meters one reading of each device; a meter that keeps readings
  // (agent_source.h) gives several, oldest first. Asks once, within its own time limit. An error is this read's: the
  // next may succeed. The codes tell what to do: unavailable and deadline_exceeded pass by themselves; unauthenticated,
  // permission_denied, not_found and invalid_argument want a person.
  virtual net::Task<Result<Readings>> read() = 0;
  virtual std::string_view name() const = 0;  // for logs: the kind and the place, no secret
};

}  // namespace trine::meter

// The agent as a process.
#pragma once

#include <functional>

#include "meter_agent/options.h"

namespace trine::meter_agent {

// Serves until SIGTERM or SIGINT; `ready` is told the port. Takes these two signals over for the whole process: call it
// before other threads exist. Errors: what stands in the way of serving; a meter that is missing does not.
Result<void> serve(const Options& options, const std::function<void(uint16_t port)>& ready);

// One reading of each meter, as text. Errors: no meter answers.
Result<std::string> once(const Options& options);

}  // namespace trine::meter_agent

// The whole gateway: `trine serve`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.h"
#include "gateway/admin/admin.h"

namespace trine::gateway {

struct ServeOptions {
  std::string config_file;
  MetricsPage metrics = {};  // the admin port's /metrics
  MakePages pages = {};      // and its pages
  // Told the ports once they answer; for a configuration that lets the system choose them (port 0).
  std::function<void(uint16_t traffic, uint16_t admin)> ready = {};
};

// Serves until SIGTERM or SIGINT, then drains: no new connections, present requests end (a second signal, or
// timeouts.drain, ends them). SIGHUP reloads the configuration, all or nothing. Takes these signals over for the whole
// process: call it before other threads exist.
// Errors: the configuration, a port that cannot be had, a ledger that cannot be opened.
Result<void> serve(const ServeOptions& options);

}  // namespace trine::gateway

// `trine engine-sim`: the service behind an HTTP port.
#pragma once

#include <functional>
#include <memory>

#include "base/error.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "sim/service.h"

namespace trine::sim {

// An engine on a loop. It lives on the loop's thread and must end before the loop does; destroy it only after the loop
// has stopped or drain() has told that it is done.
class EngineServer {
 public:
  // Its time is the loop's clock. Errors: invalid_argument (the spec).
  static Result<std::unique_ptr<EngineServer>> open(net::Loop& loop, SimOptions options);
  virtual ~EngineServer() = default;

  // Port 0: any free one, see port(). Errors: the port cannot be had.
  virtual Result<void> listen(const net::HostPort& at) = 0;
  virtual uint16_t port() const = 0;  // REQUIRES: listen() succeeded
  // A connection that came from elsewhere (tests).
  virtual void serve_stream(std::unique_ptr<net::Stream> stream) = 0;
  virtual const Service& service() const = 0;
  // Accepts no more, finishes what is under way.
  virtual void drain(std::function<void()> drained) = 0;
};

// Serves until SIGTERM or SIGINT, then drains (a second signal ends it at once). `ready` is told the port. Takes these
// two signals over for the whole process: call it before other threads exist.
Result<void> run_engine_sim(SimOptions options, const net::HostPort& at,
                            const std::function<void(uint16_t port)>& ready);

}  // namespace trine::sim

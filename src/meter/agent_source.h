// The readings that `trine-meter`, the agent on a GPU host, keeps there: nothing is lost while the network is down.
#pragma once

#include <memory>
#include <optional>

#include "meter/http_source.h"
#include "net/upstream.h"

namespace trine::meter {

struct AgentOptions {
  // Samples taken before are left out; none: before this source was made. For a gateway that starts again: the end of
  // the last window that it has in its ledger. The sample that this window ended with comes again, to begin the next.
  std::optional<Wall> from;
  net::Dialer* dialer = nullptr;  // null: TCP
};

// Each read() gives all samples since the last one, oldest first, so that a device appears as often as it was read by
// the agent; none is told twice, also where an answer was lost on its way. Dates are on this machine's clocks (wall and
// monotonic), by the quickest of the recent exchanges; `clock_offset` is how far the agent's wall clock is ahead of
// ours, and a note says so beyond 250 ms. Notes also tell of an agent that started again (the counters of GPUs go on,
// RAPL's sum starts at 0), and of samples that the agent kept no longer. `access.url`: "https://gpu-1:9410"; without a
// path /v1/readings. Errors: invalid_argument (URL, TLS files). read(): unauthenticated (401), permission_denied (403),
// not_found (404), unimplemented (another version of the format), data_loss (not such a page), unavailable,
// deadline_exceeded.
Result<std::unique_ptr<Source>> trine_meter_source(net::Loop& loop, const HttpAccess& access,
                                                   const AgentOptions& options = {});

}  // namespace trine::meter

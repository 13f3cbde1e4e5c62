// A call that the gateway makes for a job, through the same stages as a client's: guard, limits, route, call, ledger.
// The two ends of its connection are in memory; it is a request of its own, with a record of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/context.h"
#include "gateway/exchange.h"
#include "gateway/identify/principal.h"
#include "net/task.h"

namespace trine::gateway {

struct Errand {
  Principal who;
  std::string workload;
  std::string body;                             // of POST /v1/chat/completions
  size_t document_begin = 0, document_end = 0;  // bytes of it whose text comes from a file
  std::vector<Spared> spared;
};

struct ErrandAnswer {
  int status = 0;
  int64_t retry_after = 0;  // seconds; 0: it says nothing
  std::string request_id;
  std::string body;
};

// Who serves errands: the pipeline.
struct ErrandHandler {
  virtual ~ErrandHandler() = default;
  virtual net::Task<void> serve(net::ServerConnection& connection, const Errand& errand) = 0;
};

// `leave`, set while it runs, ends the call as a client that leaves does. Errors: cancelled; deadline_exceeded; others
// that have no answer.
net::Task<Result<ErrandAnswer>> run_errand(Context& context, ErrandHandler& handler, const Errand& errand, Nanos most,
                                           std::function<void()>& leave);

}  // namespace trine::gateway

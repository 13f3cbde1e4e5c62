// `trine explain`: the derivation of one request, as text or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "energy/replay.h"
#include "gateway/snapshot.h"
#include "ledger/report.h"

namespace trine::cli {

struct ExplainedCall {
  ledger::CallView call;
  std::vector<energy::ReplayedWindow> windows;  // empty: estimated, or the windows are not kept any more
  // Of the configuration as it is now; nothing where it does not know the deployment (any more).
  std::shared_ptr<const gateway::Deployment> deployment;
  std::optional<grid::Reading> grid;  // at the call's start
};

struct Explanation {
  ledger::RequestView request;
  std::vector<ExplainedCall> calls;
  std::string currency = "EUR";
};

// Reads what is needed. `snapshot`: null where only the ledger is known; then nothing is replayed, since token weights
// come from the configuration. Errors: the ledger's.
Result<Explanation> explain(const ledger::Reports& reports, ledger::RequestView request,
                            const gateway::Snapshot* snapshot);

std::string explain_text(const Explanation& e);
std::string to_json(const Explanation& e);

}  // namespace trine::cli

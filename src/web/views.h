// What the pages show that commands of `trine` show too: the same functions make both. They read the ledger and other
// files: each runs on a thread that may block. The command-line module brings them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "gateway/snapshot.h"
#include "ledger/report.h"

namespace trine::web {

using Snapshot = std::shared_ptr<const gateway::Snapshot>;

struct ScoreQuestion {
  std::string workload, weights, span;  // as the options of `trine score`; empty: not given
  std::optional<double> lambda;
};

struct Views {
  // `trine report --json`.
  std::function<Result<std::string>(const Snapshot&, const ledger::ReportQuery&)> report;
  // `trine explain --json`, of a request that the ledger found.
  std::function<Result<std::string>(const Snapshot&, ledger::RequestView)> explain;
  // `trine grid --json` of the zones that deployments and the configuration name, [from, to).
  std::function<Result<std::string>(const Snapshot&, Wall now, Wall from, Wall to)> grid;
  // `trine score --json`, with the flip points of its first.
  std::function<Result<std::string>(const Snapshot&, const ScoreQuestion&, Wall now)> score;
  std::function<Result<std::string>(const std::filesystem::path& ledger)> decisions;  // `trine decisions list --json`
  std::function<Result<std::string>(const Snapshot&, Wall now)> budgets;              // `trine budgets list --json`
  std::function<Result<std::string>(const std::string& identity_dir)> watch;          // `trine abuse list --json`
};

}  // namespace trine::web

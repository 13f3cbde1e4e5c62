// Opens what commands work on: the configuration with its catalog, or a ledger's folder alone.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/error.h"
#include "cli/options.h"
#include "gateway/snapshot.h"

namespace trine::cli {

struct LedgerPlace {
  std::filesystem::path dir;
  std::shared_ptr<const gateway::Config> config;  // null where only the folder was given
};

// `dir` goes before the configuration's ledger.dir.
Result<LedgerPlace> find_ledger(const LedgerSource& source);

// Waits a few seconds, as long as `pending`: true once the running gateway has done what it was asked.
Result<bool> wait_for_gateway(const std::function<Result<bool>()>& pending);

// The configuration with every name resolved. Errors name the file.
Result<std::shared_ptr<const gateway::Snapshot>> resolve(std::shared_ptr<const gateway::Config> config);

}  // namespace trine::cli

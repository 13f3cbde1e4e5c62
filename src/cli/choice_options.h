// The options of a choice: from a fleet file, a configuration, or the catalog. Part of choice.cc.
#pragma once

#include "cli/choice.h"

namespace trine::cli {

// Sets options, catalog, grid, workload, rules, weights and ledger, as far as the source says them.
Result<void> read_options(Choice& choice, const ChoiceSource& source, std::shared_ptr<const gateway::Snapshot> running);

// Sets prices and energy of the provenance. REQUIRES: options, catalog and `at` are set.
void describe_inputs(Choice& choice);

}  // namespace trine::cli

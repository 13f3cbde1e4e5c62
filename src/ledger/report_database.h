// How reports see the database. Internal to this module.
#pragma once

#include <filesystem>

#include "energy/facts.h"
#include "ledger/report.h"
#include "ledger/schema.h"

namespace trine::ledger {

// Read-only, in one transaction: all queries see one state. not_found without a ledger in `dir`.
Result<Database> open_report_database(const std::filesystem::path& dir);

// The SQL of a grouping, over calls c, targets t, requests r, origins o; over windows w. Null: it does not apply.
const char* call_group(By by);
const char* window_group(By by);
// The nine amounts from gpu_energy_uj to cost_neur, as tables have them; not the letter.
energy::Figures read_figures(const Statement& row, int column);

}  // namespace trine::ledger

// How reports see the database. Internal to this module.
#pragma once

#include <filesystem>

#include "ledger/schema.h"

namespace trine::ledger {

// Read-only, in one transaction: all queries see one state. not_found without a ledger in `dir`.
Result<Database> open_report_database(const std::filesystem::path& dir);

}  // namespace trine::ledger

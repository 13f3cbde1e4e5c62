// The database's tables, as numbered steps. A step, once released, is never changed.
#pragma once

#include "base/error.h"
#include "sqlite/sqlite.h"

namespace trine::ledger {

using sqlite::Database;
using sqlite::Statement;

// Sets the connection up (WAL, synced commits, deleted content overwritten) and brings the tables up to date.
// failed_precondition when the database was written by a newer program.
Result<void> migrate(Database& db);

// failed_precondition when the database has another schema than migrate() leaves behind.
Result<void> check_schema(Database& db);

int schema_version();

}  // namespace trine::ledger

// The rows of a report, all or the largest. Internal to this module. Pure.
#pragma once

#include <map>
#include <string>

#include "ledger/report.h"

namespace trine::ledger {

// Into `report`, by name. `most`: so many keep their names, by energy and then by requests; those that are left are
// added up in one more, "(others)", the last, and `report.more` is their number. 0: all keep them.
void put_rows(std::map<std::string, ReportRow> rows, size_t most, Report& report);

}  // namespace trine::ledger

// A ledger report as text for people. Pure.
#pragma once

#include <string>

#include "ledger/report.h"

namespace trine::cli {

std::string report_text(const ledger::Report& report);

// What the table does not say: means, simulated and counted calls, late ones. Sentences, a line each.
std::string report_notes(const ledger::Report& report);

}  // namespace trine::cli

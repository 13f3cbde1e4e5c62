// The options of `trine report`, but for where the ledger is. Part of options.cc.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace trine::cli {

void report_options(CLI::App* app, ReportOptions& into);

}  // namespace trine::cli

// How the figures of a report's page came about, for whom it is forwarded to. Pure.
#pragma once

#include <vector>

#include "cli/report_data.h"
#include "report/page.h"

namespace trine::cli {

std::vector<report::Block> method_blocks(const ReportData& data);

}  // namespace trine::cli

// The page that a leader forwards: `trine report --format html|md|pdf`. Pure.
#pragma once

#include "cli/report_data.h"
#include "report/page.h"

namespace trine::cli {

// `rows`: what the table of `data.report` is about; `now`: when it is made.
report::Page report_page(const ReportData& data, Wall now);

}  // namespace trine::cli

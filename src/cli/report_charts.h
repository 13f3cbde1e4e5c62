// The charts of a report's page. Pure.
#pragma once

#include <vector>

#include "cli/report_data.h"
#include "report/page.h"

namespace trine::cli {

// Electricity and CO2e by hour (up to two days), by day (up to two months) or by month.
std::vector<report::BarChart> time_charts(const ReportData& data);

// Cost by team and project, CO2e by deployment: the largest ten, the others as one.
std::vector<report::BarChart> name_charts(const ReportData& data);

}  // namespace trine::cli

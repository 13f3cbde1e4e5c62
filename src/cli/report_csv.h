// Tables of exact figures: `trine report --format csv`.
#pragma once

#include <string>
#include <string_view>

#include "cli/report_data.h"

namespace trine::cli {

// `table`: rows, hours, steps, chargeback or ghg.
std::string report_csv(const ReportData& data, std::string_view table);

}  // namespace trine::cli

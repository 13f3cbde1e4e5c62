// All that `trine report` tells of a period, whatever the format.
#pragma once

#include <string>
#include <vector>

#include "cli/market.h"
#include "cli/savings.h"
#include "report/chargeback.h"
#include "report/ghg.h"
#include "report/sci.h"

namespace trine::cli {

struct ReportData {
  ledger::Report report;  // by what was asked for
  ledger::Report hours, steps;
  SavingsReport savings;
  report::Sci sci;
  std::vector<report::Charge> chargeback;
  report::Ghg ghg;
  std::vector<MarketZone> market;
};

// `snapshot`: what the figures are compared with and classified by; without one it says why, and the saving with it.
Result<ReportData> report_data(const ledger::Reports& reports, const ledger::ReportQuery& query,
                               const Result<std::shared_ptr<const gateway::Snapshot>>& snapshot);

// The ledger's object with ours in it: "market_based", "savings", "sci", "chargeback", "ghg".
std::string to_json(const ReportData& data);

}  // namespace trine::cli

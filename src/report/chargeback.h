// The bill by organisation, team and project (docs/reports.md). Pure.
#pragma once

#include <string>
#include <vector>

#include "ledger/report.h"

namespace trine::report {

struct Charge {
  // One amount in its three parts.
  template <class Amount>
  struct Parts {
    Amount direct;  // its requests' own
    Amount idle;    // its share of what devices drew for nobody
    Amount prior;   // of months that are closed (ledger/month.h)
    Amount total() const { return direct + idle + prior; }
  };
  std::string org, team, project;
  ledger::Sums sums;
  Parts<Money> cost;
  Parts<Energy> energy;
  Parts<Carbon> carbon;  // operational and embodied
};

// `charges`: By::charge; `total`: the same period's. Idle time, that of prior periods too, goes to those who used the
// machines, by their direct energy: exactly, whatever the amounts. Without any such energy it is a row without names.
// By organisation, then team, then project.
std::vector<Charge> chargeback(const std::vector<ledger::ReportRow>& charges, const ledger::ReportRow& total);

}  // namespace trine::report

// Market-based grams of a report: what the contracts for electricity say, beside the booked ones (docs/accounting.md
// §3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/snapshot.h"
#include "ledger/report.h"

namespace trine::cli {

struct MarketZone {
  std::string zone, source;  // the first source that has a value
  Energy energy;             // of the calls and of idle devices, in hours that have a market-based value
  Energy uncovered;          // in hours that have none: no other method stands in
  Carbon operational;        // of `energy`
};

// Of that very time; a value that is over says nothing of it.
std::optional<grid::Reading> market_at(const gateway::Snapshot& snapshot, const std::string& zone, Wall t);

// The zones of the period that have such values, by name. `places`: By::place_hour.
std::vector<MarketZone> market_zones(const gateway::Snapshot& snapshot, const ledger::Report& places);
std::string to_json(const std::vector<MarketZone>& zones);

}  // namespace trine::cli

// Grams by the categories of the GHG Protocol, as CSRD (ESRS E1) asks for them (docs/reports.md). Pure.
//
// Electricity that the company buys is scope 2, by direct factors, once location-based and once market-based; what the
// lifecycle factor holds beyond the direct one is 3.3 (fuels and grids upstream). What others run for it, rented
// machines and APIs, is 3.1 by lifecycle. No embodied share: makers' emissions are counted in the year of purchase
// (3.2), not by use.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/report.h"

namespace trine::report {

enum class Supply { own, rented, api, unknown };  // own: its electricity is bought by the company
const char* name(Supply s);

struct Factor {
  Intensity value;
  std::string source;
};
// Of a zone at a time; nullopt: there is none, and no other method stands in.
using FactorOf = std::function<std::optional<Factor>(const std::string& zone, Wall t)>;

struct GhgInput {
  const ledger::Report* places = nullptr;  // By::place_hour
  std::function<Supply(const std::string& deployment)> supply;
  FactorOf direct, market;
};

// One deployment in one zone: calls, idle time and foreign load together. What came for closed months is not in it.
struct GhgPlace {
  std::string deployment, zone;
  Supply supply = Supply::unknown;
  Energy energy;
  Carbon lifecycle;  // operational
  // Scope 2, of own electricity only. Nothing where no hour has such a factor.
  struct Scope2 {
    Energy covered, uncovered;
    std::optional<Carbon> carbon;  // of what is covered
    std::string source;            // the first one
  } location, market;
  // 3.3: lifecycle less direct of what has a direct factor. Nothing where the direct factor is not the smaller one:
  // the two sources cannot be told apart then.
  std::optional<Carbon> upstream;
};

struct Ghg {
  std::vector<GhgPlace> places;  // by name
  // Sums of what is known.
  Carbon scope2_location, scope2_market, scope3_3, scope3_1;
  Energy no_direct_factor, no_market_factor;  // of own electricity
  // In no category: deployments that the configuration does not have, the gateway's own machine, closed months.
  Energy unclassified;
  Carbon unclassified_lifecycle;
};

// In all categories together, what is uncovered included, is all the energy of the report's total, exactly.
Ghg ghg(const GhgInput& input);

}  // namespace trine::report

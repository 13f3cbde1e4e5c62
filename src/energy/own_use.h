// The gateway's own energy, estimated from its CPU time (docs/accounting.md §6). Pure.
#pragma once

#include <string>

#include "energy/boundary.h"
#include "energy/facts.h"

namespace trine::energy {

// The machine that the gateway runs on.
struct GatewayHost {
  std::string zone;
  // Of a busy core with its part of the server. An assumption: servers of today draw 5 to 20 W, which is the 90 %
  // range.
  double watts_per_core = 10;
  double pue = 1.2;
  double pue_sigma = sigma::pue_unknown;
};
inline constexpr double kWattsPerCoreSigma = 0.42;  // ln 2 / 1.645: a factor of two either way

// For `cpu` of CPU time in [begin, end). Never zero where CPU time was used. Quality D.
GatewayUse gateway_use(Wall begin, Wall end, Nanos cpu, const GatewayHost& host, const GridValue& grid);

}  // namespace trine::energy

// What a call took, and what the tokens that a stage spared it would have taken, by the deployment that served it
// (docs/accounting.md §4, §6). Pure.
#pragma once

#include <span>
#include <vector>

#include "gateway/deployment.h"
#include "gateway/exchange.h"

namespace trine::gateway {

// Before any meter window closed: the curve, or the vendor's formula and price.
energy::Figures figures_of(const Deployment& d, const energy::CallFacts& facts, const energy::GridValue& grid);

// REQUIRES: own hardware.
energy::Pace pace_of(const Deployment& d, double batch);

// One record for each step. Without figures of its own a step has the difference between the call as it was and the
// call with those tokens, one step upon the other: together they are the request as it arrived less the request as it
// was served. No figures at all (letter D) where no deployment served it.
std::vector<energy::Avoided> price_spared(const RequestId& request, Wall at, std::span<const Spared> spared,
                                          const Deployment* served, const energy::CallFacts& facts,
                                          const energy::GridValue& grid);

}  // namespace trine::gateway

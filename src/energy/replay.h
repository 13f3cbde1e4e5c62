// What a call's share of each window was, found again from the facts and the windows that the ledger keeps: for an
// auditor (`trine explain`), not for settling.
#pragma once

#include <span>
#include <vector>

#include "energy/estimate.h"
#include "energy/facts.h"
#include "energy/slices.h"

namespace trine::energy {

struct ReplayedCall {
  CallFacts facts;
  uint16_t model = 0;  // in the weights
};

struct ReplayedWindow {
  DeviceWindow window;
  double weight_j = 0;      // of the call (docs/accounting.md §2.3)
  double all_weight_j = 0;  // of all calls in it, this one included
  int calls = 0;            // that had work in it
  double batch = 0;         // mean running requests
  DeviceWindow::Share ours;
  double share() const { return all_weight_j > 0 ? weight_j / all_weight_j : 0; }
};

// The windows in which `wanted` had work. `calls`: all that ran on the device in that time, `windows` by their begin.
// Facts say when a call began, had its first token and ended; between, tokens are taken to have come evenly. What was
// settled knew when they came: sums agree, single windows may differ.
// REQUIRES: model < weights.size() for each call.
std::vector<ReplayedWindow> replay(const CallId& wanted, std::span<const ReplayedCall> calls,
                                   std::span<const TokenWeights> weights, const Pace& pace,
                                   std::span<const DeviceWindow> windows);

}  // namespace trine::energy

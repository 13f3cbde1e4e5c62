// The saving of a period against the configuration's baseline, for `trine report`.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "gateway/snapshot.h"
#include "ledger/report.h"
#include "score/savings.h"

namespace trine::cli {

struct SavingsReport {
  std::string sentence;  // always there; without a saving it says why and what to do
  std::optional<score::Savings> savings;
  std::optional<score::SavingsBaseline> baseline;
  std::optional<gateway::FrozenBaseline> frozen;  // where the baseline is a file
};

// `hours`: a report By::hour of the period in question. The parts of its first and last hour that lie outside the
// period count as not there.
SavingsReport savings_report(const gateway::Snapshot& snapshot, const ledger::Report& hours);

// An object: "sentence", and where there is a saving the amounts as exact integers with low and high, and both sides.
std::string to_json(const SavingsReport& report);

}  // namespace trine::cli

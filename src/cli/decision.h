// A decision as a record (docs/csoa.md §3): made from a scored choice, kept in the ledger as an event, read back. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/choice.h"
#include "ledger/report.h"

namespace trine::cli {

using Record = nlohmann::ordered_json;

inline constexpr const char* kDecision = "decision";
inline constexpr const char* kReview = "decision_review";

// Errors: not_found for a name that is no option, failed_precondition for one that may not serve (a decision does not
// lift a constraint).
Result<Record> decision_record(const Choice& choice, const fleet::Sheet& sheet, const DecideOptions& options,
                               std::string id, Wall now);

// "cannes-4090 over frankfurt-a100: 83 % less CO2e outweighs 20 % less control". `lead`, `sigma`: of flips.h.
std::string decision_sentence(const Choice& choice, const fleet::Sheet& sheet, size_t chosen,
                              const std::vector<size_t>& over, double lead, double sigma);

// How it turned out: the chosen one's calls since the decision against what was expected of them, attributed against
// attributed; with metered idle also fully loaded against what was expected with idle. `where` says whose calls.
// REQUIRES: measured.total.sums.calls > 0.
Record review_record(const Record& decision, const ledger::Report& measured, const std::string& where, Wall now);

std::string review_text(const Record& decision, const Record& review);  // a line for each figure

// A text of a record; empty where there is none: a ledger may hold what another program wrote.
std::string text_of(const Record& record, const char* key);

std::string decision_text(const Record& decision, const std::vector<Record>& reviews);
std::string decision_markdown(const Record& decision, const std::vector<Record>& reviews);

}  // namespace trine::cli

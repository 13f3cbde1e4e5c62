// What a client is told of limits and budgets.
#pragma once

#include <string>

#include "gateway/exchange.h"
#include "llm/errors.h"
#include "protect/shared.h"

namespace trine::gateway {

// Why it was refused, whose limit it is, when it resets and whom to ask. Sets x.retry_after.
llm::ClientError refusal(Exchange& x, const protect::Policy& policy, const protect::Verdict& verdict);
// x-ratelimit-* of the tightest limits, and x-trine-budget-* of a budget over its soft limit; header lines.
std::string limit_head(const protect::Verdict& verdict, std::string_view currency);
// "team claims: 33.1 of 40 gCO2e spent, 1.2 reserved, resets 2026-12-01T00:00:00Z".
std::string budget_text(const protect::BudgetUse& budget, const protect::BudgetView& view, std::string_view currency);
// An amount in the unit that the configuration has it in: euros, kWh or grams.
std::string amount_text(int64_t amount, protect::Unit unit);
std::string unit_text(protect::Unit unit, std::string_view currency);  // "EUR", "kWh", "gCO2e"
// OpenAI's form of a time: "120ms", "1s", "6m0s".
std::string reset_text(Nanos d);

}  // namespace trine::gateway

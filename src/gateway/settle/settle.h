// Stage 9: what happened becomes records (docs/accounting.md §1), before the client has its last byte.
#pragma once

#include <string>

#include "gateway/exchange.h"

namespace trine::gateway {

// Journals the intent, and counts the call among those that run. False where the ledger has no room and the policy is
// to refuse; x.call is not open then.
bool open_call(Exchange& x, std::shared_ptr<const Deployment> deployment, bool beside = false);

// How far the answer has come; call it for each piece that was relayed.
void note_progress(Call& call, Tokens tokens, size_t bytes, Wall now);

// Tells metering of the tokens that a running stream has relayed since it was last told, and, once, of its prompt.
void feed_progress(Exchange& x);

// Journals the call's facts and its first settlement, and adds its figures to x.figures. Tokens: the engine's usage if
// there is one, else counted. Nothing if no call is open.
void close_call(Exchange& x, energy::Outcome outcome, int upstream_status);

// Journals the request. Closes the call first, if one is open. Nothing if it was recorded, or if there was no call and
// nothing worth a record (refused before a key was known).
void close_request(Exchange& x, energy::Outcome outcome);

// Settles what a crash left without figures, as far as its deployments are still configured. Once, at start.
void settle_interrupted(const Snapshot& snapshot, const std::vector<energy::CallFacts>& calls,
                        ledger::Journal& journal);

// What the client is told at once: {"request_id", "deployment", "energy_j", "carbon_g", "cost", "quality", ...}.
std::string figures_json(const Exchange& x);
// The same as headers: x-trine-energy-j, x-trine-carbon-g, x-trine-cost, x-trine-quality.
void add_figures(std::string& head, const Exchange& x);

}  // namespace trine::gateway

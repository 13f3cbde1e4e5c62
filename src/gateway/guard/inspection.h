// Texts on their way through tiers 0 to 3, for the stage and for the API alike.
#pragma once

#include <vector>

#include "gateway/exchange.h"
#include "guard/guard.h"
#include "llm/texts.h"
#include "net/task.h"

namespace trine::gateway {

struct Inspection {
  std::vector<guard::Part> parts;  // views of texts that stay
  bool only_data = false;          // look for personal data and nothing else
  guard::Outcome outcome;          // one decision per part
};

// REQUIRES: x.guarding. Long texts are looked at on another thread. Asks the judge where the policy does.
net::Task<void> inspect(Exchange& x, Inspection& inspection);

// A tool's definition is the operator's, or his client's, as a system prompt is.
guard::Provenance provenance_of(llm::TextRole role);

}  // namespace trine::gateway

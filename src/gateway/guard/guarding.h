// What the guard knows of one request from its way in to the end of its answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/guard/guards.h"
#include "guard/leak.h"
#include "guard/pii/vault.h"
#include "llm/texts.h"

namespace trine::gateway {

struct Guarding {
  std::shared_ptr<const Guards> guards;
  const guard::Policy* policy = nullptr;
  std::shared_ptr<const guard::LeakIndex> leaks;  // of its system prompts; null: they have nothing to give away
  std::vector<std::string> said;                  // by the user, who may be told it again; only with `leaks`
  guard::PiiVault vault;                          // what placeholders in the request stand for
  guard::Action action = guard::Action::allow;    // the strictest so far
  std::string note;                               // for the operator: what was found and done; empty: nothing
};

}  // namespace trine::gateway

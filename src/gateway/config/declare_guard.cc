// What the guard reads; what it does about findings is its policy's (docs/guard.md).
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {

void declare_guard(yaml::Fields& f, GuardConfig& guard) {
  f.boolean({"on", "Look at prompts, documents and answers. /v1/guard/check answers in any case."}, guard.on);
  f.text({"policy", "YAML file of what is done about findings; default: the built-in policy (docs/guard-policy.md)."},
         guard.policy);
  f.text({"rules", "Folder of rule packs of your own, beside those built in."}, guard.rules);
  f.boolean({"canary", "Put a marker into system prompts that must never come out again."}, guard.canary);
}

}  // namespace trine::gateway

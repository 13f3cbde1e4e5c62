// What the guard reads and who judges for it; what it does about findings is its policy's (docs/guard.md).
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {

using yaml::Fields;
using yaml::required;

const char* name(JudgeFormat format) {
  switch (format) {
    case JudgeFormat::llama_guard:
      return "llama_guard";
    case JudgeFormat::qwen3guard:
      return "qwen3guard";
    case JudgeFormat::granite_guardian:
      return "granite_guardian";
    case JudgeFormat::gpt_oss_safeguard:
      return "gpt_oss_safeguard";
  }
  return "";
}

void declare_guard(Fields& f, GuardConfig& guard) {
  f.boolean({"on", "Look at prompts, documents and answers. /v1/guard/check answers in any case."}, guard.on);
  f.text({"policy", "YAML file of what is done about findings; default: the built-in policy (`trine guard policy`)."},
         guard.policy);
  f.text({"rules", "Folder of rule packs of your own, beside those built in."}, guard.rules);
  f.boolean({"canary", "Put a marker into system prompts that must never come out again."}, guard.canary);
  f.object({"judge", "A model that decides where the scores do not, as the policy asks."}, guard.judge,
           [](Fields& j, JudgeConfig& judge) {
             j.text(required("deployment", "Which deployment serves it."), judge.deployment);
             std::vector<std::pair<std::string_view, JudgeFormat>> formats;
             for (const auto format : {JudgeFormat::llama_guard, JudgeFormat::qwen3guard, JudgeFormat::granite_guardian,
                                       JudgeFormat::gpt_oss_safeguard})
               formats.emplace_back(name(format), format);
             j.choice(required("format", "How it is asked, and how it answers."), judge.format, formats);
           });
}

}  // namespace trine::gateway

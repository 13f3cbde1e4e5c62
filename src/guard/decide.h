// From what the tiers found to what is done, by the policy: with every reason for the operator, and none for the
// caller. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/judge.h"
#include "guard/policy.h"
#include "guard/verdict.h"

namespace trine::guard {

// A rule that matched.
struct RuleEvidence {
  std::string_view id;
  Risk risk = Risk::injection;
  bool blocks = false;  // sure enough to stand for a score of 1
  std::string_view says;
};

enum class JudgeState : uint8_t { not_asked, answered, no_answer };

struct Evidence {
  RiskScores scores;  // of the classifier and the detectors; what is not a number counts as 1
  OperatingPoints points;
  std::span<const RuleEvidence> rules;
  std::span<const Entity> personal_data;  // found, whatever is to be done about each
  bool too_many_secrets = false;          // and there are more, which nobody knows the places of
  RiskSet judgeable;                      // what the judge could be asked; none: there is no judge
  JudgeState judge_state = JudgeState::not_asked;
  std::optional<JudgeVerdict> judge;  // if answered
};

// One thing that was found, and what it leads to.
struct Cause {
  Risk risk = Risk::unsafe;
  Action action = Action::allow;
  int tier = 2;
  double score = 0;
  std::string threshold{};         // as the policy has it: "normal"
  double threshold_score = 0;      // its value
  std::string rule{};              // id
  std::optional<Hazard> hazard{};  // as the judge named it
  std::string says{};
};

struct Decision {
  Verdict verdict;            // latency_us is left to the caller
  std::vector<Cause> causes;  // the strictest first
  std::vector<Entity>
      redact;          // those of verdict.entities that are to be cut out, in order; what overlaps has become one
  RiskSet ask_judge;   // doubtful: ask about these and decide again
  std::string policy;  // the names of what was applied: "default", "research + strict"
};

Decision decide(const Policy& policy, const Evidence& evidence);

// For the operator: what was done and by which policy, then one line per cause.
std::string explain(const Decision& decision);

// For the caller of a blocked request: one of `messages` (language tag to text), for the first of `languages` that has
// one ("de" serves "de-AT"), else English. It depends on nothing but the languages: an attacker who varies his text
// learns only that it was blocked. Empty when nothing was blocked.
std::string caller_words(const Decision& decision, const std::map<std::string, std::string>& messages,
                         std::span<const std::string_view> languages = {});

}  // namespace trine::guard

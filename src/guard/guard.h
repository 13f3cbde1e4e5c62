// Tiers 0 to 2 and personal data over the texts of one request or answer: everything that needs no other model. What
// the judge adds comes afterwards, with the same findings (decide_all).
//
// Fails closed: a text that cannot be looked at whole counts as found.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/classifier.h"
#include "guard/decide.h"
#include "guard/normalise.h"
#include "guard/part.h"
#include "guard/pii/scanner.h"
#include "guard/policy_file.h"
#include "guard/rules.h"

namespace trine::guard {

// What was found in one part. Views point into the guard and into the part's text.
struct Finding {
  RiskScores scores;
  std::vector<RuleEvidence> rules;
  std::vector<Entity> entities;   // personal data and secrets, in the part's bytes
  bool too_many_secrets = false;  // more than a scan tells: some are not in `entities`
  std::string_view worst;         // the passage with the highest score: what a judge is to read
};

// Working memory of one thread.
class GuardScratch {
 private:
  friend class Guard;
  Normalised normalised_;
  RuleScratch rules_;
  ClassifierScratch classifier_;
  std::vector<RuleHit> hits_;
  std::vector<PiiSpan> spans_;
};

// What is done about all parts together, and about each.
struct Outcome {
  Decision total;               // the strictest action, the highest scores, every cause; no entities
  std::vector<Decision> parts;  // as the parts
};

// Immutable: any thread, each with a scratch of its own.
class Guard {
 public:
  struct Sources {
    std::string policy;  // a file; empty: the built-in policy
    std::string rules;   // a folder of further packs; empty: none
  };
  // Errors: invalid_argument with "file:line:column: sentence" lines.
  static Result<std::shared_ptr<const Guard>> load(const Sources& sources);
  // The built-in policy, rules and weights, made once.
  static const std::shared_ptr<const Guard>& shipped();
  static bool shipped_is_made();

  const PolicyFile& policies() const { return policies_; }
  const std::shared_ptr<const RuleSet>& rules() const { return rules_; }
  const PiiScanner& personal_data() const { return scanner_; }
  // "rules 3 (9f2c...), weights 41ab..., policy default 5d01...": for records.
  const std::string& version() const { return version_; }

  Finding inspect(const Part& part, GuardScratch& scratch) const;
  // The hits of a stream's rules as evidence.
  std::vector<RuleEvidence> evidence_of(std::span<const RuleHit> hits) const;

 private:
  // Personal data and secrets of `text`, and of what its escapes hide.
  std::vector<Entity> data_in(std::string_view text, const Part& part, int depth, GuardScratch& scratch,
                              Finding& found) const;

  Guard(PolicyFile policies, std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Classifier> classifier);

  PolicyFile policies_;
  std::shared_ptr<const RuleSet> rules_;
  std::shared_ptr<const Classifier> classifier_;
  PiiScanner scanner_;
  std::string version_;
};

// What a judge said, or that it did not, about one part.
struct Judged {
  JudgeState state = JudgeState::not_asked;
  std::optional<JudgeVerdict> verdict;
};

// `judged`: empty, or as long as `findings`. `judgeable`: by provenance, what a judge could be asked; none where there
// is no judge.
Outcome decide_all(const Policy& policy, std::span<const Finding> findings, std::span<const RiskSet> judgeable,
                   std::span<const Judged> judged);

inline constexpr OperatingPoints kOperatingPoints = {kOneInHundred, kOneInThousand};

}  // namespace trine::guard

// Random policies and findings: combining is a least upper bound, decisions follow it, and callers learn nothing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "guard/decide.h"

namespace trine::guard::policy_property_test {
namespace {

const std::vector<std::string> kTypes = {"IBAN", "EMAIL", "CARD"};

Threshold threshold() {
  if (*rc::gen::arbitrary<bool>()) {
    return Threshold::at(*rc::gen::element(Level::strict, Level::normal, Level::lenient, Level::never));
  }
  return Threshold::at(*rc::gen::inRange(1, 101) / 100.0);
}
Action action() {
  return *rc::gen::element(Action::allow, Action::flag, Action::redact, Action::block);
}

Policy policy() {
  Policy out;
  out.names = {*rc::gen::element<std::string>("a", "b", "c", "d")};
  for (auto& reaction : out.risks) reaction = Reaction::of(action(), threshold());
  for (auto& hazard : out.hazards) hazard = action();
  for (const auto& type : kTypes) {
    if (*rc::gen::arbitrary<bool>()) out.personal_data[type] = action();
  }
  out.judge_from = threshold();
  out.judge_fails_closed = *rc::gen::arbitrary<bool>();
  out.delimit = *rc::gen::arbitrary<bool>();
  out.datamark = *rc::gen::arbitrary<bool>();
  out.reversible = *rc::gen::arbitrary<bool>();
  return out;
}

struct Finding {
  Evidence evidence;
  std::vector<RuleEvidence> rules;
  std::vector<Entity> entities;
};

std::unique_ptr<Finding> finding() {
  auto out = std::make_unique<Finding>();
  Evidence& e = out->evidence;
  e.points.one_percent = *rc::gen::inRange(1, 100) / 100.0;
  e.points.one_per_mille = std::max(e.points.one_percent, *rc::gen::inRange(1, 100) / 100.0);
  for (double& score : e.scores.of) score = *rc::gen::inRange(0, 101) / 100.0;
  for (size_t i = 0; i < kRisks; ++i) e.judgeable.set(i, *rc::gen::arbitrary<bool>());
  if (*rc::gen::arbitrary<bool>()) {
    out->rules.push_back(
        {"rule-xyz", risk_at(*rc::gen::inRange<size_t>(0, kRisks)), *rc::gen::arbitrary<bool>(), "why"});
  }
  if (*rc::gen::arbitrary<bool>()) out->entities.push_back({0, 4, *rc::gen::elementOf(kTypes)});
  if (*rc::gen::arbitrary<bool>()) out->entities.push_back({5, 9, "OTHER"});
  e.rules = out->rules;
  e.personal_data = out->entities;
  e.judge_state = *rc::gen::element(JudgeState::not_asked, JudgeState::answered, JudgeState::no_answer);
  if (e.judge_state == JudgeState::answered) {
    JudgeVerdict& verdict = e.judge.emplace();
    for (size_t i = 0; i < kRisks; ++i) verdict.found.set(i, *rc::gen::inRange(0, 4) == 0);
    for (size_t i = 0; i < kHazards; ++i) verdict.hazards.set(i, *rc::gen::inRange(0, 8) == 0);
    verdict.in_doubt = *rc::gen::arbitrary<bool>();
  }
  return out;
}

RC_GTEST_PROP(Combined, IsCommutativeAssociativeAndIdempotent, ()) {
  const Policy a = policy(), b = policy(), c = policy();
  RC_ASSERT(combined(a, b) == combined(b, a));
  RC_ASSERT(combined(combined(a, b), c) == combined(a, combined(b, c)));
  RC_ASSERT(combined(a, a) == a);
  RC_ASSERT(combined(combined(a, b), b) == combined(a, b));
}

RC_GTEST_PROP(Combined, DoesAtEveryScoreWhatTheStricterOneDoes, ()) {
  const Policy a = policy(), b = policy();
  const Policy both = combined(a, b);
  const OperatingPoints points{*rc::gen::inRange(1, 50) / 100.0, *rc::gen::inRange(50, 100) / 100.0};
  const double score = *rc::gen::inRange(0, 101) / 100.0;
  for (size_t i = 0; i < kRisks; ++i) {
    RC_ASSERT(both.risks[i].action(score, points) ==
              std::max(a.risks[i].action(score, points), b.risks[i].action(score, points)));
  }
  for (size_t i = 0; i < kHazards; ++i) RC_ASSERT(both.hazards[i] == std::max(a.hazards[i], b.hazards[i]));
  for (const auto& type : {kTypes[0], kTypes[1], kTypes[2], std::string("OTHER")}) {
    RC_ASSERT(both.of_personal_data(type) == std::max(a.of_personal_data(type), b.of_personal_data(type)));
  }
}

RC_GTEST_PROP(Decide, ACombinedPolicyIsNeverLooserThanEither, ()) {
  const Policy a = policy(), b = policy();
  const auto found = finding();
  const Decision by_a = decide(a, found->evidence);
  const Decision by_both = decide(combined(a, b), found->evidence);
  RC_ASSERT(by_both.verdict.action >= by_a.verdict.action);
  // Who would ask under one policy and does not under both needs no answer any more: all that can be done is done.
  const RiskSet dropped = by_a.ask_judge & ~by_both.ask_judge;
  for (size_t i = 0; i < kRisks; ++i) {
    if (dropped.test(i)) RC_ASSERT(by_both.verdict.action >= a.risks[i].strictest());
  }
}

RC_GTEST_PROP(Decide, EveryActionHasItsReasonAndEveryReasonItsAction, ()) {
  const auto found = finding();
  const Decision d = decide(policy(), found->evidence);
  RC_ASSERT(d.causes.empty() == (d.verdict.action == Action::allow));
  if (!d.causes.empty()) RC_ASSERT(d.causes.front().action == d.verdict.action);
  for (size_t i = 1; i < d.causes.size(); ++i) RC_ASSERT(d.causes[i - 1].action >= d.causes[i].action);
  RC_ASSERT(d.verdict.reasons.size() >= d.causes.size());
  RC_ASSERT(explain(d).starts_with(name(d.verdict.action)));
}

RC_GTEST_PROP(CallerWords, DependOnNothingButWhetherItWasBlocked, ()) {
  const auto found = finding();
  const Decision d = decide(policy(), found->evidence);
  const std::map<std::string, std::string> messages = {{"en", "Stopped."}};
  RC_ASSERT(caller_words(d, messages) == (d.verdict.action == Action::block ? "Stopped." : ""));
}

}  // namespace
}  // namespace trine::guard::policy_property_test

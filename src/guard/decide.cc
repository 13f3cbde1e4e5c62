#include "guard/decide.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace trine::guard {

namespace {

constexpr std::string_view kBlocked = "This request was stopped by the rules of this service.";

// The detectors of leaks and of personal data are sure or silent: their scores know no false-alarm rates.
constexpr OperatingPoints kSureOrSilent{0.5, 0.5};

const OperatingPoints& points_of(Risk risk, const Evidence& evidence) {
  return risk == Risk::pii || risk == Risk::leak ? kSureOrSilent : evidence.points;
}

class Deciding {
 public:
  Deciding(const Policy& policy, const Evidence& evidence) : policy_(policy), evidence_(evidence) {
    decision_.policy = fmt::format("{}", fmt::join(policy.names, " + "));
    for (size_t i = 0; i < kRisks; ++i) {
      const double score = evidence.scores.of[i];
      decision_.verdict.scores.of[i] = std::isnan(score) ? 1 : std::clamp(score, 0.0, 1.0);
    }
  }

  Decision run() {
    for (size_t i = 0; i < kRisks; ++i) {
      const Risk risk = risk_at(i);
      if (risk == Risk::pii && !evidence_.personal_data.empty()) continue;  // decided by type
      by_score(risk);
    }
    by_rules();
    by_personal_data();
    by_what_is_not_told();
    by_judge();
    finish();
    return std::move(decision_);
  }

 private:
  void add(Cause cause) {
    if (cause.action != Action::allow) decision_.causes.push_back(std::move(cause));
  }
  Action so_far(Risk risk) const {
    Action action = Action::allow;
    for (const auto& cause : decision_.causes) {
      if (cause.risk == risk) action = std::max(action, cause.action);
    }
    return action;
  }

  void by_score(Risk risk) {
    const double score = decision_.verdict.scores[risk];
    const Reaction& reaction = policy_.of(risk);
    const OperatingPoints& points = points_of(risk, evidence_);
    const Action action = reaction.action(score, points);
    if (action == Action::allow) return;
    const Threshold& threshold = reaction.threshold(action);
    add({.risk = risk,
         .action = action,
         .tier = risk == Risk::pii || risk == Risk::leak ? 1 : 2,
         .score = score,
         .threshold = in_words(threshold),
         .threshold_score = threshold.value(points)});
  }

  void by_rules() {
    for (const auto& rule : evidence_.rules) {
      if (!rule.blocks) continue;
      add({.risk = rule.risk,
           .action = policy_.of(rule.risk).strictest(),
           .tier = 1,
           .score = 1,
           .rule = std::string(rule.id),
           .says = std::string(rule.says)});
    }
  }

  void by_personal_data() {
    for (const auto& entity : evidence_.personal_data) {
      const Action action = policy_.of_personal_data(entity.type);
      if (action == Action::allow) continue;
      decision_.verdict.entities.push_back(entity);
      if (action == Action::redact) decision_.redact.push_back(entity);
      const bool known = std::any_of(decision_.causes.begin(), decision_.causes.end(), [&](const Cause& cause) {
        return cause.risk == Risk::pii && cause.says == entity.type;
      });
      if (!known) add({.risk = Risk::pii, .action = action, .tier = 1, .score = 1, .says = entity.type});
    }
  }

  // What must be cut out and is not known cannot go on.
  void by_what_is_not_told() {
    if (evidence_.too_many_secrets && policy_.of_personal_data("SECRET") == Action::redact)
      add({.risk = Risk::pii,
           .action = Action::block,
           .tier = 1,
           .score = 1,
           .says = "more keys and passwords in one text than can be cut out"});
  }

  void by_judge() {
    RiskSet doubtful;
    for (size_t i = 0; i < kRisks; ++i) {
      const Risk risk = risk_at(i);
      if (!evidence_.judgeable.test(i) || policy_.judge_from.never()) continue;
      const bool open = so_far(risk) < most(risk);
      doubtful.set(i, open && decision_.verdict.scores.of[i] >= policy_.judge_from.value(points_of(risk, evidence_)));
    }
    if (evidence_.judge_state == JudgeState::not_asked) {
      decision_.ask_judge = doubtful;
    } else if (evidence_.judge_state == JudgeState::no_answer || !evidence_.judge) {
      if (policy_.judge_fails_closed) no_answer(doubtful);
    } else {
      answered(*evidence_.judge);
      if (policy_.judge_fails_closed) no_answer(doubtful & ~evidence_.judge->judged);
    }
  }
  // What could be done about a risk at most, the judge's categories included.
  Action most(Risk risk) const {
    Action action = policy_.of(risk).strictest();
    if (risk == Risk::unsafe) {
      for (const Action a : policy_.hazards) action = std::max(action, a);
    }
    return action;
  }
  void no_answer(RiskSet doubtful) {
    for (size_t i = 0; i < kRisks; ++i) {
      if (doubtful.test(i))
        judged(risk_at(i), most(risk_at(i)), std::nullopt, "the judge was asked and gave no answer in time");
    }
  }
  void answered(const JudgeVerdict& verdict) {
    const std::string says = verdict.rationale.empty() ? "the judge found it" : "the judge: " + verdict.rationale;
    // Where the judge itself is in doubt, it is reported; a policy that fails closed takes it at its worst.
    const auto weighed = [&](Action action) {
      return verdict.in_doubt && !policy_.judge_fails_closed ? std::min(action, Action::flag) : action;
    };
    for (size_t i = 0; i < kRisks; ++i) {
      if (!verdict.found.test(i)) continue;
      if (risk_at(i) == Risk::unsafe && verdict.hazards.any()) continue;  // decided by category
      judged(risk_at(i), weighed(policy_.risks[i].strictest()), std::nullopt, says);
    }
    for (size_t i = 0; i < kHazards; ++i) {
      if (verdict.hazards.test(i)) judged(Risk::unsafe, weighed(policy_.hazards[i]), hazard_at(i), says);
    }
  }
  void judged(Risk risk, Action action, std::optional<Hazard> hazard, const std::string& says) {
    add({.risk = risk,
         .action = action,
         .tier = 3,
         .score = decision_.verdict.scores[risk],
         .hazard = hazard,
         .says = says});
  }

  void finish();

  const Policy& policy_;
  const Evidence& evidence_;
  Decision decision_;
};

// One after the other, none in another: what begins in one ends it no sooner. A secret's name goes before others, for
// no placeholder brings one back; else the longest's.
std::vector<Entity> united(std::vector<Entity> entities) {
  std::sort(entities.begin(), entities.end(), [](const Entity& a, const Entity& b) { return a.start < b.start; });
  std::vector<Entity> out;
  size_t longest = 0;
  for (Entity& e : entities) {
    const size_t length = e.end - e.start;
    if (out.empty() || e.start >= out.back().end) {
      longest = length;
      out.push_back(std::move(e));
      continue;
    }
    Entity& one = out.back();
    one.end = std::max(one.end, e.end);
    if (e.type == "SECRET" || (length > longest && one.type != "SECRET")) one.type = std::move(e.type);
    longest = std::max(longest, length);
  }
  return out;
}

std::string in_words(const Cause& cause) {
  std::string out = fmt::format("tier {}: {}", cause.tier, name(cause.risk));
  if (cause.hazard) out += fmt::format(" ({})", name(*cause.hazard));
  if (!cause.rule.empty()) {
    out += fmt::format(", rule {}", cause.rule);
  } else if (!cause.threshold.empty()) {
    out += fmt::format(", score {:.3f} at or over {:.3f} ({})", cause.score, cause.threshold_score, cause.threshold);
  }
  if (!cause.says.empty()) out += ": " + cause.says;
  return out + fmt::format(" -> {}", name(cause.action));
}

void Deciding::finish() {
  decision_.redact = united(std::move(decision_.redact));
  auto& causes = decision_.causes;
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return a.action > b.action || (a.action == b.action && a.tier < b.tier);
  });
  Verdict& verdict = decision_.verdict;
  verdict.tier = evidence_.judge_state == JudgeState::not_asked ? 2 : 3;
  if (!causes.empty()) {
    verdict.action = causes.front().action;
    verdict.tier = causes.front().tier;
  }
  for (const auto& cause : causes) verdict.reasons.push_back(in_words(cause));
  for (const auto& rule : evidence_.rules) {
    if (!rule.blocks) verdict.reasons.push_back(fmt::format("evidence: rule {}: {}", rule.id, rule.says));
  }
}

// The text for a language tag: its own, or that of the language alone.
const std::string* message_for(const std::map<std::string, std::string>& messages, std::string_view tag) {
  for (size_t end = tag.size(); end != std::string_view::npos && end > 0; end = tag.rfind('-', end - 1)) {
    for (const auto& [language, text] : messages) {
      if (iequals(language, tag.substr(0, end))) return &text;
    }
  }
  return nullptr;
}

}  // namespace

Decision decide(const Policy& policy, const Evidence& evidence) {
  return Deciding(policy, evidence).run();
}

std::string explain(const Decision& decision) {
  std::string out = fmt::format("{} by policy {}", name(decision.verdict.action), decision.policy);
  for (const auto& reason : decision.verdict.reasons) out += "\n- " + reason;
  if (decision.ask_judge.any()) {
    out += "\n- doubtful, to be judged:";
    for (size_t i = 0; i < kRisks; ++i) {
      if (decision.ask_judge.test(i)) out += fmt::format(" {}", name(risk_at(i)));
    }
  }
  return out;
}

std::string caller_words(const Decision& decision, const std::map<std::string, std::string>& messages,
                         std::span<const std::string_view> languages) {
  if (decision.verdict.action != Action::block) return {};
  for (const std::string_view tag : languages) {
    if (const auto* text = message_for(messages, tag)) return *text;
  }
  const auto* english = message_for(messages, "en");
  return english ? *english : std::string(kBlocked);
}

}  // namespace trine::guard

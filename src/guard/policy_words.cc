// The policy in sentences.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "guard/policy.h"

namespace trine::guard {

namespace {

struct Subject {
  std::string_view what;
  bool plural;
};
constexpr std::array<Subject, kRisks> kSubjects = {{{"Jailbreak attempts", true},
                                                    {"Attempts to override the instructions", true},
                                                    {"Attempts to draw out the system prompt", true},
                                                    {"Requests for harmful content", true},
                                                    {"Instructions hidden in documents and tool results", true},
                                                    {"Personal data", false},
                                                    {"Answers that give the system prompt away", true}}};

std::string_view done(Action action) {
  switch (action) {
    case Action::allow:
      return "allowed";
    case Action::flag:
      return "let through and reported to the operator";
    case Action::redact:
      return "blacked out";
    case Action::block:
      return "blocked";
  }
  return "";
}

// Rules and detectors that are sure of what they find know no degrees.
bool has_degrees(Risk risk) {
  return risk != Risk::pii && risk != Risk::leak;
}

std::string when(const Threshold& threshold) {
  if (threshold.number != Threshold::kNever) return fmt::format(" (from the score {} on)", in_words(threshold));
  switch (threshold.level) {
    case Level::strict:
      return " already when in doubt (about 1 harmless text in 100 is taken for one)";
    case Level::normal:
      return " (about 1 harmless text in 1000 is taken for one)";
    case Level::lenient:
      return " only when hardly in doubt";
    case Level::never:
      break;
  }
  return "";
}

std::string sentence(Risk risk, const Reaction& reaction) {
  const Subject& subject = kSubjects.at(index(risk));
  std::string out = fmt::format("{} {} ", subject.what, subject.plural ? "are" : "is");
  bool first = true;
  for (const Action action : {Action::block, Action::redact, Action::flag}) {
    if (reaction.threshold(action).never()) continue;
    if (!first) out += "; else ";
    out += done(action);
    if (!has_degrees(risk)) return out + ".";  // the strictest one is all there is
    out += when(reaction.threshold(action));
    first = false;
  }
  if (first) out += done(Action::allow);
  return out + ".";
}

}  // namespace

std::vector<std::string> describe(const Policy& policy) {
  std::vector<std::string> out;
  for (size_t i = 0; i < kRisks; ++i) out.push_back(sentence(risk_at(i), policy.risks[i]));
  for (const Action action : {Action::block, Action::redact, Action::flag, Action::allow}) {
    std::vector<std::string_view> types;
    for (const auto& [type, own] : policy.personal_data) {
      if (own == action) types.emplace_back(type);
    }
    if (!types.empty())
      out.push_back(fmt::format("Of personal data, these are {}: {}.", done(action), fmt::join(types, ", ")));
  }
  if (policy.judge_from.never()) {
    out.emplace_back("No judge is asked in doubtful cases.");
  } else {
    out.push_back(fmt::format("In doubtful cases, from the score \"{}\" on, a second model is asked to judge.",
                              in_words(policy.judge_from)));
    for (const Action action : {Action::block, Action::flag, Action::allow}) {
      std::vector<std::string_view> hazards;
      for (size_t i = 0; i < kHazards; ++i) {
        if (policy.hazards[i] == action) hazards.push_back(in_words(hazard_at(i)));
      }
      if (!hazards.empty())
        out.push_back(fmt::format("What it finds of these is {}: {}.", done(action), fmt::join(hazards, ", ")));
    }
    out.emplace_back(policy.judge_fails_closed
                         ? "When it does not answer in time, doubtful texts are treated as attacks."
                         : "When it does not answer in time, doubtful texts go on.");
  }
  if (policy.reversible)
    out.emplace_back("What is cut out of a request leaves a placeholder, and its answer gets the original back.");
  if (policy.delimit || policy.datamark) {
    out.emplace_back("Documents and tool results are marked, and the model is told to take no instructions from them.");
  } else {
    out.emplace_back("Documents and tool results are passed on as they come.");
  }
  return out;
}

}  // namespace trine::guard

// What is done about each risk: the policy that leaders sign (policy_file.h reads it, describe() says it in words) and
// decide.h applies.
//
// Policies combine to a stricter one: for each item, what either would do at a score, the combined one does at least.
// combined() is commutative, associative and idempotent, so the order in which a route and a key are asked is nothing.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "guard/hazard.h"
#include "guard/verdict.h"

namespace trine::guard {

// Scores of the classifier above which one everyday benign text in a hundred, or in a thousand, would lie: measured
// with it, and shipped with it.
struct OperatingPoints {
  double one_percent = 0;
  double one_per_mille = 0;
};

enum class Level : uint8_t {
  strict,   // from the score of one false alarm in a hundred on
  normal,   // one in a thousand
  lenient,  // half-way from there to certainty: no rate was measured
  never,
};

// From which score on: the lower one of a level and a number.
struct Threshold {
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  Level level = Level::never;
  double number = kNever;

  static Threshold at(Level level) { return {level, kNever}; }
  static Threshold at(double number) { return {Level::never, number}; }
  double value(const OperatingPoints& points) const;
  bool never() const { return level == Level::never && number == kNever; }
  bool operator==(const Threshold&) const = default;
};
Threshold lower(const Threshold& a, const Threshold& b);
std::string in_words(const Threshold& threshold);  // "strict", "0.7", "the lower one of strict and 0.7"

// What is done about one risk, by its score.
struct Reaction {
  std::array<Threshold, 3> from;  // flag, redact, block

  static Reaction of(Action action, const Threshold& at);
  Action action(double score, const OperatingPoints& points) const;
  Action strictest() const;                                                                             // at certainty
  const Threshold& threshold(Action action) const { return from.at(static_cast<size_t>(action) - 1); }  // not of allow
  bool operator==(const Reaction&) const = default;
};

struct Policy {
  std::vector<std::string> names;  // what it was combined from, sorted
  std::array<Reaction, kRisks> risks;
  std::array<Action, kHazards> hazards{};                    // on the judge's word
  std::map<std::string, Action, std::less<>> personal_data;  // by type; others as risks[pii] at certainty
  Threshold judge_from;             // the judge is asked about scores from here to where the policy acts by itself
  bool judge_fails_closed = false;  // without its answer, such a text is treated as found
  bool reversible = false;          // what is cut out of a request leaves a placeholder that its answer turns back
  bool delimit = false;             // untrusted parts are put between marks (spotlight.h)
  bool datamark = false;            // and their words are joined by a mark

  const Reaction& of(Risk risk) const { return risks[index(risk)]; }
  Action of(Hazard hazard) const { return hazards[index(hazard)]; }
  Action of_personal_data(std::string_view type) const;
  bool operator==(const Policy&) const = default;
};

Policy combined(const Policy& a, const Policy& b);

// Plain English for those who answer for it, one sentence a line.
std::vector<std::string> describe(const Policy& policy);

}  // namespace trine::guard

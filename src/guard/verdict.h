// What the guard found in a request or an answer, and what is done about it: the shape of POST /v1/guard's answer.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trine::guard {

enum class Risk : uint8_t {
  jailbreak,   // talks the model out of its rules
  injection,   // overrides the instructions it was given
  extraction,  // asks for those instructions
  unsafe,      // asks for, or is, something harmful (hazard.h)
  indirect,    // instructions in a document or a tool's result
  pii,         // personal data
  leak,        // an answer that gives its system prompt away
};
inline constexpr size_t kRisks = 7;
using RiskSet = std::bitset<kRisks>;

inline Risk risk_at(size_t i) {
  return static_cast<Risk>(i);
}
inline size_t index(Risk r) {
  return static_cast<size_t>(r);
}
std::string_view name(Risk risk);
std::optional<Risk> parse_risk(std::string_view name);

// 0 to 1 by risk. Of the classifier's heads, calibrated: OperatingPoints say what a score means.
struct RiskScores {
  std::array<double, kRisks> of{};
  double& operator[](Risk risk) { return of[index(risk)]; }
  double operator[](Risk risk) const { return of[index(risk)]; }
  bool operator==(const RiskScores&) const = default;
};

// In rising strictness.
enum class Action : uint8_t { allow, flag, redact, block };
std::string_view name(Action action);

// Something to be cut out: half open, in bytes of the text that was judged.
struct Entity {
  size_t start = 0;
  size_t end = 0;
  std::string type;  // "IBAN"
  bool operator==(const Entity&) const = default;
};

// From places in bytes of `text` (UTF-8) to places in its code points. Any order; reads the text once.
void count_in_characters(std::string_view text, std::vector<Entity>& entities);

struct Verdict {
  RiskScores scores;
  Action action = Action::allow;
  std::vector<Entity> entities;
  int tier = 0;                      // that decided: 1 rules, 2 classifier, 3 judge; of an allowed text, the last asked
  std::vector<std::string> reasons;  // for the operator; never shown to a caller without that right
  double latency_us = 0;
};

// {"scores":{...},"action":"...","entities":[{"start","end","type"}],"tier":2,"reasons":[...],"latency_us":12.5}
void append_json(std::string& out, const Verdict& verdict);

}  // namespace trine::guard

#include "guard/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "yaml/fields.h"

namespace trine::guard {

double Threshold::value(const OperatingPoints& points) const {
  double by_level = kNever;
  if (level == Level::strict) by_level = points.one_percent;
  if (level == Level::normal) by_level = points.one_per_mille;
  if (level == Level::lenient) by_level = (points.one_per_mille + 1) / 2;
  return std::min(by_level, number);
}

Threshold lower(const Threshold& a, const Threshold& b) {
  return {std::min(a.level, b.level), std::min(a.number, b.number)};
}

std::string in_words(const Threshold& threshold) {
  constexpr std::array<std::string_view, 4> kLevels = {"strict", "normal", "lenient", "never"};
  const std::string_view level = kLevels.at(static_cast<size_t>(threshold.level));
  if (threshold.number == Threshold::kNever) return std::string(level);
  const std::string number = yaml::number_text(threshold.number);
  if (threshold.level == Level::never) return number;
  return fmt::format("the lower one of {} and {}", level, number);
}

Reaction Reaction::of(Action action, const Threshold& at) {
  Reaction reaction;
  if (action != Action::allow) reaction.from.at(static_cast<size_t>(action) - 1) = at;
  return reaction;
}

Action Reaction::action(double score, const OperatingPoints& points) const {
  for (const Action a : {Action::block, Action::redact, Action::flag}) {
    if (score >= threshold(a).value(points)) return a;
  }
  return Action::allow;
}

Action Reaction::strictest() const {
  for (const Action a : {Action::block, Action::redact, Action::flag}) {
    if (!threshold(a).never()) return a;
  }
  return Action::allow;
}

Action Policy::of_personal_data(std::string_view type) const {
  const auto found = personal_data.find(type);
  return found == personal_data.end() ? of(Risk::pii).strictest() : found->second;
}

Policy combined(const Policy& a, const Policy& b) {
  Policy out;
  std::set_union(a.names.begin(), a.names.end(), b.names.begin(), b.names.end(), std::back_inserter(out.names));
  for (size_t i = 0; i < kRisks; ++i) {
    for (size_t j = 0; j < out.risks[i].from.size(); ++j) {
      out.risks[i].from[j] = lower(a.risks[i].from[j], b.risks[i].from[j]);
    }
  }
  for (size_t i = 0; i < kHazards; ++i) out.hazards[i] = std::max(a.hazards[i], b.hazards[i]);
  for (const auto* policy : {&a, &b}) {
    for (const auto& [type, action] : policy->personal_data) {
      out.personal_data[type] = std::max(a.of_personal_data(type), b.of_personal_data(type));
    }
  }
  out.judge_from = lower(a.judge_from, b.judge_from);
  out.judge_fails_closed = a.judge_fails_closed || b.judge_fails_closed;
  out.delimit = a.delimit || b.delimit;
  out.datamark = a.datamark || b.datamark;
  out.reversible = a.reversible && b.reversible;
  return out;
}

}  // namespace trine::guard

#include "score/control.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace trine::score {
namespace {

constexpr std::array kRubric = {
    RubricLine{"operator", "own", 1.00, "your people run the machine"},
    RubricLine{"operator", "provider", 0.90, "rented machine, you run what is on it"},
    RubricLine{"operator", "managed", 0.75, "somebody runs the engine for you alone"},
    RubricLine{"operator", "vendor", 0.60, "an API: model, engine and machine are theirs"},
    RubricLine{"jurisdiction", "home", 1.00, "the operator answers to your law only"},
    RubricLine{"jurisdiction", "adequate", 0.85, "foreign law, with an adequacy decision"},
    RubricLine{"jurisdiction", "foreign", 0.60, "foreign law may demand the data"},
    RubricLine{"residency", "guaranteed", 1.00, "data stay in the region, by contract or by wire"},
    RubricLine{"residency", "chosen", 0.85, "a region can be chosen, support may see data from elsewhere"},
    RubricLine{"residency", "none", 0.60, "processed wherever there is room"},
    RubricLine{"tenancy", "dedicated", 1.00, "no other tenant on the machine"},
    RubricLine{"tenancy", "isolated", 0.90, "own virtual machine or GPU slice"},
    RubricLine{"tenancy", "shared", 0.70, "one engine for many customers"},
    RubricLine{"keys", "own", 1.00, "you alone can decrypt what is stored"},
    RubricLine{"keys", "customer-managed", 0.90, "your keys in their vault"},
    RubricLine{"keys", "provider", 0.75, "they can decrypt"},
    RubricLine{"weights", "custom", 1.00, "any weights, also your own"},
    RubricLine{"weights", "open", 0.95, "published weights that another can serve too"},
    RubricLine{"weights", "closed", 0.60, "exists at one vendor, changes and retires at their will"},
    RubricLine{"tuning", "full", 1.00, "you can train it"},
    RubricLine{"tuning", "adapter", 0.90, "adapters or hosted fine-tuning"},
    RubricLine{"tuning", "none", 0.75, "prompts only"},
    RubricLine{"ecc", "yes", 1.00, "memory errors are corrected"},
    RubricLine{"ecc", "no", 0.90, "a flipped bit is a wrong answer nobody sees"},
    RubricLine{"licence", "unrestricted", 1.00, "no term limits where and for what it runs"},
    RubricLine{"licence", "restricted", 0.80, "terms limit the use, such as consumer cards in data centres"},
    RubricLine{"exit", "days", 1.00, "moving away is a change of configuration"},
    RubricLine{"exit", "weeks", 0.90, "prompts and tests have to be redone"},
    RubricLine{"exit", "months", 0.70, "data, tuning or contracts hold you"},
};

}  // namespace

std::span<const RubricLine> control_rubric() {
  return kRubric;
}

Result<Control> control(const std::map<std::string, std::string>& facts) {
  std::vector<std::string_view> names;
  for (const auto& line : kRubric)
    if (names.empty() || names.back() != line.fact) names.push_back(line.fact);

  const auto meant = [](std::string_view word, std::span<const std::string_view> candidates) {
    const auto near = nearest(word, candidates);
    return near.empty() ? fmt::format("; there are: {}", fmt::join(candidates, ", "))
                        : fmt::format("; did you mean \"{}\"?", near);
  };
  for (const auto& [fact, value] : facts) {
    if (std::find(names.begin(), names.end(), fact) == names.end())
      return fail(Code::invalid_argument, "unknown control fact \"{}\"{}", fact, meant(fact, names));
    std::vector<std::string_view> values;
    for (const auto& line : kRubric)
      if (line.fact == fact) values.push_back(line.value);
    if (std::find(values.begin(), values.end(), value) == values.end())
      return fail(Code::invalid_argument, "control fact \"{}\" cannot be \"{}\"{}", fact, value, meant(value, values));
  }

  Control c;
  for (const auto name : names) {
    const auto given = facts.find(std::string(name));
    const RubricLine* chosen = nullptr;
    for (const auto& line : kRubric) {
      if (line.fact != name) continue;
      if (given != facts.end() ? line.value == given->second : !chosen || line.factor < chosen->factor) chosen = &line;
    }
    if (given == facts.end()) c.missing.push_back(name);
    c.applied.push_back(*chosen);
    c.product *= chosen->factor;
  }
  c.value = std::max(kControlFloor, c.product);
  return c;
}

std::string control_rubric_page() {
  std::string page =
      "# Control rubric\n\n"
      "The control axis of the score is the product of one factor per fact, with a floor of 0.1. Each factor lies "
      "between "
      "0.5 and 1, so no\nsingle fact decides alone. A fact that is not given counts at its lowest factor: what nobody "
      "can "
      "answer is not under control.\nThe factors are a judgement, published so that it can be argued with; "
      "`src/score/control.cc` holds the same table.\n\n"
      "| fact | value | factor | why |\n|---|---|---|---|\n";
  for (const auto& line : kRubric)
    page += fmt::format("| {} | {} | {:.2f} | {} |\n", line.fact, line.value, line.factor, line.why);
  double worst = 1;
  for (size_t i = 0; i < kRubric.size(); ++i)
    if (i + 1 == kRubric.size() || kRubric[i + 1].fact != kRubric[i].fact) worst *= kRubric[i].factor;
  page += fmt::format(
      "\nEverything at its best gives 1. Everything at its worst gives {:.3f} before the floor, which the floor raises "
      "to "
      "{:.1f}: options\nunder the floor are alike on this axis, and the product before the floor is shown beside it.\n",
      worst, kControlFloor);
  return page;
}

}  // namespace trine::score

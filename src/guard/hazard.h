// Kinds of harm, by the names that MLCommons gave them (AILuminate), numbered as Llama Guard 3 and 4 number them: S1 to
// S14. AILuminate itself has no S13 and S14.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trine::guard {

enum class Hazard : uint8_t {
  violent_crimes,                // S1
  non_violent_crimes,            // S2
  sex_related_crimes,            // S3
  child_sexual_exploitation,     // S4
  defamation,                    // S5
  specialized_advice,            // S6
  privacy,                       // S7
  intellectual_property,         // S8
  indiscriminate_weapons_cbrne,  // S9
  hate,                          // S10
  suicide_self_harm,             // S11
  sexual_content,                // S12
  elections,                     // S13
  code_interpreter_abuse,        // S14
};
inline constexpr size_t kHazards = 14;
using HazardSet = std::bitset<kHazards>;

inline Hazard hazard_at(size_t i) {
  return static_cast<Hazard>(i);
}
inline size_t index(Hazard h) {
  return static_cast<size_t>(h);
}

std::string_view name(Hazard hazard);      // "violent_crimes"
std::string_view says(Hazard hazard);      // what it covers, as a judge and a reader are told
std::string_view in_words(Hazard hazard);  // "violent crimes"
// By its name in any spelling of case, blanks, dashes and underscores, or its number ("S1", "s1").
std::optional<Hazard> parse_hazard(std::string_view text);

}  // namespace trine::guard

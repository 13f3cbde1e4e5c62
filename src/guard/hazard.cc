#include "guard/hazard.h"

#include <array>
#include <string>

#include "base/text.h"

namespace trine::guard {

namespace {

struct HazardText {
  std::string_view name, words, says;
};
constexpr std::array<HazardText, kHazards> kTexts = {{
    {"violent_crimes", "violent crimes",
     "helping with or encouraging terrorism, murder, assault, kidnapping or cruelty to animals"},
    {"non_violent_crimes", "non-violent crimes",
     "helping with or encouraging fraud, theft, drug or weapon crimes, hacking, or damage to property"},
    {"sex_related_crimes", "sex-related crimes",
     "helping with or encouraging rape, trafficking, harassment or prostitution"},
    {"child_sexual_exploitation", "sexual exploitation of children",
     "anything that describes, helps with or encourages the sexual abuse of children"},
    {"defamation", "defamation", "false statements that are likely to injure a living person's reputation"},
    {"specialized_advice", "specialised advice",
     "financial, medical or legal advice given as if by a professional, or calling dangerous things safe"},
    {"privacy", "violations of privacy", "giving away sensitive, non-public facts about a person"},
    {"intellectual_property", "violations of intellectual property",
     "helping to violate copyrights, patents, trademarks or trade secrets"},
    {"indiscriminate_weapons_cbrne", "weapons of mass destruction",
     "helping to make chemical, biological, radiological, nuclear or high-yield explosive weapons"},
    {"hate", "hate",
     "demeaning people for what they are: race, religion, origin, sex, disability, orientation and the like"},
    {"suicide_self_harm", "suicide and self-harm",
     "helping with or encouraging suicide, self-injury or disordered eating"},
    {"sexual_content", "sexual content", "erotic or pornographic text"},
    {"elections", "elections", "false statements about how, when or where people vote"},
    {"code_interpreter_abuse", "abuse of code interpreters",
     "attacks through tools that run code: escaping a sandbox, denial of service, privilege escalation"},
}};

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view name(Hazard hazard) {
  return kTexts.at(index(hazard)).name;
}
std::string_view in_words(Hazard hazard) {
  return kTexts.at(index(hazard)).words;
}
std::string_view says(Hazard hazard) {
  return kTexts.at(index(hazard)).says;
}

std::optional<Hazard> parse_hazard(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const std::string wanted = plain(text);
  if (wanted.starts_with('s') && wanted.size() <= 3) {
    const auto number = parse_int(std::string_view(wanted).substr(1));
    if (!number || *number < 1 || *number > static_cast<int64_t>(kHazards)) return std::nullopt;
    return hazard_at(static_cast<size_t>(*number) - 1);
  }
  for (size_t i = 0; i < kHazards; ++i) {
    if (plain(kTexts[i].name) == wanted) return hazard_at(i);
  }
  return std::nullopt;
}

}  // namespace trine::guard

// Rules as operators write them: YAML packs (docs/guard-rules.md; the shipped ones are models/guard/rules/*.yaml).
//
//   pack: overriding
//   version: 1
//   measured: {date: 2026-11-28, texts: 25335}
//   words:
//     prior: previous|earlier|above
//   rules:
//     - id: overriding-en
//       family: overriding
//       languages: [en]
//       pattern: '\bignore( all)? {prior} instructions'
//       says: Tells the model to drop its instructions.
//
// {prior} stands for the words of that name; in a pattern for folded text a space stands for any white space, quotes,
// commas and emphasis between two words. Patterns are what Vectorscan takes of PCRE: no look-around, no back
// references. They are matched on bytes, so letters outside ASCII may not stand in [...] or before a quantifier: write
// (é|è).
//
// Instead of a pattern a rule may have phrases, any of which is a hit: patterns with "..." between them, each of which
// ends behind the one before, at most kMaxPhraseGap bytes on. That is far cheaper than .* in a pattern, as long as the
// steps are words of four letters and more, which Vectorscan finds as literals; so a space in them is just a space:
//       phrases: ['ignor ... {prior} ... (instruction|rule)']
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/part.h"

namespace trine::guard {

enum class RuleFamily : uint8_t {
  overriding,        // "ignore all previous instructions"
  role_spoofing,     // pretends to be the system, the developer or the end of the input
  chat_template,     // control tokens of models' chat formats
  extraction,        // asks for the instructions themselves
  persona,           // an alter ego without rules
  answer_prefix,     // dictates how the answer begins
  refusal,           // forbids refusing
  data_instruction,  // text in data that addresses the model
  exfiltration,      // links that carry data away
  secret,            // keys and passwords
};
inline constexpr size_t kRuleFamilies = 10;
std::string_view name(RuleFamily family);

enum class RuleInput : uint8_t { folded, original };  // views of tier 0, or the bytes as they came
enum class RuleAction : uint8_t { evidence, block };  // block: alone enough; only for rules that measured rare
// What of a match is cut out: all of it; what is assigned in it, without quotes; its last word; all of it, and the
// private key that it is the head of (key_body.h).
enum class RuleCut : uint8_t { match, assigned, word, key };
inline constexpr size_t kMaxPatternBytes = 8192;  // with its words put in
inline constexpr uint32_t kMaxRepeat = 256;       // x{256}
inline constexpr size_t kMaxPositions = 4096;     // letters of a pattern, repeats counted out
inline constexpr size_t kMaxPhrases = 64;         // of a rule
inline constexpr size_t kMaxPhraseSteps = 8;
inline constexpr size_t kMaxPhraseGap = 120;        // bytes from the end of one step to the end of the next
inline constexpr size_t kMaxStepPlaces = 256;       // phrases that may have one step in common
inline constexpr double kMaxBlockingRate = 0.0001;  // false positives of a rule that may block

struct Rule {
  std::string id;
  RuleFamily family = RuleFamily::overriding;
  std::vector<std::string> languages;  // ISO 639-1; empty: any
  uint8_t provenances = 0;             // bit 1 << Provenance
  RuleInput input = RuleInput::folded;
  RuleAction action = RuleAction::evidence;
  bool span = false;  // where it begins is known, for cutting out; costs speed
  RuleCut cut = RuleCut::match;
  double weight = 0;  // evidence for tier 2, 0 to 1
  std::string says;   // to the operator, never to the caller
  // Texts of the benign data that it matched, out of how many, when. 0 texts: never measured.
  uint32_t benign_hits = 0;
  uint32_t benign_texts = 0;
  std::string measured_on;  // "2026-11-28"

  std::string pattern;                            // expanded; empty: it has phrases
  std::vector<std::vector<std::string>> phrases;  // their steps, expanded
  std::string at;                                 // "file:line:column" of the pattern or of the phrases

  bool applies_to(Provenance p) const { return (provenances >> static_cast<int>(p) & 1) != 0; }
};

struct RulePack {
  std::string name;
  int version = 0;
  std::string text_hash;  // SHA-256 of the file, hex
  std::vector<Rule> rules;
};

// All problems of a file come together, one "file:line:column: sentence" per line.
Result<RulePack> read_pack(const std::string& file, std::string_view text);
// Every *.yaml of the folder, in the order of their names.
Result<std::vector<RulePack>> load_packs(const std::string& folder);
// Those built into the program.
Result<std::vector<RulePack>> shipped_packs();

// How many letters and classes a pattern has when its repeats are written out: what compiling costs grows with it.
// invalid_argument when it is over kMaxPositions or kMaxRepeat, nests too deep, or means other than it seems on bytes.
Result<size_t> pattern_positions(std::string_view pattern);

}  // namespace trine::guard

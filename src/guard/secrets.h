// Keys and passwords by the rules of the family `secret`: what of a match is to be cut out.
#pragma once

#include <string_view>
#include <vector>

#include "guard/offset_map.h"
#include "guard/rules.h"

namespace trine::guard {

// What of `match`, which a rule with `cut` found in `text`, is the secret itself; of a key that has a body, its head.
ByteSpan secret_in(RuleCut cut, std::string_view text, ByteSpan match);

// The spans of the secrets among `hits`, which a scan of the whole `text` gave; in the order of the text, bodies of
// private keys included. They may overlap.
std::vector<ByteSpan> secrets_of(const RuleSet& rules, std::string_view text, const std::vector<RuleHit>& hits);

// A rule that says where a secret stands.
inline bool finds_secret(const RuleSet& rules, const RuleHit& hit) {
  return rules.rules()[hit.rule].family == RuleFamily::secret && hit.begin != RuleHit::kUnknown;
}

}  // namespace trine::guard

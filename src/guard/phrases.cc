#include "guard/phrases.h"

#include <map>
#include <string_view>
#include <utility>

namespace trine::guard {

Result<Phrases> Phrases::of(std::span<const Rule> rules) {
  Phrases out;
  std::map<std::pair<RuleInput, std::string_view>, size_t> known;
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const Rule& r = rules[i];
    for (const auto& phrase : r.phrases)
      for (size_t k = 0; k < phrase.size(); ++k) {
        const auto [at, fresh] = known.try_emplace({r.input, phrase[k]}, out.steps_.size());
        if (fresh) out.steps_.push_back({&phrase[k], r.input, 0, &r, {}});
        auto& step = out.steps_[at->second];
        step.provenances = static_cast<uint8_t>(step.provenances | r.provenances);
        step.places.push_back({i, static_cast<uint32_t>(out.slots_++), k == 0, k + 1 == phrase.size()});
        // Each place is visited for each match of the step.
        if (step.places.size() > kMaxStepPlaces)
          return fail(Code::resource_exhausted, "{}: rule {}: the words {} are in more than {} phrases.", r.at, r.id,
                      *step.pattern, kMaxStepPlaces);
      }
  }
  return out;
}

}  // namespace trine::guard

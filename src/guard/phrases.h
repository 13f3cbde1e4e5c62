// Rules whose words follow one another with others between them ("ignore ... previous ... instructions"). Vectorscan
// finds the words and this puts them in order: as one pattern with gaps, 33 languages of such rules took it 30 s to
// compile and ran at 30 MB/s; as words they are a table of literals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "guard/rule_pack.h"

namespace trine::guard {

struct PhrasePlace {
  uint32_t rule = 0;
  uint32_t slot = 0;  // the step before it is slot - 1
  bool first = false, last = false;
};

// Words that some phrases have in common, compiled once.
struct PhraseStep {
  const std::string* pattern = nullptr;  // of a rule
  RuleInput input = RuleInput::folded;
  uint8_t provenances = 0;  // of all its rules
  const Rule* of = nullptr;
  std::vector<PhrasePlace> places;
};

// The steps of all rules with phrases. `rules` must outlive them.
class Phrases {
 public:
  Phrases() = default;
  static Result<Phrases> of(std::span<const Rule> rules);

  std::span<const PhraseStep> steps() const { return steps_; }
  size_t slots() const { return slots_; }

 private:
  std::vector<PhraseStep> steps_;
  size_t slots_ = 0;
};

// How far each phrase has come in one text.
class PhraseProgress {
 public:
  void begin(size_t slots) { ends_.assign(slots, {}); }  // throws std::bad_alloc; what follows does not

  // A step of a phrase ended at `end` (> 0, rising from call to call): whether that is the end of the phrase.
  // Only that a step ends behind the one before counts, and steps that end together may come in any order: so each slot
  // keeps its last two ends, of which one lies behind `end`.
  bool advance(const PhrasePlace& place, size_t end) {
    if (!place.first) {
      const auto& before = ends_[place.slot - 1];
      const size_t prior = before.last < end ? before.last : before.one_before;
      if (prior == 0 || end - prior > kMaxPhraseGap) return false;
    }
    auto& own = ends_[place.slot];
    if (own.last != end) own = {end, own.last};
    return place.last;
  }

 private:
  struct Ends {
    size_t last = 0, one_before = 0;  // 0: none
  };
  std::vector<Ends> ends_;
};

}  // namespace trine::guard

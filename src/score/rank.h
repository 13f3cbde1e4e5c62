// The router's choice explained: the cold path beside choose.h, and the same decision, without what a prompt's prefix
// adds to it.
#pragma once

#include <string>
#include <vector>

#include "score/choose.h"

namespace trine::score {

struct Ranked {
  size_t index = 0;  // into the options given
  double score = 0;  // in (0, 1]
  Axes factors;      // each axis' ratio to the best, in (0, 1]; score = product of their powers
};

struct Rejected {
  size_t index = 0;
  Unfit reason = Unfit::no;
  std::string message;
};

struct Verdict {
  std::vector<Ranked> ordered;  // best first; ties as choose() breaks them
  std::vector<Rejected> rejected;
  std::optional<Choice> choice;  // what choose() says; with hysteresis not always ordered.front()
  std::string reason;            // one line: "fr-4090: score 0.93; 41 % cleaner than de-a100, 12 % dearer"
};

Verdict rank(std::span<const Option> options, const Policy& policy, const Need& need, std::string_view incumbent = {});

// "41 % cleaner than de-a100, 12 % dearer, 20 % less control": `a` as seen from `b`. Differences under 0.5 % are left
// out; "as good as de-a100" when nothing is left.
std::string compare(const Option& a, const Option& b);

}  // namespace trine::score

// The windows in which a text is scored: each sentence, each three in a row, the whole.
#pragma once

#include <cstddef>

namespace trine::guard {

inline constexpr size_t kWindowSentences = 3;

// Calls visit(first, behind) for each window of `sentences` sentences, none twice.
template <class Visit>
void each_window(size_t sentences, Visit&& visit) {
  if (sentences == 0) return;
  visit(size_t{0}, sentences);
  if (sentences > 1) {
    for (size_t i = 0; i < sentences; ++i) visit(i, i + 1);
  }
  for (size_t i = 0; sentences > kWindowSentences && i + kWindowSentences <= sentences; ++i) {
    visit(i, i + kWindowSentences);
  }
}

}  // namespace trine::guard

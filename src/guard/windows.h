// The windows in which a text is scored: each sentence, each three in a row, the whole.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace trine::guard {

inline constexpr size_t kWindowSentences = 3;
inline constexpr float kSmoothing = 8;
inline constexpr float kLongWindow = 256;

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

// What the sum over a window's `features` is divided by. Up to 256 features (about 150 bytes) their length as a vector,
// so that a short attack is not lost; beyond, their number: a long text would else score high for its length alone.
inline float window_length(uint32_t features) {
  const float n = static_cast<float>(features) + kSmoothing;
  return n <= kLongWindow ? std::sqrt(n) : n / std::sqrt(kLongWindow);
}

}  // namespace trine::guard

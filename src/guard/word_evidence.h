// Where in a text the words are common ones only when read backwards or shifted. Kadane's maximum subarray over the
// words: such a word counts up, a common one down, so that a passage inside an ordinary document is found, too.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "guard/words.h"

namespace trine::guard {

class WordEvidence {
 public:
  struct Passage {
    size_t begin = 0, end = 0;
    int score = 0;
  };
  static constexpr int kEnough = 7;      // three words
  static constexpr int kHintEnough = 3;  // one word, where the text itself speaks of an encoding

  explicit WordEvidence(std::string_view text) : text_(text) {}
  // A word of ASCII letters at [begin, end), in order.
  void word(size_t begin, size_t end);
  void line_end(size_t at);
  void finish();

  std::vector<Passage> passages(Words::Sense sense) const;  // of rot13 or backwards
  bool hinted() const { return hinted_; }
  // The shift (1..26 as of shift_letters) that makes words of a text that has none, 0 for none.
  int shift() const;

 private:
  static constexpr size_t kSample = 48;        // words that the other shifts are tried on
  static constexpr size_t kMostPassages = 64;  // per sense
  static constexpr size_t kLongestTail = 200;  // bytes of unknown words that still belong to a passage
  struct Run {
    Passage best;
    int sum = 0;
    size_t begin = 0;
    bool open = false;  // no common word since the best
    std::vector<Passage> found;
  };
  void step(Run& run, int gain, size_t begin, size_t end);
  void close(Run& run);

  std::string_view text_;
  Run shifted_, backwards_;
  size_t last_common_end_ = 0;
  std::array<std::string_view, kSample> sample_{};
  size_t words_ = 0, common_ = 0;
  bool hinted_ = false;
  const Words& dictionary_ = Words::instance();
};

}  // namespace trine::guard

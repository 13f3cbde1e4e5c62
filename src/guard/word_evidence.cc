#include "guard/word_evidence.h"

#include <algorithm>
#include <string>

#include "guard/decode.h"

namespace trine::guard {
namespace {

int weight(size_t length) {
  return length < 3 ? 1 : length == 3 ? 2 : 3;
}

}  // namespace

void WordEvidence::word(size_t begin, size_t end) {
  const size_t n = end - begin;
  const std::string_view w = text_.substr(begin, n);
  const uint8_t senses = dictionary_.senses(w);
  if (words_ < kSample) sample_[words_] = w;
  ++words_;
  if ((senses & (Words::rot13 | Words::backwards)) != 0) {
    if ((senses & Words::rot13) != 0) step(shifted_, weight(n), begin, end);
    if ((senses & Words::backwards) != 0) step(backwards_, weight(n), begin, end);
  }
  if ((senses & Words::plain) != 0) {
    ++common_;
    hinted_ |= (senses & Words::hint) != 0;
    step(shifted_, -weight(n), begin, end);
    step(backwards_, -weight(n), begin, end);
    last_common_end_ = end;
  } else if (senses == 0) {
    step(shifted_, n > 3 ? -1 : 0, begin, end);
    step(backwards_, n > 3 ? -1 : 0, begin, end);
  }
}

void WordEvidence::line_end(size_t at) {
  last_common_end_ = at + 1;
  shifted_.open = backwards_.open = false;
}

void WordEvidence::step(Run& run, int gain, size_t begin, size_t end) {
  if (run.sum == 0) {
    if (gain <= 0) return;
    run.begin = std::max(last_common_end_, begin - std::min(begin, kLongestTail));
  }
  run.sum += gain;
  if (gain > 0 && run.sum >= run.best.score) {
    run.best = {run.begin, end, run.sum};
    run.open = true;
  } else if (gain < -1) {
    run.open = false;
  } else if (run.open && end - run.best.end < kLongestTail) {
    run.best.end = end;
  }
  if (run.sum <= 0 || run.sum + kEnough < run.best.score) close(run);
}

void WordEvidence::close(Run& run) {
  if (run.best.score >= kHintEnough && run.found.size() < kMostPassages) run.found.push_back(run.best);
  run.best = {};
  run.sum = 0;
  run.open = false;
}

void WordEvidence::finish() {
  close(shifted_);
  close(backwards_);
}

std::vector<WordEvidence::Passage> WordEvidence::passages(Words::Sense sense) const {
  std::vector<Passage> out;
  for (const Passage& p : sense == Words::rot13 ? shifted_.found : backwards_.found)
    if (p.score >= (hinted_ ? kHintEnough : kEnough)) out.push_back(p);
  return out;
}

int WordEvidence::shift() const {
  constexpr size_t kFewest = 4;
  if (words_ < kFewest || common_ * (hinted_ ? 2 : 8) > words_) return 0;
  const size_t n = std::min(words_, kSample);
  int best = 0, most = kEnough - 1;
  for (int shift = 1; shift <= 26; ++shift) {
    int score = 0;
    for (size_t i = 0; i < n; ++i)
      if ((dictionary_.senses(shift_letters(sample_[i], shift)) & Words::plain) != 0)
        score += weight(sample_[i].size());
    // Every fourth word at least: among 26 shifts of a long text some make a word by chance.
    if (score > most && static_cast<size_t>(score) * 2 > n) best = shift, most = score;
  }
  return best;
}

}  // namespace trine::guard

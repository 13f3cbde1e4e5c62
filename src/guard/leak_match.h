// How leak.h finds a prompt's text in a row of symbols. Internal to the leak detector.
//
// The prompt's row of symbols is kept. Every fourth position of it is in a hash table by the differences between the 12
// symbols that end there: alphabets shifted by any number of letters (rot13) have the same differences. So each common
// run of 15 symbols is found; it is verified symbol by symbol, extended backwards, and followed with one comparison per
// symbol. Every eighth position is in the table a second time, read backwards: a reversed copy of 19 symbols is found.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "guard/leak_fold.h"

namespace trine::guard {

class LeakIndex;

// A set of positions of a prompt.
class Positions {
 public:
  void resize(size_t n) { words_.resize((n + 63) / 64); }
  bool empty() const { return words_.empty(); }
  void add(size_t at) { words_[at / 64] |= uint64_t{1} << at % 64; }
  bool has(size_t at) const { return (words_[at / 64] >> at % 64 & 1) != 0; }
  size_t bytes() const { return words_.size() * sizeof(uint64_t); }
  void add_all(const Positions& other) {
    for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }

 private:
  std::vector<uint64_t> words_;
};

// What one answer has given away so far: all its decoded views share it. A point is a symbol of the prompt that was not
// said before and may count.
class LeakEvidence {
 public:
  explicit LeakEvidence(const LeakIndex& index) : index_(&index) {}

  // Whether the position of the prompt counts: each does once.
  bool take(size_t position);
  // A run ended with `points`. Earlier ones fade: by a point for every kFade symbols in which nothing was found.
  void begin_run(uint64_t symbols_so_far);
  void end_run(int points, uint64_t symbols_so_far);
  bool enough(int points_of_run) const;
  // What was taken stays taken, but nobody is blamed for it.
  void forgive() { recent_ = total_ = 0; }
  const Positions& taken() const { return seen_; }

 private:
  static constexpr int64_t kFade = 16;
  const LeakIndex* index_;
  Positions seen_;
  int64_t recent_ = 0;  // in 1/kFade points
  int64_t total_ = 0;
  uint64_t faded_until_ = 0;
};

// Follows one row of symbols. Copyable, no allocation.
class LeakMatcher {
 public:
  static constexpr uint64_t kNone = UINT64_MAX;
  static constexpr size_t kGram = 12;

  explicit LeakMatcher(const LeakIndex& index);

  // A symbol that begins at byte `at` of the answer. `symbols_so_far`: of the answer's plain view, the clock of fading.
  void add(Symbol s, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
    window_ = next_window(window_, previous_, s);
    previous_ = s;
    recent_[count_++ % kRecent] = s;
    if (busy_ || maybe()) follow(s, at, symbols_so_far, evidence);
  }
  // The row ends here: what comes is not its continuation.
  void reset(uint64_t symbols_so_far, LeakEvidence& evidence);

  bool busy() const { return busy_; }
  bool leaked() const { return leaked_; }
  bool saw_marked() const { return marked_run_ >= kMarkedRun; }
  // Byte from which on the answer is part of a run that may become a leak; kNone.
  uint64_t hold_from() const { return hold_from_; }
  uint64_t count() const { return count_; }
  int shift() const { return shift_; }
  bool backwards() const { return step_ < 0; }

  static uint64_t next_window(uint64_t window, Symbol previous, Symbol s) {
    int d = s - previous;
    if ((s | previous) < 128) {
      d += 26 & (d >> 31);
    } else {
      d = s * 5 - previous * 3;
    }
    return (window << 5 | (static_cast<unsigned>(d) & 31)) & kWindow;
  }
  static constexpr uint64_t kWindow = (uint64_t{1} << 5 * (kGram - 1)) - 1;
  static Symbol shifted(Symbol s, int by);

 private:
  static constexpr size_t kRecent = 64;
  static constexpr int kMarkedRun = 14;
  static constexpr int kRunCharge = 8;   // what a run must have beyond: short phrases that everybody says
  static constexpr int kJoinCharge = 2;  // of a run that goes on where the last broke off
  static constexpr int kJoin = 8;        // symbols in which such a run shows
  static constexpr int kJoinWithin = 48;

  bool maybe() const;
  void follow(Symbol s, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence);
  bool seek(uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence);
  bool join(uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence);
  bool is_at(int64_t position, int step, int shift, int length) const;
  void start(int64_t position, int step, int shift, int charge, uint64_t at, uint64_t symbols_so_far,
             LeakEvidence& evidence);
  void stop(uint64_t symbols_so_far, LeakEvidence& evidence);
  void cover(int64_t position, uint64_t at, LeakEvidence& evidence);
  Symbol back(uint64_t i) const { return static_cast<Symbol>(recent_[(count_ - 1 - i) % kRecent]); }

  const LeakIndex* index_;
  uint64_t window_ = 0;
  uint64_t count_ = 0;
  Symbol previous_ = 'a';
  bool busy_ = false;  // a run goes on, or one ended just now
  bool running_ = false;
  bool leaked_ = false;
  int8_t step_ = 1;
  int shift_ = 0;
  int points_ = 0;
  int marked_run_ = 0;
  int64_t position_ = 0;  // in the prompt, of the last symbol of the run
  uint64_t join_until_ = 0;
  uint64_t hold_from_ = kNone;
  std::array<uint16_t, kRecent> recent_;  // wider than a symbol: bytes written may alias all, and cost every register
};

}  // namespace trine::guard

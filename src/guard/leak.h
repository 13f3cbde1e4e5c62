// Whether an answer gives the system prompt away: word for word, in part, lightly edited or encoded. Checked while the
// answer streams; only bytes that may be part of a copy wait.
//
// Found: runs of the prompt's letters (see leak_fold.h for what case, spacing, bullets, leet and escapes do not hide),
// as they are, shifted in the alphabet (rot13), reversed, in base64, hexadecimal, binary or decimal codes. Not found:
// translations, summaries, other words for the same.
//
// What counts, in points: a symbol of the prompt that this answer says for the first time is one, less 8 for each run
// (everybody says "please contact support"). Points fade by one per 16 symbols of other text. It is a leak
//  - at `threshold()` points: 40 % of what may count, 20 to 40: at most 48 letters (about 10 words) in one run;
//  - or when, however far apart, a quarter of what may count (at least 120 points) was said.
// Nothing counts that the prompt itself has to be said: what it quotes, JSON and code in it (unless that is most of
// it), stock phrases, what the user wrote, and what the caller names.
// Measured (./dev bench guard_leak): 99.7 % of 11,294 copies in 45 forms found; 2 of 6.3 million pairs of a prompt and
// an unrelated answer taken for a leak; of 81 answers that follow their prompt 4, which repeat a whole sentence of it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "guard/leak_match.h"

namespace trine::guard {

struct LeakOptions {
  // Texts that must never be said, such as canaries (guard/canary.h), in the prompt or not: 14 letters of one are a
  // leak at once. One of fewer letters is not watched.
  std::span<const std::string_view> never{};
  // Texts that the prompt holds so that they are said: opening hours, the scope of the service.
  std::span<const std::string_view> sayable{};
};

// One system prompt. Immutable: any thread. About 4 bytes per letter, at most kMostBytes; building takes about 20 us
// and 30 ns per byte of the prompt. Holds the prompt's text: keep it where the prompt may be kept.
class LeakIndex {
 public:
  static constexpr size_t kMostSymbols = 64 << 10;  // what comes after them is not watched
  static constexpr size_t kMostBytes = 256 << 10;
  static constexpr size_t kLeastSymbols = 40;  // a prompt of fewer that may count has nothing to give away

  explicit LeakIndex(std::string_view prompt, const LeakOptions& options = {});

  bool empty() const { return text_.empty(); }  // no answer can leak it
  size_t symbols() const { return text_.size(); }
  size_t countable() const { return countable_; }
  int threshold() const { return threshold_; }
  int64_t spread_threshold() const { return spread_threshold_; }
  size_t bytes() const;

  // For LeakMatcher and LeakEvidence.
  // A filter before the table: two bits of one word. Lets about 3 % of other windows pass.
  bool maybe(uint64_t window) const {
    const uint64_t product = window * kSpread, bits = bits_of(product);
    return (filter_[product >> filter_shift_] & bits) == bits;
  }
  // Calls is_it(position, step) for each place where such a window may end, until one says yes.
  template <class F>
  bool find(uint64_t window, F&& is_it) const {
    for (size_t i = window * kSpread >> slot_shift_; slots_[i] != kFree; i = (i + 1) % slots_.size())
      if (is_it(place_of(slots_[i]), (slots_[i] & 1) != 0 ? -1 : 1)) return true;
    return false;
  }
  bool in_text(int64_t position) const { return static_cast<uint64_t>(position) < text_.size(); }
  Symbol at(int64_t position) const { return text_[static_cast<size_t>(position)]; }
  bool is_silent(size_t position) const { return silent_.has(position); }
  bool is_marked(size_t position) const { return marked_.has(position); }

 private:
  static constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;
  static constexpr uint16_t kFree = UINT16_MAX;
  static constexpr size_t kForward = 4, kBackward = 8;  // every how many positions stand in the table

  static uint64_t bits_of(uint64_t product) {
    return uint64_t{1} << (product >> 20 & 63) | uint64_t{1} << (product >> 28 & 63);
  }
  static int64_t place_of(uint16_t slot) { return static_cast<int64_t>(slot >> 1) * static_cast<int64_t>(kForward); }
  void fill();
  void enter(uint64_t window, size_t position, int step);
  void silence(std::span<const std::string_view> texts);

  std::vector<Symbol> text_;
  Positions silent_, marked_;
  std::vector<uint64_t> filter_;
  std::vector<uint16_t> slots_;  // position / 4 with the direction in the lowest bit; kFree
  int filter_shift_ = 63;
  int slot_shift_ = 0;
  size_t countable_ = 0;
  int threshold_ = 0;
  int64_t spread_threshold_ = 0;
};

// The view in which the prompt was found.
enum class LeakForm : uint8_t { plain, shifted, reversed, base64, hex, binary, decimal };
std::string_view name(LeakForm form);

struct Leak {
  LeakForm form = LeakForm::plain;
  bool canary = false;  // it was one of the texts that must never be said
  uint64_t at = 0;      // byte of the answer at which it was certain
};

class LeakCoded;

// One answer as it comes. One thread; the index must outlive it. In whatever pieces it comes (cut between
// characters) the verdict and the bytes that may go out before it are the same, but for release_all().
class LeakStream {
 public:
  static constexpr uint64_t kMostHeld = 1024;  // a copy padded to more than this goes out in part
  static constexpr uint64_t kCodedRun = 24;    // bytes that look like base64 or digits before they are read as such

  explicit LeakStream(const LeakIndex& index);
  ~LeakStream();
  LeakStream(LeakStream&&) noexcept;
  LeakStream(const LeakStream&) = delete;

  // What the user wrote, before the first feed(): said back it is no leak.
  void known(std::string_view text);

  struct Step {
    size_t release = 0;  // this many of the bytes held and of the delta, in order, may go out
    bool leaked = false;
  };
  // After a leak nothing more is released. What goes out before it are at most 15 letters of its last run (19
  // reversed), the runs before, which together were not enough, and what does not count.
  Step feed(std::string_view delta);
  // The answer has ended: all that is held may go out, unless it leaked.
  Step finish();
  // The caller waited long enough (its 200 ms timer): all that is held goes out; how many bytes. What was found so far
  // still counts.
  size_t release_all();

  size_t held() const { return static_cast<size_t>(seen_ - out_); }
  const std::optional<Leak>& leak() const { return leak_; }

 private:
  void advance();
  void add_coded(unsigned char c);
  void look_for_leak();
  uint64_t hold_from() const;

  const LeakIndex* index_;
  LeakEvidence evidence_;
  LeakMatcher matcher_;
  LeakFold fold_;
  uint64_t seen_ = 0, out_ = 0;
  uint64_t character_at_ = 0;  // where the last character began; a byte that continues none belongs to it
  uint64_t runs_ = 0;          // see kRunMask
  bool base64_active_ = false, digits_active_ = false, coded_active_ = false;
  std::unique_ptr<LeakCoded> coded_;
  std::optional<Leak> leak_;
  std::array<uint16_t, 32> recent_;  // bytes; see LeakMatcher
};

// Of a whole answer, by the same rules.
std::optional<Leak> find_leak(const LeakIndex& index, std::string_view answer,
                              std::span<const std::string_view> user_texts = {});

}  // namespace trine::guard

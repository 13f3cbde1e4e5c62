#include <algorithm>
#include <bit>

#include "guard/leak.h"
#include "guard/leak_sayable.h"

namespace trine::guard {

namespace {

constexpr size_t kMostPromptBytes = 8 * LeakIndex::kMostSymbols;
constexpr int kMostSame = 8;
constexpr size_t kLeastMarked = 14;
constexpr int kLeastDistinct = 4;  // different symbols of a row of 12: "hahahahahaha" says nothing
constexpr Symbol kGapSymbol = 1;   // matches no symbol of an answer

std::vector<Symbol> fold(std::string_view text) {
  std::vector<Symbol> out;
  LeakFold f;
  for (const char c : text) f.add(static_cast<unsigned char>(c), [&](Symbol s) { out.push_back(s); });
  return out;
}

bool says_something(std::span<const Symbol> row) {
  std::array<bool, 256> seen{};
  int distinct = 0;
  for (const Symbol s : row) {
    if (!seen[s]) ++distinct;
    seen[s] = true;
  }
  return distinct >= kLeastDistinct && !seen[kGapSymbol];
}

}  // namespace

LeakIndex::LeakIndex(std::string_view prompt, const LeakOptions& options) {
  prompt = prompt.substr(0, kMostPromptBytes);
  const auto ranges = sayable_ranges(prompt);
  std::vector<size_t> quoted;
  LeakFold folder;
  size_t next = 0;
  for (size_t i = 0; i < prompt.size() && text_.size() < kMostSymbols - 1; ++i) {
    while (next < ranges.size() && ranges[next].end <= i) ++next;
    const bool in_quote = next < ranges.size() && ranges[next].begin <= i;
    folder.add(static_cast<unsigned char>(prompt[i]), [&](Symbol s) {
      if (in_quote) quoted.push_back(text_.size());
      text_.push_back(s);
    });
  }
  const size_t of_prompt = text_.size();
  std::vector<std::pair<size_t, size_t>> marked;  // where, how many
  for (const std::string_view one : options.never) {
    const auto row = fold(one);
    if (row.size() < kLeastMarked || text_.size() + row.size() >= kMostSymbols) continue;
    const auto at = std::search(text_.begin(), text_.end(), row.begin(), row.end());
    marked.emplace_back(at - text_.begin(), row.size());
    if (at != text_.end()) continue;
    marked.back().first = text_.size() + 1;
    text_.push_back(kGapSymbol);
    text_.insert(text_.end(), row.begin(), row.end());
  }
  silent_.resize(text_.size());
  marked_.resize(text_.size());
  // A prompt that is all quotes would be left without a guard.
  if (quoted.size() * 2 <= of_prompt)
    for (const size_t at : quoted) silent_.add(at);
  for (const auto& [at, length] : marked)
    for (size_t i = at; i < at + length; ++i) marked_.add(i);
  fill();
  silence(stock_phrases());
  silence(options.sayable);

  for (size_t i = 0; i < of_prompt; ++i) countable_ += is_silent(i) || is_marked(i) ? 0 : 1;
  threshold_ = static_cast<int>(std::clamp<size_t>(countable_ * 2 / 5, 20, 40));
  spread_threshold_ = std::max<int64_t>(120, static_cast<int64_t>(countable_ / 4));
  if (countable_ >= kLeastSymbols) return;
  if (marked.empty()) text_.clear();
  for (size_t i = 0; i < of_prompt; ++i) silent_.add(i);
}

void LeakIndex::fill() {
  const size_t n = text_.size();
  const size_t entries = n / kForward + n / kBackward + 1;
  const size_t slots = std::bit_ceil(entries * 2);
  slots_.assign(slots, kFree);
  slot_shift_ = 64 - std::countr_zero(slots);
  const size_t bits = std::bit_ceil(std::max<size_t>(128, entries * 8));
  filter_.assign(bits / 64, 0);
  filter_shift_ = 64 - std::countr_zero(bits / 64);

  constexpr size_t kBefore = LeakMatcher::kGram - 1;
  const std::span<const Symbol> text(text_);
  uint64_t window = 0;
  for (size_t i = 1; i < n; ++i) {
    window = LeakMatcher::next_window(window, text_[i - 1], text_[i]);
    if (i % kForward == 0 && i >= kBefore && says_something(text.subspan(i - kBefore, LeakMatcher::kGram)))
      enter(window, i, 1);
  }
  window = 0;
  for (size_t i = n; i-- > 1;) {
    window = LeakMatcher::next_window(window, text_[i], text_[i - 1]);
    if ((i - 1) % kBackward == 0 && i - 1 + kBefore < n && says_something(text.subspan(i - 1, LeakMatcher::kGram)))
      enter(window, i - 1, -1);
  }
}

// The table is at most half full. A row that stands in the prompt too often is found by what stands around it.
void LeakIndex::enter(uint64_t window, size_t position, int step) {
  const uint64_t product = window * kSpread;
  filter_[product >> filter_shift_] |= bits_of(product);
  const auto value = static_cast<uint16_t>(position / kForward << 1 | (step < 0 ? 1 : 0));
  const auto row = [&](int64_t at) { return text_.begin() + (step < 0 ? at : at - (LeakMatcher::kGram - 1)); };
  int same = 0;
  size_t i = product >> slot_shift_;
  for (; slots_[i] != kFree; i = (i + 1) % slots_.size()) {
    if ((slots_[i] & 1) != (value & 1)) continue;
    const auto other = row(place_of(slots_[i])), mine = row(static_cast<int64_t>(position));
    if (std::equal(mine, mine + LeakMatcher::kGram, other) && ++same == kMostSame) return;
  }
  slots_[i] = value;
}

void LeakIndex::silence(std::span<const std::string_view> texts) {
  LeakEvidence evidence(*this);
  for (const std::string_view text : texts) {
    LeakMatcher matcher(*this);
    LeakFold folder;
    for (const char c : text)
      folder.add(static_cast<unsigned char>(c), [&](Symbol s) { matcher.add(s, 0, matcher.count(), evidence); });
  }
  silent_.add_all(evidence.taken());
}

size_t LeakIndex::bytes() const {
  return sizeof *this + text_.capacity() + silent_.bytes() + marked_.bytes() + filter_.size() * sizeof(uint64_t) +
         slots_.size() * sizeof(uint16_t);
}

}  // namespace trine::guard

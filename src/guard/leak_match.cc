#include "guard/leak_match.h"

#include <algorithm>

#include "guard/leak.h"

namespace trine::guard {

bool LeakEvidence::take(size_t position) {
  if (index_->is_silent(position)) return false;
  if (seen_.empty()) seen_.resize(index_->symbols());
  if (seen_.has(position)) return false;
  seen_.add(position);
  return true;
}

void LeakEvidence::begin_run(uint64_t symbols_so_far) {
  const uint64_t idle = symbols_so_far > faded_until_ ? symbols_so_far - faded_until_ : 0;
  recent_ = std::max<int64_t>(0, recent_ - static_cast<int64_t>(std::min<uint64_t>(idle, INT32_MAX)));
  faded_until_ = symbols_so_far;
}

void LeakEvidence::end_run(int points, uint64_t symbols_so_far) {
  faded_until_ = symbols_so_far;
  if (points <= 0) return;
  recent_ += points * kFade;
  total_ += points;
}

bool LeakEvidence::enough(int points_of_run) const {
  return points_of_run > 0 && (recent_ + points_of_run * kFade >= index_->threshold() * kFade ||
                               total_ + points_of_run >= index_->spread_threshold());
}

LeakMatcher::LeakMatcher(const LeakIndex& index) : index_(&index) {}

bool LeakMatcher::maybe() const {
  return index_->maybe(window_);
}

Symbol LeakMatcher::shifted(Symbol s, int by) {
  if (by == 0 || s < 'a' || s > 'z') return s;
  const int to = s + by;
  return static_cast<Symbol>(to > 'z' ? to - 26 : to);
}

void LeakMatcher::follow(Symbol s, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
  if (running_) {
    const int64_t next = position_ + step_;
    if (index_->in_text(next) && shifted(index_->at(next), shift_) == s) {
      position_ = next;
      cover(next, at, evidence);
      return;
    }
    stop(symbols_so_far, evidence);
  }
  if (join(at, symbols_so_far, evidence)) return;
  if (maybe() && seek(at, symbols_so_far, evidence)) return;
  busy_ = count_ < join_until_;
}

bool LeakMatcher::is_at(int64_t position, int step, int shift, int length) const {
  if (count_ < static_cast<uint64_t>(length)) return false;
  for (int i = 0; i < length; ++i) {
    const int64_t p = position - int64_t{step} * i;
    if (!index_->in_text(p) || shifted(index_->at(p), shift) != back(static_cast<uint64_t>(i))) return false;
  }
  return true;
}

bool LeakMatcher::seek(uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
  return index_->find(window_, [&](int64_t position, int step) {
    const Symbol there = index_->at(position), here = back(0);
    const int shift = is_latin(there) && is_latin(here) ? (here - there + 26) % 26 : 0;
    if (!is_at(position, step, shift, kGram)) return false;
    start(position, step, shift, kRunCharge, at, symbols_so_far, evidence);
    return true;
  });
}

// A word was changed, left out or put in: the copy goes on shortly after where the last run broke off.
bool LeakMatcher::join(uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
  if (count_ >= join_until_) return false;
  for (int i = 1; i <= kJoinWithin; ++i) {
    const int64_t p = position_ + int64_t{step_} * i;
    if (!index_->in_text(p)) return false;
    if (shifted(index_->at(p), shift_) != previous_ || !is_at(p, step_, shift_, kJoin)) continue;
    start(p, step_, shift_, kJoinCharge, at, symbols_so_far, evidence);
    return true;
  }
  return false;
}

void LeakMatcher::start(int64_t position, int step, int shift, int charge, uint64_t at, uint64_t symbols_so_far,
                        LeakEvidence& evidence) {
  evidence.begin_run(symbols_so_far);
  int64_t length = 1;
  const auto most = static_cast<int64_t>(std::min<uint64_t>(count_, kRecent));
  for (; length < most; ++length) {
    const int64_t p = position - step * length;
    if (!index_->in_text(p) || shifted(index_->at(p), shift) != back(static_cast<uint64_t>(length))) break;
  }
  running_ = busy_ = true;
  step_ = static_cast<int8_t>(step);
  shift_ = shift;
  points_ = -charge;
  marked_run_ = 0;
  for (int64_t i = length - 1; i >= 0; --i) cover(position - step * i, at, evidence);
  position_ = position;
}

// Bytes wait only while they say something new: what is silent or said already cannot become a leak.
void LeakMatcher::cover(int64_t position, uint64_t at, LeakEvidence& evidence) {
  const auto p = static_cast<size_t>(position);
  marked_run_ = index_->is_marked(p) ? marked_run_ + 1 : 0;
  const bool fresh = evidence.take(p);
  if (fresh && ++points_ > 0) {
    leaked_ = leaked_ || evidence.enough(points_);
  }
  leaked_ = leaked_ || saw_marked();
  if (marked_run_ == 0 && (!fresh || points_ <= 0)) {
    hold_from_ = kNone;
  } else if (hold_from_ == kNone) {
    hold_from_ = at;
  }
}

void LeakMatcher::stop(uint64_t symbols_so_far, LeakEvidence& evidence) {
  evidence.end_run(points_, symbols_so_far);
  running_ = false;
  hold_from_ = kNone;
  marked_run_ = 0;
  join_until_ = count_ + kJoinWithin;
}

void LeakMatcher::reset(uint64_t symbols_so_far, LeakEvidence& evidence) {
  if (running_) stop(symbols_so_far, evidence);
  *this = LeakMatcher(*index_);
}

}  // namespace trine::guard

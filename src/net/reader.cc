#include "net/reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace trine::net {

void Reader::start() {
  if (!data_) {
    data_.reset(new char[initial_]);
    capacity_ = initial_;
  }
  if (begin_ == end_) begin_ = end_ = 0;
  if (filled_ && begin_ == 0 && end_ == 0 && capacity_ < std::min(kBurst, max_)) {
    // The last read took all there was room for: a burst, which larger reads take in fewer calls.
    capacity_ = std::min({capacity_ * 2, kBurst, max_});
    data_.reset(new char[capacity_]);
  }
  if (end_ == capacity_ && begin_ > 0) {
    std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == capacity_) {
    if (capacity_ >= max_) return;
    const size_t bigger = std::min(capacity_ * 2, max_);
    std::unique_ptr<char[]> grown(new char[bigger]);
    std::memcpy(grown.get(), data_.get(), end_);
    data_ = std::move(grown);
    capacity_ = bigger;
  }
  const std::span<char> room{data_.get() + end_, capacity_ - end_};
  room_ = room.size();
  const IoResult now = stream_.read_now(room);
  if (!now.ok() || now.n > 0) return take(now);
  state_ = State::pending;
  stream_.read(room, *this);
}

void Reader::shrink() {
  if (capacity_ <= kKept || begin_ != end_ || state_ == State::pending) return;
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

void Reader::watch(Watcher& watcher) {
  watcher_ = &watcher;
  for (;;) {
    if (state_ == State::ended) return watcher_->peer_gone();
    if (state_ == State::ready) state_ = State::idle;  // what came is among the unread bytes
    if (state_ == State::pending || full()) return;
    start();
    if (state_ == State::ready && !last_.ok()) return;  // cancelled: who cancels knows
  }
}

void Reader::take(IoResult result) {
  last_ = result;
  if (result.ok()) {
    end_ += result.n;
    filled_ = result.n == room_;
    state_ = State::ready;
  } else {
    // A cancelled read (a time-out) may be tried again; an end or an error is final.
    state_ = result.status == Status::cancelled ? State::ready : State::ended;
  }
}

void Reader::done(IoResult result) {
  take(result);
  if (waiting_) return std::exchange(waiting_, nullptr).resume();
  if (!watcher_) return;
  if (state_ == State::ended) return watcher_->peer_gone();
  if (result.ok()) watch(*watcher_);
}

}  // namespace trine::net

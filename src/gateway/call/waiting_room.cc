#include "gateway/call/waiting_room.h"

#include <algorithm>

namespace trine::gateway {
namespace {

constexpr double kNewest = 0.2;  // weight of the last gap between two turns
constexpr double kLongestGap = 60;

}  // namespace

Nanos WaitingRoom::expected() const {
  return from_seconds(turn_s_ * static_cast<double>(size_ + 1));
}

void WaitingRoom::enter(Waiter& w, bool first) {
  auto& line = lines_[w.tenant];
  if (line.empty()) first ? round_.push_front(w.tenant) : round_.push_back(w.tenant);
  first ? line.push_front(&w) : line.push_back(&w);
  w.waiting = true;
  ++size_;
  if (!armed()) arm(kLook);
}

void WaitingRoom::remove(Waiter& w) {
  const auto it = lines_.find(w.tenant);
  auto& line = it->second;
  line.erase(std::find(line.begin(), line.end(), &w));
  if (line.empty()) {
    lines_.erase(it);
    round_.erase(std::find(round_.begin(), round_.end(), w.tenant));
  }
  w.waiting = false;
  --size_;
}

// Never from inside the caller's own turn: it is posted, so that who frees a place has ended before it is taken.
void WaitingRoom::resume(Waiter& w, Waiter::End end) {
  if (!w.waiting) return;
  remove(w);
  w.end = end;
  loop_.post([h = w.handle] { h.resume(); });
}

void WaitingRoom::next() {
  if (size_ == 0) return;
  const uint64_t tenant = round_.front();
  Waiter& w = *lines_[tenant].front();
  if (round_.size() > 1) {  // the others first, next time
    round_.pop_front();
    round_.push_back(tenant);
  }
  resume(w, Waiter::End::turn);
}

void WaitingRoom::served(Mono now) {
  if (last_served_ != Mono{} && size_ > 0) {
    const double gap = std::min(seconds(now - last_served_), kLongestGap);
    turn_s_ = turn_s_ == 0 ? gap : turn_s_ + kNewest * (gap - turn_s_);
  }
  last_served_ = now;
}

void WaitingRoom::expired() {
  const Mono now = loop_.clock().mono();
  std::deque<Waiter*> late;
  for (const auto& [tenant, line] : lines_)
    for (Waiter* w : line)
      if (w->until <= now) late.push_back(w);
  for (Waiter* w : late) resume(*w, Waiter::End::timed_out);
  next();
  if (size_ > 0) arm(kLook);
}

}  // namespace trine::gateway

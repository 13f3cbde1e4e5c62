#include "gateway/call/waiting_room.h"

#include <algorithm>
#include <vector>

namespace trine::gateway {
namespace {

constexpr double kNewest = 0.2;  // weight of the last gap between two turns
// How many are asked at a time whether they may go, of all and of a tenant. All in a room want the same route, and what
// the first cannot have the next rarely can.
constexpr int kAsked = 64, kAskedOfOne = 8;

}  // namespace

// While nobody is served the pace gets slower. An empty room knows nothing: the pace of an hour ago must not turn away
// the one whose turn would tell a better one.
Nanos WaitingRoom::expected() const {
  if (size_ == 0) return Nanos(0);
  const double pace = std::max(pace_s_, seconds(loop_.clock().mono() - since_));
  return from_seconds(pace * static_cast<double>(size_ + 1));
}

void WaitingRoom::enter(Waiter& w, bool again, std::coroutine_handle<> h) {
  const Mono now = loop_.clock().mono();
  if (empty()) since_ = now;
  const auto [it, fresh] = lines_.try_emplace(w.tenant);
  Line& line = it->second;
  if (fresh)
    line.turn = round_.insert(again ? round_.begin() : round_.end(), w.tenant);
  else if (again)
    round_.splice(round_.begin(), round_, line.turn);
  w.place_ = line.waiters.insert(again ? line.waiters.begin() : line.waiters.end(), &w);
  w.not_before_ = again ? now + kLook : Mono{};  // else its vain turns could be all that there are
  w.handle_ = h;
  w.waits_ = true;
  ++size_;
  if (!armed()) arm(kLook);
  if (!again) next();  // there may be a place that those before it cannot use
}

// Not from inside the caller's own turn: it is posted, so that who frees a place has ended before it is taken.
void WaitingRoom::call(Waiter& w, Waiter::End end) {
  if (!w.waits_) return;
  const auto it = lines_.find(w.tenant);
  Line& line = it->second;
  line.waiters.erase(w.place_);
  if (line.waiters.empty()) {
    round_.erase(line.turn);
    lines_.erase(it);
  }
  w.waits_ = false;
  w.end = end;
  --size_;
  ++called_;
  loop_.post([h = w.handle_] { h.resume(); });
}

void WaitingRoom::next() {
  const Mono now = loop_.clock().mono();
  int asked = 0;
  for (const uint64_t tenant : round_) {
    Line& line = lines_.find(tenant)->second;
    int of_one = 0;
    for (Waiter* w : line.waiters) {
      if (++of_one > kAskedOfOne) break;
      if (++asked > kAsked) return;
      if (now < w->not_before_ || !w->may_go()) continue;
      round_.splice(round_.end(), round_, line.turn);  // the others first, next time
      return call(*w, Waiter::End::turn);
    }
  }
}

void WaitingRoom::served() {
  const Mono now = loop_.clock().mono();
  const double gap = seconds(now - since_);
  pace_s_ = pace_s_ == 0 ? gap : pace_s_ + kNewest * (gap - pace_s_);
  since_ = now;
}

void WaitingRoom::expired() {
  const Mono now = loop_.clock().mono();
  std::vector<Waiter*> late;
  for (const auto& [tenant, line] : lines_)
    for (Waiter* w : line.waiters)
      if (w->until <= now) late.push_back(w);
  for (Waiter* w : late) call(*w, Waiter::End::timed_out);
  next();
  if (size_ > 0) arm(kLook);
}

}  // namespace trine::gateway

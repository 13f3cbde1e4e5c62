#include "net/loop.h"

#include <algorithm>

#include "net/detail/loop_impl.h"

namespace trine::net {
namespace {

constexpr Nanos kLongestWait = std::chrono::hours(1);

}  // namespace

Timer::~Timer() {
  loop_.dequeue(*this);
}

void Timer::arm(Nanos from_now) {
  deadline_ = loop_.clock_.mono() + from_now;
  if (queued_ <= deadline_) return;  // comes up early enough, and is moved then
  loop_.dequeue(*this);
  loop_.enqueue(*this);
}

Loop::Loop(const Clock& clock) : clock_(clock), impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run(bool forever) {
  while (!impl_->mailbox->take_stop()) {
    const bool ticks = &clock_ == &system_clock();  // virtual time moves only in run_virtual()
    if (!forever) {
      tidy(Mono::max());
      if ((timers_.empty() || !ticks) && impl_->idle()) return;
    }
    int wait_ms = -1;
    if (!timers_.empty() && ticks) {
      const Nanos left = std::max(Nanos(0), timers_.begin()->at - clock_.mono());
      wait_ms =
          static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::min<Nanos>(left, kLongestWait)).count());
    }
    impl_->turn(wait_ms);
    fire_due();
  }
}

void Loop::run_virtual(VirtualClock& clock, Nanos limit) {
  const Mono end = clock.mono() + limit;
  for (;;) {
    while (impl_->turn(0) > 0) {
    }
    tidy(end);
    if (timers_.empty() || timers_.begin()->at > end) return;
    const Mono next = timers_.begin()->at;
    if (next > clock.mono()) clock.advance(next - clock.mono());
    fire_due();
  }
}

void Loop::stop() {
  impl_->mailbox->stop();
}

void Loop::post(std::function<void()> work) {
  impl_->mailbox->post(std::move(work));
}

void Loop::insert(Timer& t) {
  t.queued_ = t.deadline_;
  t.order_ = ++order_;
  timers_.insert({t.queued_, t.order_, &t});
}

void Loop::enqueue(Timer& t) {
  insert(t);
}

void Loop::dequeue(Timer& t) {
  if (t.queued_ == Mono::max()) return;
  timers_.erase({t.queued_, t.order_, &t});
  t.queued_ = Mono::max();
}

void Loop::tidy(Mono until) {
  while (!timers_.empty() && timers_.begin()->at <= until) {
    Timer& t = *timers_.begin()->timer;
    if (t.deadline_ == t.queued_) return;
    timers_.erase(timers_.begin());
    t.queued_ = Mono::max();
    if (t.deadline_ != Mono::max()) insert(t);
  }
}

void Loop::fire_due() {
  const Mono now = clock_.mono();
  for (tidy(now); !timers_.empty() && timers_.begin()->at <= now; tidy(now)) {
    Timer& t = *timers_.begin()->timer;
    timers_.erase(timers_.begin());
    t.queued_ = t.deadline_ = Mono::max();
    t.expired();  // may arm, disarm or destroy any timer
  }
}

}  // namespace trine::net

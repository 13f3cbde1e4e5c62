#include "net/loop.h"

#include <boost/asio/post.hpp>

#include "net/detail/loop_impl.h"

namespace trine::net {

namespace asio = boost::asio;

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
  if (forever) {
    auto guard = asio::make_work_guard(impl_->io);
    impl_->io.run();
  } else {
    impl_->io.run();
  }
}

void Loop::run_virtual(VirtualClock& clock, Nanos limit) {
  const Mono end = clock.mono() + limit;
  for (;;) {
    impl_->io.restart();
    while (impl_->io.poll() > 0) impl_->io.restart();
    tidy(end);
    if (timers_.empty() || timers_.begin()->at > end) return;
    const Mono next = timers_.begin()->at;
    if (next > clock.mono()) clock.advance(next - clock.mono());
    fire_due();
  }
}

void Loop::stop() {
  impl_->io.stop();
}

void Loop::post(std::function<void()> work) {
  asio::post(impl_->io, std::move(work));
}

void Loop::insert(Timer& t) {
  t.queued_ = t.deadline_;
  t.order_ = ++order_;
  timers_.insert({t.queued_, t.order_, &t});
}

void Loop::enqueue(Timer& t) {
  insert(t);
  if (timers_.begin()->timer == &t) rearm();
}

void Loop::dequeue(Timer& t) {
  if (t.queued_ == Mono::max()) return;
  timers_.erase({t.queued_, t.order_, &t});
  t.queued_ = Mono::max();
  if (timers_.empty()) rearm();  // else an early tick costs less than moving it
}

void Loop::rearm() {
  if (&clock_ != &system_clock()) return;  // virtual time moves only in run_virtual()
  if (timers_.empty()) {
    impl_->tick.cancel();
    impl_->tick_at = Mono::max();
    return;
  }
  const Mono at = timers_.begin()->at;
  if (impl_->tick_at <= at) return;
  impl_->tick_at = at;
  impl_->tick.expires_at(at);
  impl_->tick.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    impl_->tick_at = Mono::max();
    fire_due();
    rearm();
  });
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

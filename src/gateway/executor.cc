#include "gateway/executor.h"

#include <future>

namespace trine::gateway {

Executor::~Executor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_one();
  thread_.join();
}

bool Executor::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) return false;
    waiting_.push_back(std::move(work));
  }
  wakes_.notify_one();
  return true;
}

void Executor::wait() {
  std::promise<void> done;
  while (!post([&done] { done.set_value(); })) std::this_thread::yield();
  done.get_future().wait();
}

void Executor::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace trine::gateway

// One thread for work that blocks (the ledger's database), so that no worker waits for a disk.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "net/loop.h"

namespace trine::gateway {

// Any thread.
class Executor {
 public:
  static constexpr size_t kMaxWaiting = 64;

  Executor() : thread_([this] { run(); }) {}
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False when too much is waiting already.
  bool post(std::function<void()> work);
  // Until all that was posted is done. Blocks.
  void wait();

  // co_await executor.run(loop, work): the work's result, or nothing when too much is waiting. Resumes on the loop's
  // thread. The loop must run until then.
  template <class F>
  auto run(net::Loop& loop, F work) {
    return Run<F>{*this, loop, std::move(work), {}};
  }

 private:
  template <class F>
  struct Run {
    Executor& executor;
    net::Loop& loop;
    F work;
    std::optional<std::invoke_result_t<F>> result;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) {
      return executor.post([this, h] {
        result.emplace(work());
        loop.post([h] { h.resume(); });
      });
    }
    std::optional<std::invoke_result_t<F>> await_resume() { return std::move(result); }
  };

  void run();

  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace trine::gateway

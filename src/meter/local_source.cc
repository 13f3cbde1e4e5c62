#include "meter/local_source.h"

#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace trine::meter {
namespace {

struct Awaiting;

// Shared with the thread, which may outlive the source if its meter hangs.
struct Desk {
  explicit Desk(std::unique_ptr<LocalMeter> m) : meter(std::move(m)) {}

  std::unique_ptr<LocalMeter> meter;  // the thread's alone
  std::mutex mutex;
  std::condition_variable called;
  bool asked = false, busy = false, ended = false;
  uint64_t call = 0;          // tells a late answer from the present call's
  net::Loop* loop = nullptr;  // null once the source is gone
  std::optional<Result<Readings>> answer;
  Awaiting* waiting = nullptr;  // the loop's alone
};

// Resumes with the answer, or when the time is over.
struct Awaiting final : net::Timer {
  Awaiting(net::Loop& loop, Desk& d, Nanos t) : Timer(loop), desk(d), timeout(t) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    handle = h;
    desk.waiting = this;
    arm(timeout);
    const std::lock_guard lock(desk.mutex);
    ++desk.call;
    desk.asked = desk.busy = true;
    desk.called.notify_one();
  }
  std::optional<Result<Readings>> await_resume() {
    desk.waiting = nullptr;
    disarm();
    const std::lock_guard lock(desk.mutex);
    return std::exchange(desk.answer, std::nullopt);
  }
  void expired() override { handle.resume(); }

  Desk& desk;
  Nanos timeout;
  std::coroutine_handle<> handle;
};

void work(const std::shared_ptr<Desk>& desk) {
  std::unique_lock lock(desk->mutex);
  for (;;) {
    desk->called.wait(lock, [&] { return desk->asked || desk->ended; });
    if (desk->ended) return;
    desk->asked = false;
    const uint64_t call = desk->call;
    lock.unlock();
    Result<Readings> answer = desk->meter->read();
    lock.lock();
    desk->busy = false;
    desk->answer.emplace(std::move(answer));
    if (desk->loop == nullptr) return;
    desk->loop->post([desk, call] {  // `call` is written by the loop's thread only, where this runs
      if (desk->waiting != nullptr && desk->call == call) desk->waiting->handle.resume();
    });
  }
}

class LocalSource final : public Source {
 public:
  LocalSource(net::Loop& loop, std::unique_ptr<LocalMeter> meter, Nanos timeout)
      : loop_(loop), timeout_(timeout), name_(meter->name()), desk_(std::make_shared<Desk>(std::move(meter))) {
    desk_->loop = &loop;
    thread_ = std::thread([desk = desk_] { work(desk); });
  }
  ~LocalSource() override {
    bool hangs = false;
    {
      const std::lock_guard lock(desk_->mutex);
      desk_->ended = true;
      desk_->loop = nullptr;
      hangs = desk_->busy;
      desk_->called.notify_one();
    }
    if (hangs)
      thread_.detach();
    else
      thread_.join();
  }

  net::Task<Result<Readings>> read() override {
    {
      const std::lock_guard lock(desk_->mutex);
      if (desk_->busy) co_return late();
      desk_->answer.reset();  // it came after the time was over: too old now
    }
    Awaiting awaiting(loop_, *desk_, timeout_);
    auto answer = co_await awaiting;
    if (!answer) co_return late();
    co_return std::move(*answer);
  }

  std::string_view name() const override { return name_; }

 private:
  tl::unexpected<Error> late() const {
    return fail(Code::deadline_exceeded, "{} did not answer within {:.3g} s: its driver may hang", name_,
                seconds(timeout_));
  }

  net::Loop& loop_;
  Nanos timeout_;
  std::string name_;
  std::shared_ptr<Desk> desk_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Source> local_source(net::Loop& loop, std::unique_ptr<LocalMeter> meter, Nanos timeout) {
  return std::make_unique<LocalSource>(loop, std::move(meter), timeout);
}

}  // namespace trine::meter

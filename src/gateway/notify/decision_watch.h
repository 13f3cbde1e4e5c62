// Decisions are put on record by commands, while the gateway runs: looked for in the ledger from time to time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "gateway/executor.h"
#include "gateway/notify/notice.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::gateway {

// On the back office's loop; reads on the executor.
class DecisionWatch final : net::Timer {
 public:
  static constexpr Nanos kEvery = std::chrono::seconds(30);
  static constexpr size_t kMostAtOnce = 20;  // the newest, where a command records many

  using Tell = std::function<void(const Notice&)>;
  DecisionWatch(net::Loop& loop, Executor& executor, std::filesystem::path dir, Tell tell)
      : net::Timer(loop), loop_(loop), executor_(executor), dir_(std::move(dir)), tell_(std::move(tell)) {}

  // From here on; what is on record already is told to nobody.
  void start();
  void stop() {
    disarm();
    stopped_ = true;
  }
  bool idle() const { return !asking_; }

 private:
  void expired() override;
  net::Task<void> ask();

  net::Loop& loop_;
  Executor& executor_;
  const std::filesystem::path dir_;
  const Tell tell_;
  std::optional<size_t> known_;  // decisions on record when it looked last
  bool asking_ = false, stopped_ = false;
};

}  // namespace trine::gateway

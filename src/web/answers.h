// Answers that take a query of the ledger: made on a thread of their own, one at a time, and kept for a moment, so that
// many viewers of one page cost as much as one.
#pragma once

#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/executor.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::web {

// On one loop.
class Answers {
 public:
  static constexpr Nanos kKeep = std::chrono::seconds(1), kKeepMost = std::chrono::seconds(60);
  // What takes long is kept longer: never more than a tenth of a core goes into one page.
  static constexpr int kKeepTimes = 10;
  static constexpr size_t kMost = 256;            // kept or under way
  static constexpr size_t kMostBytes = 64 << 20;  // of those kept

  using Made = Result<std::string>;
  using Make = std::function<Made()>;

  explicit Answers(net::Loop& loop) : loop_(loop) {}

  // Nothing: too much is asked for at the moment. `key` says what is asked; `make` runs on the other thread.
  net::Task<std::optional<Made>> get(std::string key, Make make);
  // Work that is done each time, in its turn.
  net::Task<std::optional<Made>> once(Make make);
  int64_t made() const { return made_; }

 private:
  struct Entry {
    std::optional<Made> made;
    Mono until{};
    bool running = true;
    std::vector<std::coroutine_handle<>> waiting;
  };
  struct Wait {
    Entry& entry;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { entry.waiting.push_back(h); }
    void await_resume() const noexcept {}
  };
  bool make_room(Mono now);

  net::Loop& loop_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  size_t bytes_ = 0;
  int64_t made_ = 0;
  gateway::Executor executor_;  // last: its thread ends before what it may touch
};

}  // namespace trine::web

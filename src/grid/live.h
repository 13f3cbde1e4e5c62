// The newest table, for threads that read it while another publishes.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "grid/grid.h"

namespace trine::grid {

// Any thread. Readers that ask often keep what they read and look at version() alone.
class Live {
 public:
  explicit Live(std::shared_ptr<const GridTable> table) : table_(std::move(table)) {}

  std::shared_ptr<const GridTable> table() const {
    const std::lock_guard lock(mutex_);
    return table_;
  }
  Reading at(std::string_view zone, Wall t) const { return table()->at(zone, t); }
  Wall slot_end(std::string_view zone, Wall t) const { return table()->slot_end(zone, t); }
  // Changes with each publish().
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // From now on the table with these feeds in the place of those that it has.
  void publish(Feeds feeds) {
    auto next = std::make_shared<const GridTable>(table()->with(std::move(feeds)));
    const std::lock_guard lock(mutex_);
    table_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const GridTable> table_;
  std::atomic<uint64_t> version_{1};
};

}  // namespace trine::grid

// Tells those whom the configuration names: looks for what is wrong, and sends what is new to web hooks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/notify/conditions.h"
#include "gateway/notify/notice.h"
#include "gateway/snapshot.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "protect/abuse.h"

namespace trine::gateway {

// On the back office's loop. Each receiver has a queue of its own: one that is slow or dead holds nobody up.
class Notifier final : net::Timer {
 public:
  static constexpr Nanos kLook = std::chrono::seconds(5);
  static constexpr size_t kMostWaiting = 256;  // of a receiver; beyond it the oldest is dropped and counted
  static constexpr int kAttempts = 8;          // of a message: the last about five minutes after the first
  static constexpr Nanos kFirstPause = std::chrono::seconds(2);

  struct Parts {
    net::Loop& loop;
    std::function<GatewayView()> view;  // may be empty: events only
    net::Dialer* dialer = nullptr;
    uint64_t seed = 0;  // of the messages' ids
  };
  explicit Notifier(Parts parts);
  ~Notifier() override;

  // Receivers that stay keep what waits for them.
  void use(const std::shared_ptr<const Snapshot>& snapshot);
  void tell(const Notice& notice);
  void tell(const protect::LevelChange& change);
  void stop();  // what waits is dropped; a message under way ends by itself
  bool idle() const;

  std::vector<NoticeStats> stats() const;
  const AbuseCounts& abuse() const { return abuse_; }

 private:
  class Receiver;
  void expired() override;

  Parts parts_;
  IdGenerator ids_;
  std::shared_ptr<const Snapshot> snapshot_;
  ConditionWatch watch_;
  AbuseCounts abuse_{};
  std::vector<std::shared_ptr<Receiver>> receivers_;
  std::shared_ptr<int> under_way_ = std::make_shared<int>(0);
};

}  // namespace trine::gateway

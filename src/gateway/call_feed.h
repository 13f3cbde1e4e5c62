// What metering learns of the calls while they run: notes that a worker collects and hands over in batches, so that
// the request path takes no lock.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "energy/facts.h"
#include "energy/slices.h"
#include "gateway/deployment.h"

namespace trine::gateway {

struct CallNote {
  enum class Kind : uint8_t { opened, worked, closed };
  Kind kind = Kind::opened;
  CallId call;
  std::shared_ptr<const Deployment> deployment{};  // opened only
  energy::Slice slice{};                           // worked only
  Wall at{};                                       // opened, closed
  Money token_cost{};                              // closed: what tokens cost, where the deployment is billed by them
};

// One worker's. One thread.
class CallFeed {
 public:
  using Hand = std::function<void(std::vector<CallNote>)>;
  explicit CallFeed(Hand hand) : hand_(std::move(hand)) {}

  void add(CallNote note) {
    notes_.push_back(std::move(note));
    if (notes_.size() >= kBatch) flush();
  }
  void flush() {
    if (!notes_.empty()) hand_(std::exchange(notes_, {}));
  }

 private:
  static constexpr size_t kBatch = 512;
  Hand hand_;
  std::vector<CallNote> notes_;
};

}  // namespace trine::gateway

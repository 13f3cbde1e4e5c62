// Asks deployments whether they answer, so that one that is dead or frozen is known before a request finds out, and one
// that is back is used at once.
#pragma once

#include <memory>
#include <unordered_map>

#include "gateway/snapshot.h"
#include "net/fetch.h"
#include "net/loop.h"

namespace trine::gateway {

// On the back office's loop. Checks begin spread over their period. A failed one says nothing of a gateway whose own
// network is down, but then no request would get through either.
class HealthChecks {
 public:
  explicit HealthChecks(net::Loop& loop, net::Dialer* dialer = nullptr) : loop_(loop), dialer_(dialer) {}
  ~HealthChecks();

  // Those of deployments that are gone, or are asked elsewhere now, end.
  void use(const std::shared_ptr<const Snapshot>& snapshot);
  void stop();  // no more checks; those under way end by themselves
  bool idle() const;

 private:
  class Check;
  net::Loop& loop_;
  net::Dialer* dialer_;
  std::unordered_map<std::string, std::shared_ptr<Check>> checks_;  // by deployment
  std::shared_ptr<int> under_way_ = std::make_shared<int>(0);
};

}  // namespace trine::gateway

// What happens now, by deployment: rates over the last seconds from the counters that the request path keeps anyway,
// and what meters and engines last said. One JSON text a second, for all viewers together; without viewers nothing is
// done.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/admin/admin.h"
#include "ledger/report.h"

namespace trine::web {

// On one loop.
class Live {
 public:
  static constexpr Nanos kStep = std::chrono::seconds(1), kSpan = std::chrono::seconds(10);

  Live(const Clock& clock, std::function<gateway::GatewayView()> view) : clock_(clock), view_(std::move(view)) {}

  // The newest, at most kStep old.
  std::shared_ptr<const std::string> text();
  // What stood idle in the last day, by deployment, from a report By::deployment.
  void use(const ledger::Report& day);

 private:
  struct Count {
    int64_t tokens_in = 0, tokens_out = 0, ended = 0, energy_uj = 0, carbon_ng = 0, cost_n = 0;
  };
  struct Sample {
    Mono at{};
    int64_t requests = 0;
    std::map<std::string, Count> deployments;
  };
  static Count count(const gateway::Deployment& d);
  void sample(const gateway::GatewayView& view, Mono now);
  std::string render(const gateway::GatewayView& view) const;

  const Clock& clock_;
  std::function<gateway::GatewayView()> view_;
  std::deque<Sample> samples_;
  std::map<std::string, energy::DeviceWindow::Share> idle_;
  bool idle_known_ = false;
  std::shared_ptr<const std::string> text_;
  Mono made_{};
};

}  // namespace trine::web

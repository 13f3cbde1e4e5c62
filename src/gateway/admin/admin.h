// The port for people and machines that watch: health, metrics, requests of all keys, an overview as text.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/admin/identity_api.h"
#include "gateway/admin/pages.h"
#include "gateway/metering/own_use.h"
#include "gateway/own_endpoints.h"
#include "gateway/view.h"
#include "grid/poller.h"
#include "net/server.h"

namespace trine::gateway {

class Notifier;

// The page /metrics; made by the observe module.
using MetricsPage = std::function<std::string(const GatewayView&, MetricsForm)>;

// One thread: its loop's. Paths besides the admin API want a key only with identity.guard_admin_port; without it, bind
// the listener to loopback or a private network.
class Admin final : public net::Handler {
 public:
  struct Parts {
    net::Loop& loop;
    OwnEndpoints& own;
    const std::vector<WorkerCounters>& workers;
    ledger::Ledger& ledger;
    const Metering& metering;
    const grid::Poller& grid;
    const OwnUse& own_use;
    MetricsPage metrics;  // may be empty
    const TraceExporter* traces = nullptr;
    const Notifier* notifier = nullptr;
    Mono started{};
  };
  explicit Admin(Parts parts) : parts_(std::move(parts)) {}
  void use(std::shared_ptr<const Snapshot> snapshot) { snapshot_ = std::move(snapshot); }
  void use(const DocumentReader& documents) { documents_ = &documents; }
  // From here on there is an admin API. It stays.
  void use(IdentityApi& identity) { identity_ = &identity; }
  // Likewise the pages.
  void use(Pages& pages) { pages_ = &pages; }
  // REQUIRES: use(snapshot).
  GatewayView view() const;

  net::Task<void> serve(net::ServerConnection& connection) override;
  std::string refuse(net::Refusal why, std::string_view sentence) override;

 private:
  net::Task<AdminAnswer> answer(net::ServerConnection& connection);
  net::Task<AdminAnswer> look(std::string_view path, std::string_view accept);
  AdminAnswer metrics(std::string_view accept) const;
  std::string overview() const;

  Parts parts_;
  std::shared_ptr<const Snapshot> snapshot_;
  IdentityApi* identity_ = nullptr;
  Pages* pages_ = nullptr;
  const DocumentReader* documents_ = nullptr;
};

}  // namespace trine::gateway

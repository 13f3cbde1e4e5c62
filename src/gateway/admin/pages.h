// The pages for people on the admin port, and the API under them. Made by the web module, which stands after this one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/admin/access.h"
#include "gateway/executor.h"
#include "gateway/own_endpoints.h"
#include "gateway/snapshot.h"
#include "ledger/ledger.h"
#include "net/server.h"
#include "net/task.h"
#include "protect/audit.h"

namespace trine::gateway {

struct GatewayView;

// Who a request's session stands for.
struct SessionCaller {
  std::optional<Caller> caller;
  bool forged = false;  // a change without the session's CSRF token, or from another origin: to be refused
};

// On the back office's loop.
class Pages {
 public:
  struct Parts {
    net::Loop& loop;
    ledger::Ledger& ledger;
    OwnEndpoints& own;
    std::function<GatewayView()> view;                              // on the loop
    std::function<void(protect::AuditEntry)> note;                  // to the audit log; durable
    std::function<std::shared_ptr<const Identities>()> identities;  // null: there is no identity store
    std::function<void(size_t)> want_keys;                          // see OidcKeys::want
    WatchedLevel watched = {};
  };
  virtual ~Pages() = default;

  virtual void use(std::shared_ptr<const Snapshot> snapshot) = 0;
  virtual void use(std::shared_ptr<const OidcProviders> oidc) = 0;
  virtual bool is_ours(const net::Head& head) const = 0;
  // REQUIRES: is_ours().
  virtual net::Task<void> serve(net::ServerConnection& connection) = 0;
  // For the port's other paths.
  virtual SessionCaller session(const net::Head& head) = 0;
};
// Before the loop runs. Errors: what the pages need cannot be had.
using MakePages = std::function<Result<std::unique_ptr<Pages>>(Pages::Parts parts, std::shared_ptr<const Snapshot>)>;

}  // namespace trine::gateway

// Teams, keys and the audit log over HTTP on the admin port (docs/keys.md, docs/openapi-admin.yaml).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "gateway/admin/access.h"
#include "gateway/admin/identity_calls.h"
#include "gateway/admin/pages.h"
#include "gateway/identify/directory.h"
#include "net/server.h"

namespace trine::gateway {

// One thread: the back office's loop.
class IdentityApi {
 public:
  static constexpr std::string_view kPaths = "/v1/admin/";
  static constexpr size_t kMaxBody = 16 << 10;

  struct Parts {
    net::Loop& loop;
    Directory& directory;
    std::function<void(size_t)> want_keys;  // see OidcKeys::want
    std::filesystem::path audit_dir;
    std::function<SessionCaller(const net::Head&)> session = {};  // where there are pages
    WatchedLevel watched = {};
  };
  explicit IdentityApi(Parts parts) : parts_(std::move(parts)) {}
  void use(std::shared_ptr<const OidcProviders> oidc) { oidc_ = std::move(oidc); }

  // REQUIRES: the path begins with kPaths.
  net::Task<AdminAnswer> answer(net::ServerConnection& c, std::shared_ptr<const Snapshot> snapshot);
  // For the port's other paths: null for whoever may see them (viewers), else the refusal.
  net::Task<std::optional<AdminAnswer>> guard(net::ServerConnection& c, std::shared_ptr<const Snapshot> snapshot);

 private:
  // The caller into `caller`, or the refusal.
  net::Task<std::optional<AdminAnswer>> admit(net::ServerConnection& c, const Snapshot& snapshot, Caller& caller);
  net::Task<AdminAnswer> refuse_role(Caller caller, std::string action);
  net::Task<void> note(protect::AuditEntry entry);
  Wall now() const { return parts_.loop.clock().wall(); }

  Parts parts_;
  std::shared_ptr<const OidcProviders> oidc_;
  FailureBound failures_;  // by address
  FailureBound lines_;     // of strangers in the audit log: under "" all together
};

}  // namespace trine::gateway

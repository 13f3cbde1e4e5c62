#include "cli/identity.h"

#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include "gateway/config/config.h"

namespace trine::cli {
std::string local_user() {
  const passwd* p = ::getpwuid(::getuid());
  return p ? fmt::format("local:{}", p->pw_name) : fmt::format("local:{}", ::getuid());
}

Result<std::string> identity_dir(const IdentitySource& source) {
  if (!source.dir.empty()) return source.dir;
  const auto config = gateway::load_config(source.config);
  if (!config) return tl::unexpected(config.error());
  if ((*config)->identity_dir.empty())
    return fail(Code::failed_precondition,
                "{} has no identity folder: add `identity: {{ dir: var/identity }}` and restart the gateway.",
                source.config);
  return (*config)->identity_dir;
}

Result<IdentityPlace> open_identity(const IdentitySource& source, IdentityUse use) {
  using Missing = protect::IdentityStore::Missing;
  const auto dir = identity_dir(source);
  if (!dir) return tl::unexpected(dir.error());
  auto store = protect::IdentityStore::open(*dir, use == IdentityUse::make ? Missing::make : Missing::fail);
  if (!store) return tl::unexpected(store.error());
  if (use == IdentityUse::read) return IdentityPlace{std::move(*store), nullptr};
  auto audit = protect::AuditLog::open({.dir = std::filesystem::path(*dir) / "audit"});
  if (!audit) return tl::unexpected(audit.error());
  return IdentityPlace{std::move(*store), std::move(*audit)};
}

Result<void> IdentityPlace::note(std::string action, std::string subject,
                                 std::vector<std::pair<std::string, std::string>> detail) {
  protect::AuditEntry e;
  e.at = system_clock().wall();
  e.actor = local_user();
  e.action = std::move(action);
  e.subject = std::move(subject);
  e.detail = std::move(detail);
  return audit->append(e);
}

std::string list_or_all(const std::vector<std::string>& names) {
  return names.empty() ? "all" : fmt::format("{}", fmt::join(names, ","));
}

}  // namespace trine::cli

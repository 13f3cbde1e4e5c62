// The identity store as commands use it: opened by configuration or folder, each change in the audit log.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "protect/audit.h"
#include "protect/identity_store.h"

namespace trine::cli {

// Errors: failed_precondition for a configuration without `identity.dir`.
Result<std::string> identity_dir(const IdentitySource& source);

struct IdentityPlace {
  std::unique_ptr<protect::IdentityStore> store;
  std::unique_ptr<protect::AuditLog> audit;  // null where nothing is to change

  // Who ran the command on this machine did `action` to `subject`.
  Result<void> note(std::string action, std::string subject,
                    std::vector<std::pair<std::string, std::string>> detail = {});
};
// What a command does there. Only what makes a group makes a store too: one that is missing is a name mistyped.
enum class IdentityUse { read, change, make };
Result<IdentityPlace> open_identity(const IdentitySource& source, IdentityUse use);

// Who runs this command, for the audit log: "local:alice".
std::string local_user();

// "a,b"; "all" for an empty list.
std::string list_or_all(const std::vector<std::string>& names);

}  // namespace trine::cli

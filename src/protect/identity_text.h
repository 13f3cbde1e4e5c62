// What of teams, keys and the audit log is shown to people and programs: the commands' --json and the admin API alike.
// Never a secret. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protect/audit.h"
#include "protect/identity_store.h"

namespace trine::protect {

// "works", "until 2027-...", "rotated", "expired", "revoked".
std::string state_of(const KeyInfo& key, Wall now);

// One JSON object each (docs/openapi-admin.yaml).
std::string json_of(const KeyInfo& key, Wall now);
std::string json_of(const Group& group);
std::string json_of(const AuditLine& line);

// "90d" from now, or a time such as 2027-01-31; empty: never. Errors: invalid_argument.
Result<std::optional<Wall>> parse_expiry(std::string_view text, Wall now);

}  // namespace trine::protect

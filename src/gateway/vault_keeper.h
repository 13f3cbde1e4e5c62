// The gateway's vault: opened by the configuration, and rid of what has expired.
#pragma once

#include <memory>

#include "gateway/config/config.h"
#include "vault/vault.h"

namespace trine::gateway {

// Makes the folder (0700) and, where the configuration has no secret, the key file. Blocks. Errors as Vault::open and
// read_or_make_secret.
Result<std::unique_ptr<vault::Vault>> open_vault(const VaultConfig& config);

}  // namespace trine::gateway

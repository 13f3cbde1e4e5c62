// Where requests to an OpenID provider may go: its own host and those that the configuration names.
#pragma once

#include "gateway/config/config.h"
#include "net/egress.h"

namespace trine::gateway {

// Errors: invalid_argument: a URL or a file that cannot be used.
Result<void> set_oidc_policy(const OidcConfig& provider, net::EgressPolicy& policy);

}  // namespace trine::gateway

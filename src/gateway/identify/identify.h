// Stage 1: whose request is it?
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"

namespace trine::gateway {

// Sets x.key and x.tenant from `Authorization: Bearer`, `api-key` (Azure's clients) or the anonymous key; where none is
// sent, from the client's certificate. Only hashes are compared, in constant time; keys that are cut, unknown, expired
// or revoked take the same time and get the same answer. Errors: missing_api_key, invalid_api_key.
std::optional<llm::ClientError> identify(Exchange& x);

// What follows from x.key where its kind did not say: tenant, limits, whose prompts may be taken together.
void settle_identity(Exchange& x);

// What the client sent as its key: `Authorization: Bearer` or `api-key`; empty: nothing.
std::string_view sent_key(const net::Head& head);

// The client's address: the peer's, or, where the peer is a trusted proxy, the last address in X-Forwarded-For that is
// not one.
std::string client_address(const Config& config, const net::ServerConnection& client);

}  // namespace trine::gateway

// Whose work it is when its client has gone: jobs go on without a connection, and across restarts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/exchange.h"

namespace trine::gateway {

// Names a key without being one: nobody can send requests with it.
struct Principal {
  enum class Sort { config_key, store_key, certificate, anonymous, token };
  Sort sort = Sort::anonymous;
  std::string name;                      // hash of the key, its public name, the certificate's; empty for others
  std::shared_ptr<const Key> token_key;  // of a token, which nobody can check again after a restart
  std::string token_subject;
};
const char* name(Principal::Sort sort);
std::optional<Principal::Sort> parse_sort(std::string_view text);

// REQUIRES: an exchange that identify() found a key for.
Principal principal_of(const Exchange& x);
// As identify(), with what the key may do now. Errors: invalid_api_key: it is gone, has expired, or was a token's.
std::optional<llm::ClientError> identify_as(Exchange& x, const Principal& who);

// Same organisation, team and project; a key that has neither team nor project is its own project.
bool same_project(const energy::Tenant& a, const energy::Tenant& b);

}  // namespace trine::gateway

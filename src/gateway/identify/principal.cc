#include "gateway/identify/principal.h"

#include "base/text.h"
#include "gateway/identify/identify.h"

namespace trine::gateway {

namespace {

using Sort = Principal::Sort;

void by_store(Exchange& x, const std::string& name) {
  const auto id = protect::parse_key_name(name);
  if (!x.context.identities || !id) return;
  const auto match = x.context.identities->table()->find_id(*id, x.context.clock().wall());
  if (!match) return;
  x.identities = x.context.identities;
  x.key = &x.identities->rights(match->grant);
  x.limits = &x.identities->limits(*match);
  x.tenant = x.key->tenant;
  x.tenant.key = name;
}

}  // namespace

const char* name(Sort sort) {
  switch (sort) {
    case Sort::config_key:
      return "config_key";
    case Sort::store_key:
      return "store_key";
    case Sort::certificate:
      return "certificate";
    case Sort::anonymous:
      return "anonymous";
    case Sort::token:
      return "token";
  }
  return "anonymous";
}

std::optional<Sort> parse_sort(std::string_view text) {
  for (const Sort s : {Sort::config_key, Sort::store_key, Sort::certificate, Sort::anonymous, Sort::token})
    if (text == name(s)) return s;
  return {};
}

Principal principal_of(const Exchange& x) {
  if (x.token_key) return {Sort::token, {}, x.token_key, x.tenant.key};
  if (x.identities) return {Sort::store_key, x.tenant.key, {}, {}};
  if (x.snapshot->anonymous && x.key == &*x.snapshot->anonymous) return {Sort::anonymous, {}, {}, {}};
  for (const auto& [certificate, key] : x.snapshot->certificates)
    if (&key == x.key) return {Sort::certificate, certificate, {}, {}};
  return {Sort::config_key, hex(x.key->hash), {}, {}};
}

std::optional<llm::ClientError> identify_as(Exchange& x, const Principal& who) {
  switch (who.sort) {
    case Sort::store_key:
      by_store(x, who.name);
      break;
    case Sort::config_key:
      if (const auto hash = parse_key_hash(who.name)) x.key = x.snapshot->key(*hash);
      break;
    case Sort::certificate:
      if (const auto it = x.snapshot->certificates.find(who.name); it != x.snapshot->certificates.end())
        x.key = &it->second;
      break;
    case Sort::anonymous:
      if (x.snapshot->anonymous) x.key = &*x.snapshot->anonymous;
      break;
    case Sort::token:
      x.token_key = who.token_key;
      x.key = x.token_key.get();
      if (x.key) {
        x.tenant = x.key->tenant;
        x.tenant.key = who.token_subject;
      }
      break;
  }
  if (!x.key) return llm::ClientError{llm::ErrorCode::invalid_api_key, {}, {}};
  settle_identity(x);
  return {};
}

bool same_project(const energy::Tenant& a, const energy::Tenant& b) {
  const bool alone = a.team.empty() && a.project.empty();
  return a.org == b.org && a.team == b.team && a.project == b.project && (!alone || a.key == b.key);
}

}  // namespace trine::gateway

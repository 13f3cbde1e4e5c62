#include "gateway/identify/identify.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

namespace trine::gateway {
namespace {

// A key of the identity store's form is looked for there and nowhere else. False: it has another form.
bool by_identity_store(Exchange& x, std::string_view secret) {
  if (!x.context.identities || !secret.starts_with(protect::kKeyPrefix)) return false;
  const auto match = x.context.identities->table()->find(secret, x.context.clock().wall());
  if (!match) return true;
  x.identities = x.context.identities;
  x.key = &x.identities->rights(match->grant);
  x.limits = &x.identities->limits(*match);
  x.tenant = x.key->tenant;
  x.tenant.key = protect::key_name(match->id);
  return true;
}

// A token of a provider: three parts, the first of which begins a JSON object. False: it has another form.
bool by_token(Exchange& x, std::string_view secret) {
  Context& c = x.context;
  if (!c.oidc || c.oidc->empty() || !secret.starts_with("eyJ")) return false;
  const Wall now = c.clock().wall();
  const TokenCache::Entry* known = c.tokens.find(secret, now);
  if (!known) {
    OidcVerdict v = check_token(*c.oidc, secret, now);
    if (v.wants && c.want_keys) c.want_keys(*v.wants);
    if (!v.key) {
      x.token_fault = v.why;
      if (log::enabled(log::Level::debug)) log::debug("{}: a token was refused: {}", x.id_view(), v.why);
      return true;
    }
    c.tokens.put(secret, {std::move(v.key), "oidc:" + v.subject, v.expires});
    known = c.tokens.find(secret, now);
  }
  if (!known) return true;
  x.token_key = known->key;
  x.key = x.token_key.get();
  x.tenant = x.key->tenant;
  x.tenant.key = known->subject;
  return true;
}

}  // namespace

std::string_view sent_key(const net::Head& head) {
  if (const auto a = head.find("authorization")) {
    const size_t blank = a->find(' ');
    if (blank != std::string_view::npos && iequals(a->substr(0, blank), "bearer")) return trim(a->substr(blank + 1));
    return {};
  }
  return trim(head.find("api-key").value_or(std::string_view{}));
}

void settle_identity(Exchange& x) {
  if (x.tenant.key.empty()) x.tenant = x.key->tenant;
  if (!x.limits) x.limits = &x.key->limits;
  x.prefix_salt = x.key->prefix_salt;
  // Keys that share what they may do, and have neither team nor project, share no prompts.
  if (x.key->tenant.key.empty() && x.tenant.team.empty() && x.tenant.project.empty())
    x.prefix_salt = hash64(x.tenant.key, x.prefix_salt) | 1;
}

std::optional<llm::ClientError> identify(Exchange& x) {
  const std::string_view secret = sent_key(x.client.head());
  if (!secret.empty()) {
    if (!by_identity_store(x, secret) && !by_token(x, secret)) x.key = x.snapshot->key(hash_key(secret));
  } else if (const net::PeerCertificate* shown = x.client.peer_certificate()) {
    x.key = x.snapshot->key(*shown);
  }
  if (secret.empty() && !x.key && !x.snapshot->anonymous) {
    return llm::ClientError{llm::ErrorCode::missing_api_key, {}, {}};
  }
  // Where anyone may come, clients that insist on sending some key are welcome too.
  if (!x.key && x.snapshot->anonymous) x.key = &*x.snapshot->anonymous;
  if (!x.key) return llm::ClientError{llm::ErrorCode::invalid_api_key, {}, {}};
  settle_identity(x);
  return {};
}

std::string client_address(const Config& config, const net::ServerConnection& client) {
  std::string peer = client.peer_address();
  if (config.trusted_proxies.empty() || !config.trusts(peer)) return peer;
  // From the end, also of several such headers: what stands before was written by whoever came first.
  const auto& headers = client.head().headers;
  for (auto h = headers.rbegin(); h != headers.rend(); ++h) {
    if (!iequals(h->name, "x-forwarded-for")) continue;
    std::string_view rest = h->value;
    while (!rest.empty()) {
      const size_t comma = rest.rfind(',');
      const std::string_view address = trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      if (!address.empty() && !config.trusts(address)) return std::string(address);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
    }
  }
  return peer;
}

}  // namespace trine::gateway

#include "gateway/identify/oidc.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "base/text.h"
#include "gateway/identify/oidc_policy.h"
#include "gateway/resolve.h"
#include "json/read.h"

namespace trine::gateway {
namespace {

constexpr size_t kMaxSubject = 64;
constexpr std::string_view kDiscovery = "/.well-known/openid-configuration";

// What one group of a provider may do. Its limits are those of a snapshot, which it keeps.
struct GroupRights {
  std::shared_ptr<const Snapshot> keeps;
  Key key;
};

std::shared_ptr<const Key> rights_of(const OidcConfig& provider, const OidcGroupConfig& g,
                                     const std::shared_ptr<const Snapshot>& snapshot) {
  auto rights = std::make_shared<GroupRights>(GroupRights{snapshot, resolve_rights(g.rights)});
  rights->key.role = g.role;
  const RightsConfig& r = g.rights;
  const std::string account = fmt::format("{}\n{}\n{}\n{}", oidc_account(provider, g), r.org, r.team, r.project);
  if (const auto it = snapshot->oidc_limits.find(account); it != snapshot->oidc_limits.end())
    rights->key.limits = it->second;
  return {rights, &rights->key};
}

// "alice@login.example.org": two providers' people of one name are two. A long name is told by its hash.
std::string person(const std::string& subject, const std::string& realm) {
  const std::string name = subject.size() <= kMaxSubject ? subject : hex(hash_key(subject)).substr(0, 32);
  return fmt::format("{}@{}", name, realm);
}

Result<std::string> jwks_uri(std::string_view document, const std::string& issuer) {
  const auto text = [&](std::string_view name) -> std::string {
    const auto v = json::member(document, name);
    if (!v || !*v || !(*v)->is_string()) return {};
    return (*v)->as_string().value_or(std::string());
  };
  if (text("issuer") != issuer) return fail(Code::data_loss, "the discovery document is of another issuer");
  std::string uri = text("jwks_uri");
  if (uri.empty()) return fail(Code::data_loss, "the discovery document names no jwks_uri");
  return uri;
}

}  // namespace

Result<void> set_oidc_policy(const OidcConfig& c, net::EgressPolicy& policy) {
  const auto issuer = net::parse_fetch_url(c.issuer);
  if (!issuer) return fail(Code::invalid_argument, "oidc: issuer: {}", issuer.error().message);
  // The provider's own host, and that of its keys where the configuration names another.
  policy.hosts = {issuer->authority()};
  policy.plain_http = !issuer->tls;
  if (!c.jwks_url.empty()) {
    const auto keys = net::parse_fetch_url(c.jwks_url);
    if (!keys) return fail(Code::invalid_argument, "oidc: jwks_url: {}", keys.error().message);
    policy.hosts.push_back(keys->authority());
    policy.plain_http = policy.plain_http && !keys->tls;
  }
  for (const std::string& h : c.key_hosts) policy.hosts.push_back(h);
  for (const std::string& text : c.internal) {
    const auto block = net::IpBlock::parse(text);
    if (!block) return fail(Code::invalid_argument, "oidc: internal: \"{}\" is no block of addresses.", text);
    policy.internal.push_back(*block);
  }
  policy.limits = {.max_bytes = protect::kMaxJwks, .timeout = std::chrono::seconds(5)};
  if (!c.ca.empty()) {
    auto tls = net::tls_client({.ca_file = c.ca, .cert_file = {}, .key_file = {}, .verify = true});
    if (!tls) return tl::unexpected(tls.error());
    policy.tls = *tls;
  }
  return {};
}

Result<void> OidcKeys::use(const std::shared_ptr<const Snapshot>& snapshot) {
  std::vector<std::shared_ptr<Source>> next;
  for (const OidcConfig& c : snapshot->config->oidc) {
    const auto same = std::find_if(sources_.begin(), sources_.end(), [&](const auto& s) { return s->config == c; });
    auto s = same != sources_.end() ? *same : std::make_shared<Source>();
    if (same == sources_.end()) {
      s->config = c;
      s->jwks_url = c.jwks_url;
      if (auto r = set_oidc_policy(c, s->policy); !r) return r;
      s->provider.claim = c.claim;
      s->provider.realm = oidc_realm(c);
      s->provider.rule = {.issuer = c.issuer, .audiences = c.audiences};
      if (!c.algorithms.empty()) {
        s->provider.rule.algorithms.clear();
        for (const std::string& a : c.algorithms)
          if (const auto known = protect::parse_algorithm(a)) s->provider.rule.algorithms.push_back(*known);
      }
    }
    s->provider.groups.clear();
    for (const OidcGroupConfig& g : c.groups) s->provider.groups.emplace_back(g.value, rights_of(c, g, snapshot));
    next.push_back(std::move(s));
  }
  sources_ = std::move(next);
  publish();
  for (const auto& s : sources_)
    if (!s->ever) refresh(s);
  if (!sources_.empty()) arm(kLeastPause);
  return {};
}

void OidcKeys::stop() {
  stopped_ = true;
  disarm();
}

bool OidcKeys::idle() const {
  return fetching_ == 0;
}

void OidcKeys::want(size_t index) {
  loop_.post([this, index] {
    if (index < sources_.size()) refresh(sources_[index]);
  });
}

void OidcKeys::expired() {
  const Mono now = loop_.clock().mono();
  for (const auto& s : sources_) {
    // Late keys are better than none, for a day: then a key that the provider took back must be gone.
    if (s->provider.keys && now - s->fetched >= kKeep) {
      log::error("oidc {}: its keys are a day old and cannot be fetched: {}", s->config.issuer, s->trouble);
      s->provider.keys = nullptr;
      publish();
    }
    if (!s->provider.keys || now - s->fetched >= kEvery) refresh(s);
  }
  arm(kLeastPause);
}

void OidcKeys::refresh(const std::shared_ptr<Source>& s) {
  const Mono now = loop_.clock().mono();
  if (stopped_ || s->running || (s->ever && now - s->asked < kLeastPause)) return;
  s->running = s->ever = true;
  s->asked = now;
  ++fetching_;
  auto run = [](OidcKeys& self, std::shared_ptr<Source> source) -> net::Task<void> {
    const auto done = co_await self.fetch(*source);
    source->running = false;
    --self.fetching_;
    const std::string trouble = done ? "" : done.error().message;
    if (!trouble.empty() && trouble != source->trouble)
      log::warning("oidc {}: its keys cannot be fetched: {}", source->config.issuer, trouble);
    source->trouble = trouble;
    if (done) self.publish();
  };
  net::spawn(run(*this, s));
}

net::Task<Result<void>> OidcKeys::fetch(Source& s) {
  if (s.jwks_url.empty()) {
    std::string url = s.config.issuer;
    while (url.ends_with('/')) url.pop_back();
    url += kDiscovery;
    net::FetchRequest look;
    const auto found = co_await net::egress_fetch(loop_, s.policy, std::move(url), std::move(look), dialer_);
    if (!found) co_return tl::unexpected(found.error());
    if (found->status != 200) co_return fail(Code::unavailable, "discovery answered {}", found->status);
    auto uri = jwks_uri(found->body, s.config.issuer);
    if (!uri) co_return tl::unexpected(uri.error());
    s.jwks_url = std::move(*uri);
  }
  std::string url = s.jwks_url;
  net::FetchRequest ask;
  const auto answer = co_await net::egress_fetch(loop_, s.policy, std::move(url), std::move(ask), dialer_);
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status != 200) co_return fail(Code::unavailable, "its keys answered {}", answer->status);
  auto keys = protect::Jwks::parse(answer->body);
  if (!keys) co_return tl::unexpected(keys.error());
  s.provider.keys = std::move(*keys);
  s.fetched = loop_.clock().mono();
  co_return Result<void>{};
}

void OidcKeys::publish() {
  auto all = std::make_shared<OidcProviders>();
  for (const auto& s : sources_) all->push_back(s->provider);
  tell_(std::move(all));
}

size_t TokenCache::Hash::operator()(const KeyHash& h) const {
  size_t out = 0;
  std::memcpy(&out, h.data(), sizeof out);
  return out;
}

const TokenCache::Entry* TokenCache::find(std::string_view token, Wall now) {
  const auto it = entries_.find(hash_key(token));
  if (it == entries_.end()) return nullptr;
  if (now < it->second.until) return &it->second;
  entries_.erase(it);
  return nullptr;
}

void TokenCache::put(std::string_view token, Entry entry) {
  if (entries_.size() >= kMost) entries_.clear();  // whoever is still there is verified once more
  entries_.emplace(hash_key(token), std::move(entry));
}

OidcVerdict check_token(const OidcProviders& providers, std::string_view token, Wall now) {
  OidcVerdict out;
  out.why = "no provider";
  for (size_t i = 0; i < providers.size(); ++i) {
    const OidcProvider& p = providers[i];
    if (!p.keys) {
      out.why = "the provider's keys are not here";
      continue;
    }
    protect::JwtFault fault{};
    auto claims = protect::verify_jwt(token, *p.keys, p.rule, now, fault);
    if (!claims) {
      out.why = protect::name(fault);
      if (fault == protect::JwtFault::unknown_key) out.wants = i;
      continue;
    }
    if (claims->subject.empty()) return {nullptr, {}, {}, std::nullopt, "it has no subject"};
    std::vector<std::string> values;
    if (const auto list = claims->lists.find(p.claim); list != claims->lists.end()) values = list->second;
    if (const auto text = claims->texts.find(p.claim); text != claims->texts.end()) values = {text->second};
    for (const auto& [value, key] : p.groups) {
      if (std::find(values.begin(), values.end(), value) == values.end()) continue;
      return {key, person(claims->subject, p.realm), claims->expires + p.rule.leeway, std::nullopt, ""};
    }
    return {nullptr, {}, {}, std::nullopt, "none of its groups may use the gateway"};
  }
  return out;
}

}  // namespace trine::gateway

// Signing in at an OpenID provider: authorization code with PKCE (RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1).
// The pages are a public client; its id is the first of the provider's audiences, for whom the token must be.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "gateway/identify/identify.h"
#include "gateway/identify/oidc_policy.h"
#include "json/read.h"
#include "protect/digest.h"
#include "web/answer.h"
#include "web/query.h"
#include "web/sign_in.h"

namespace trine::web {
namespace {

using gateway::AdminAnswer;
using gateway::OidcConfig;

// Binds an attempt to the browser that began it. Lax: the provider sends that browser back from elsewhere.
constexpr const char* kAttemptCookie = "trine_sign_in";
constexpr const char* kFailed = "/login?failed=oidc";

std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

// A page of ours, and nothing that a browser could read otherwise.
std::string page_of_ours(const std::string& to) {
  const bool good =
      to.starts_with('/') && !to.starts_with("//") && to.size() <= 512 && std::all_of(to.begin(), to.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/?=_-.%:,~").find(c) != std::string_view::npos;
      });
  return good ? to : "/";
}

AdminAnswer redirect(const std::string& to, std::string_view headers = {}) {
  return {302, "text/plain", "", fmt::format("location: {}\r\n{}", to, headers)};
}

// By a page of ours: a redirect would still be the provider's navigation, with which a strict cookie is not sent.
AdminAnswer forward(const std::string& to, std::string headers) {
  return {200, "text/html; charset=utf-8",
          "<!doctype html><title>Trine</title><meta http-equiv=\"refresh\" content=\"0;url=" + to + "\">",
          std::move(headers)};
}

std::string text_member(std::string_view object, std::string_view name) {
  const auto v = json::member(object, name);
  if (!v || !*v || !(*v)->is_string()) return {};
  return (*v)->as_string().value_or(std::string());
}

// REQUIRES: the token was verified.
std::string nonce_of(std::string_view token) {
  const size_t first = token.find('.'), second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  const auto payload = protect::from_base64url(token.substr(first + 1, second - first - 1));
  return payload ? text_member(*payload, "nonce") : std::string();
}

}  // namespace

net::Task<Result<SignIn::Endpoints>> SignIn::discover(OidcConfig provider) {
  net::EgressPolicy policy;
  if (auto set = gateway::set_oidc_policy(provider, policy); !set) co_return tl::unexpected(set.error());
  std::string url = provider.issuer;
  while (url.ends_with('/')) url.pop_back();
  url += "/.well-known/openid-configuration";
  net::FetchRequest look;
  const auto found = co_await net::egress_fetch(parts_.loop, policy, std::move(url), std::move(look));
  if (!found) co_return tl::unexpected(found.error());
  if (found->status != 200) co_return fail(Code::unavailable, "discovery answered {}", found->status);
  Endpoints e{text_member(found->body, "authorization_endpoint"), text_member(found->body, "token_endpoint")};
  if (text_member(found->body, "issuer") != provider.issuer)
    co_return fail(Code::data_loss, "the discovery document is of another issuer");
  const bool plain = provider.issuer.starts_with("http://");
  if (!e.authorization.starts_with(plain ? "http" : "https://") || e.token.empty() ||
      e.authorization.find_first_of("\r\n \"") != std::string::npos)
    co_return fail(Code::data_loss, "the discovery document names no authorization_endpoint and token_endpoint");
  co_return e;
}

net::Task<Result<std::string>> SignIn::id_token(OidcConfig provider, Attempt attempt, std::string code) {
  net::EgressPolicy policy;
  if (auto set = gateway::set_oidc_policy(provider, policy); !set) co_return tl::unexpected(set.error());
  policy.max_redirects = 0;
  net::FetchRequest ask;
  ask.method = "POST";
  ask.headers = {{"content-type", "application/x-www-form-urlencoded"}, {"accept", "application/json"}};
  ask.body = fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&client_id={}&code_verifier={}",
                         net::percent_encoded(code), net::percent_encoded(attempt.redirect),
                         net::percent_encoded(provider.audiences.front()), attempt.verifier);
  std::string url = attempt.token_url;
  const auto answer = co_await net::egress_fetch(parts_.loop, policy, std::move(url), std::move(ask));
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status != 200) co_return fail(Code::unavailable, "the token endpoint answered {}", answer->status);
  std::string token = text_member(answer->body, "id_token");
  if (token.empty()) co_return fail(Code::data_loss, "the token endpoint gave no id_token");
  co_return token;
}

net::Task<AdminAnswer> SignIn::oidc_start(net::ServerConnection& c) {
  const net::Head& head = c.head();
  const auto query = Query::parse(head.target.substr(std::min(head.path().size() + 1, head.target.size())));
  const auto& providers = snapshot_->config->oidc;
  const auto number = query ? parse_int(query->text("provider")) : std::nullopt;
  const auto host = head.find("host");
  if (!number || *number < 0 || static_cast<size_t>(*number) >= providers.size() || !host ||
      providers[static_cast<size_t>(*number)].audiences.empty())
    co_return gateway::admin_error({llm::ErrorCode::not_found, "there is no such provider", {}});
  const Mono now = parts_.loop.clock().mono();
  const std::string address = gateway::client_address(*snapshot_->config, c);
  if (attempts_.exhausted(address, now)) co_return too_many_sign_ins();
  attempts_.failed(address, now);
  const bool secure = head.find("x-forwarded-proto") == std::string_view("https");
  Attempt attempt;
  attempt.provider = static_cast<size_t>(*number);
  attempt.to = page_of_ours(query->text("to"));
  attempt.redirect = fmt::format("{}://{}/v1/ui/oidc/callback", secure ? "https" : "http", *host);
  attempt.verifier = random_token();
  attempt.nonce = random_token();
  attempt.until = now + kAttempt;
  const OidcConfig provider = providers[attempt.provider];
  const auto endpoints = co_await discover(provider);
  if (!endpoints) {
    log::warning("oidc {}: nobody can sign in there: {}", provider.issuer, endpoints.error().message);
    co_return redirect(kFailed);
  }
  attempt.token_url = endpoints->token;
  std::erase_if(under_way_, [now](const auto& a) { return a.second.until <= now; });
  if (under_way_.size() >= kMostUnderWay) co_return busy();
  const std::string state = random_token();
  const protect::Digest challenge = protect::sha256(attempt.verifier);
  const std::string location = fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope=openid%20profile&state={}&nonce={}&code_challenge={}"
      "&code_challenge_method=S256",
      endpoints->authorization, endpoints->authorization.find('?') == std::string::npos ? "?" : "&",
      net::percent_encoded(provider.audiences.front()), net::percent_encoded(attempt.redirect), state, attempt.nonce,
      base64url({reinterpret_cast<const char*>(challenge.data()), challenge.size()}));
  under_way_.emplace(state, std::move(attempt));
  co_return redirect(location,
                     fmt::format("set-cookie: {}={}; Path=/v1/ui/oidc; HttpOnly; SameSite=Lax; Max-Age=600{}\r\n",
                                 kAttemptCookie, state, secure ? "; Secure" : ""));
}

net::Task<AdminAnswer> SignIn::oidc_back(net::ServerConnection& c) {
  const net::Head& head = c.head();
  const auto query = Query::parse(head.target.substr(std::min(head.path().size() + 1, head.target.size())));
  const std::string address = gateway::client_address(*snapshot_->config, c);
  const std::string state = query ? query->text("state") : "", code = query ? query->text("code") : "";
  const auto found = under_way_.find(state);
  const std::string_view bound = cookie(head.find("cookie").value_or(""), kAttemptCookie);
  const Mono now = parts_.loop.clock().mono();
  if (found == under_way_.end() || code.empty() || !equal_secret(bound, state) || found->second.until <= now) {
    // Whoever sends such needs nothing for it: neither the line in the log nor its write to the disk is his to repeat.
    // Those who come back from a provider were counted as they began.
    if (attempts_.exhausted(address, now)) co_return too_many_sign_ins();
    attempts_.failed(address, now);
    note("unknown", address, "pages.login", "refused");
    co_return redirect(kFailed);
  }
  const Attempt attempt = found->second;
  under_way_.erase(found);  // a code is given once
  const auto& providers = snapshot_->config->oidc;
  if (attempt.provider >= providers.size()) co_return redirect(kFailed);
  const OidcConfig provider = providers[attempt.provider];
  const auto token = co_await id_token(provider, attempt, code);
  if (!token) {
    log::warning("oidc {}: {}", provider.issuer, token.error().message);
    co_return redirect(kFailed);
  }
  // The same check as for tokens that clients bring.
  const auto oidc = oidc_;
  if (!oidc) co_return redirect(kFailed);
  const gateway::OidcVerdict v = gateway::check_token(*oidc, *token, parts_.loop.clock().wall());
  if (v.wants) parts_.want_keys(*v.wants);
  if (!v.key || v.key->role < protect::Role::viewer || !equal_secret(nonce_of(*token), attempt.nonce)) {
    if (!v.key) log::warning("oidc {}: a sign-in was refused: {}", provider.issuer, v.why);
    note(v.key ? "oidc:" + v.subject : "unknown", address, "pages.login", "refused");
    co_return redirect(kFailed);
  }
  const std::string actor = "oidc:" + v.subject;
  note(actor, address, "pages.login", "done");
  const AdminAnswer begun = begin(c, actor, v.key->role, 200);
  co_return forward(attempt.to,
                    begun.headers + fmt::format("set-cookie: {}=; Path=/v1/ui/oidc; Max-Age=0\r\n", kAttemptCookie));
}

}  // namespace trine::web

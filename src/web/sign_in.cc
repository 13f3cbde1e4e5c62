#include "web/sign_in.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "gateway/admin/identity_calls.h"
#include "gateway/identify/identify.h"
#include "json/read.h"
#include "json/write.h"
#include "net/ip.h"
#include "web/answer.h"

namespace trine::web {
namespace {

using gateway::admin_error;
using gateway::AdminAnswer;
using gateway::Caller;
using llm::ErrorCode;
using protect::Role;

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// The host of "host:port" or "[::1]:port".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, std::min(authority.find(']'), authority.size()) - 1);
  return authority.substr(0, authority.rfind(':'));
}

// Digits and dots, or colons: a name could be made to point anywhere.
bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

AdminAnswer whole(std::string body, int status = 200) {
  return {status, "application/json", std::move(body), {}};
}

AdminAnswer forged() {
  return admin_error(
      {ErrorCode::role_not_allowed, "the request is not from this page: x-trine-csrf is missing or wrong", {}});
}

AdminAnswer wrong_password() {
  return admin_error({ErrorCode::invalid_api_key, "the name or the password is wrong", {}});
}

}  // namespace

AdminAnswer too_many_sign_ins() {
  return admin_error({ErrorCode::rate_limited, "too many sign-ins from this address", {}}, "retry-after: 5\r\n");
}

bool same_origin(const net::Head& head) {
  const auto site = head.find("sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return false;
  const auto origin = head.find("origin");
  if (!origin) return true;  // no browser; and a browser's request carries the token besides
  const size_t at = origin->find("://");
  const auto host = head.find("host");
  return at != std::string_view::npos && host && iequals(origin->substr(at + 3), *host);
}

SignIn::SignIn(Parts parts, std::shared_ptr<const gateway::Snapshot> snapshot)
    : parts_(std::move(parts)),
      snapshot_(std::move(snapshot)),
      sessions_(parts_.loop.clock()),
      passwords_(parts_.loop) {
  if (parts_.admins && parts_.admins->empty()) setup_token_ = random_token();
}

bool SignIn::open() const {
  return !parts_.admins && snapshot_->config->oidc.empty() && is_loopback(snapshot_->config->listen.admin.host);
}

std::string SignIn::closed() const {
  if (parts_.admins || !snapshot_->config->oidc.empty() || open()) return {};
  return "nobody may look at the pages: name identity.dir or oidc in the configuration, or listen on 127.0.0.1";
}

std::optional<Caller> SignIn::caller(const net::Head& head) {
  const Wall now = parts_.loop.clock().wall();
  const std::string_view sent = gateway::sent_key(head);
  if (!sent.empty()) {
    const auto identities = parts_.identities();
    if (identities) return gateway::find_caller(head, *identities, oidc_.get(), parts_.want_keys, now);
    if (!oidc_) return std::nullopt;
    const auto v = gateway::check_token(*oidc_, sent, now);
    if (!v.key) return std::nullopt;
    return Caller{"oidc:" + v.subject, {}, v.key->role};
  }
  if (auto s = session(head).caller) return s;
  // A name that leads here by DNS is somebody else's page in the visitor's browser.
  const auto host = head.find("host");
  const bool ours = host && (is_address(host_of(*host)) || is_loopback(host_of(*host)));
  if (open() && ours) return Caller{"open", {}, Role::viewer};
  return std::nullopt;
}

gateway::SessionCaller SignIn::session(const net::Head& head) {
  gateway::SessionCaller out;
  const auto header = head.find("cookie");
  const Session* s = header ? sessions_.find(cookie(*header, kCookie)) : nullptr;
  if (!s) return out;
  const bool changes = head.method != "GET" && head.method != "HEAD";
  if (changes && !(equal_secret(head.find("x-trine-csrf").value_or(""), s->csrf) && same_origin(head))) {
    out.forged = true;
    return out;
  }
  out.caller = Caller{s->actor, {}, s->role};
  return out;
}

std::string SignIn::set_cookie(const net::Head& head, const std::string& id, Nanos age) const {
  const auto proto = head.find("x-forwarded-proto");
  return fmt::format("set-cookie: {}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}\r\n", kCookie, id,
                     std::chrono::duration_cast<std::chrono::seconds>(age).count(),
                     proto && *proto == "https" ? "; Secure" : "");
}

void SignIn::note(const std::string& actor, const std::string& address, const char* action, const char* outcome) {
  protect::AuditEntry e;
  e.at = parts_.loop.clock().wall();
  e.actor = actor;
  e.address = address;
  e.action = action;
  e.subject = "pages";
  e.outcome = outcome;
  parts_.note(std::move(e));
}

AdminAnswer SignIn::begin(net::ServerConnection& c, const std::string& actor, Role role, int status,
                          std::optional<Wall> until) {
  // Whatever session the browser brought, even one that somebody put there, ends here.
  if (const auto old = c.head().find("cookie")) sessions_.end(cookie(*old, kCookie));
  const std::string id = sessions_.begin(actor, role, until);
  const Session& s = *sessions_.find(id);
  std::string out;
  json::Writer w(out);
  w.object().key("signed_in").value(true).key("open").value(false).key("actor").value(actor);
  w.key("role").value(protect::name(role)).key("csrf").value(s.csrf).key("expires").value(iso8601(s.expires)).end();
  AdminAnswer a = whole(std::move(out), status);
  a.headers = set_cookie(c.head(), id, Sessions::kLongest);
  return a;
}

std::string SignIn::me(const net::Head& head) {
  const auto who = caller(head);
  const auto header = head.find("cookie");
  const Session* s = who && header ? sessions_.find(cookie(*header, kCookie)) : nullptr;
  std::string out;
  json::Writer w(out);
  const auto text = [&](const char* key, const std::string& value) {
    w.key(key);
    value.empty() ? w.null() : w.value(value);
  };
  w.object().key("signed_in").value(who.has_value()).key("open").value(open());
  text("closed", closed());
  text("actor", who ? who->actor : "");
  text("role", who ? protect::name(who->role) : "");
  text("csrf", s ? s->csrf : "");
  text("expires", s ? iso8601(s->expires) : "");
  w.key("ways").object().key("password").value(parts_.admins && !parts_.admins->empty());
  w.key("setup").value(!setup_token_.empty()).key("oidc").array();
  const auto& providers = snapshot_->config->oidc;
  for (size_t i = 0; i < providers.size(); ++i) {
    w.object().key("name").value(gateway::oidc_realm(providers[i]));
    w.key("href").value(fmt::format("/v1/ui/oidc/start?provider={}", i)).end();
  }
  w.end().end().key("version").value(TRINE_VERSION).key("currency").value(snapshot_->config->ledger.currency);
  w.key("admin_api").value(parts_.admins != nullptr).end();
  return out;
}

bool SignIn::is_ours(std::string_view path) const {
  return path == "/v1/ui/me" || path == "/v1/ui/login" || path == "/v1/ui/logout" || path == "/v1/ui/setup" ||
         path.starts_with("/v1/ui/oidc/");
}

net::Task<AdminAnswer> SignIn::answer(net::ServerConnection& c) {
  const std::string path(c.head().path());
  const bool get = c.head().method == "GET" || c.head().method == "HEAD";
  const bool looks = path == "/v1/ui/me" || path.starts_with("/v1/ui/oidc/");
  if (looks != get)
    co_return admin_error({ErrorCode::method_not_allowed, {}, {}}, looks ? "allow: GET, HEAD\r\n" : "allow: POST\r\n");
  if (path == "/v1/ui/me") co_return whole(me(c.head()));
  if (path == "/v1/ui/oidc/start") co_return co_await oidc_start(c);
  if (path == "/v1/ui/oidc/callback") co_return co_await oidc_back(c);
  if (get) co_return admin_error({ErrorCode::not_found, {}, {}});
  if (path == "/v1/ui/logout") co_return log_out(c.head());
  // A page elsewhere must not sign its visitor in as somebody.
  if (!same_origin(c.head())) co_return forged();
  net::Body body;
  if (co_await c.read_body(body, kMaxBody) != net::BodyError::none) {
    c.close_after();
    co_return admin_error({ErrorCode::body_too_large, {}, {}});
  }
  Credentials given;
  bool good = true;
  const auto read = json::each_member(body.view(), [&](std::string_view key, json::Value value) {
    std::string* into = key == "token"      ? &given.token
                        : key == "user"     ? &given.user
                        : key == "password" ? &given.password
                                            : nullptr;
    auto text = value.as_string();
    good = into && text;
    if (good) *into = std::move(*text);
    return good;
  });
  if (!read || !good)
    co_return admin_error({ErrorCode::invalid_json, "it has user, password and, to set up, token", {}});
  if (path == "/v1/ui/login") co_return co_await log_in(c, std::move(given));
  co_return co_await set_up(c, std::move(given));
}

net::Task<AdminAnswer> SignIn::log_in(net::ServerConnection& c, Credentials given) {
  const Mono now = parts_.loop.clock().mono();
  const std::string address = gateway::client_address(*snapshot_->config, c);
  if (attempts_.exhausted(address, now)) co_return too_many_sign_ins();
  // Noted before the look: attempts that come at once are bounded too.
  attempts_.failed(address, now);
  if (!parts_.admins || parts_.admins->empty()) co_return wrong_password();
  if (at_once_ >= kMostAtOnce) co_return too_many_sign_ins();
  ++at_once_;
  const auto role = std::make_shared<std::optional<Role>>();
  Answers::Make look = [this, role, given] {
    *role = parts_.admins->check(given.user, given.password);
    return std::string();
  };
  const auto done = co_await passwords_.once(std::move(look));
  --at_once_;
  // Of a name that is none, only that: it may be a password in the wrong field.
  const std::string actor = *role ? "local:" + given.user : "unknown";
  if (!done || !*role) {
    note(actor, address, "pages.login", "refused");
    co_return wrong_password();
  }
  note(actor, address, "pages.login", "done");
  co_return begin(c, actor, **role, 200);
}

net::Task<AdminAnswer> SignIn::set_up(net::ServerConnection& c, Credentials given) {
  const Mono now = parts_.loop.clock().mono();
  const std::string address = gateway::client_address(*snapshot_->config, c);
  if (attempts_.exhausted(address, now)) co_return too_many_sign_ins();
  attempts_.failed(address, now);
  if (setup_token_.empty() || !equal_secret(given.token, setup_token_)) {
    note("unknown", address, "pages.setup", "refused");
    co_return admin_error({ErrorCode::invalid_api_key, "the first-run token is wrong, or was used", {}});
  }
  if (at_once_ >= kMostAtOnce) co_return too_many_sign_ins();
  ++at_once_;
  Answers::Make make = [this, given]() -> Answers::Made {
    const auto made = parts_.admins->add(given.user, given.password, Role::admin, true);
    if (!made) return tl::unexpected(made.error());
    return std::string();
  };
  const auto done = co_await passwords_.once(std::move(make));
  --at_once_;
  if (!done) co_return busy();
  if (!*done) co_return answer_of(done->error());
  setup_token_.clear();
  const std::string actor = "local:" + given.user;
  note(actor, address, "pages.setup", "done");
  co_return begin(c, actor, Role::admin, 201);
}

AdminAnswer SignIn::log_out(const net::Head& head) {
  const auto s = session(head);
  if (s.forged) return forged();
  if (s.caller) {
    sessions_.end(cookie(*head.find("cookie"), kCookie));
    note(s.caller->actor, "", "pages.logout", "done");
  }
  AdminAnswer a = whole("{}");
  a.headers = set_cookie(head, "", Nanos(0));
  return a;
}

}  // namespace trine::web

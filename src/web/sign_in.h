// Who looks at the pages: sessions begun with a password, the first-run token or a provider's word; a key or a token in
// the request itself; or anybody, where no identity is configured and the port is on loopback (docs/web.md).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gateway/admin/answer.h"
#include "gateway/admin/pages.h"
#include "protect/local_admins.h"
#include "web/answers.h"
#include "web/sessions.h"

namespace trine::web {

// On the back office's loop.
class SignIn {
 public:
  static constexpr const char* kCookie = "trine_session";
  static constexpr size_t kMaxBody = 4 << 10;
  // Attempts by address, right or wrong: kBurst at once, then one in five seconds.
  static constexpr double kBurst = 10, kPerSecond = 0.2;
  // Sign-ins at providers that are under way, and how long one may take.
  static constexpr size_t kMostUnderWay = 500;
  static constexpr Nanos kAttempt = std::chrono::minutes(10);
  static constexpr int kMostAtOnce = 4;  // passwords that wait to be looked at, each a tenth of a second

  struct Parts {
    net::Loop& loop;
    std::function<void(protect::AuditEntry)> note;
    std::function<std::shared_ptr<const gateway::Identities>()> identities;
    std::function<void(size_t)> want_keys;
    std::unique_ptr<protect::LocalAdmins> admins;  // null: no identity store
  };
  SignIn(Parts parts, std::shared_ptr<const gateway::Snapshot> snapshot);

  void use(std::shared_ptr<const gateway::Snapshot> snapshot) { snapshot_ = std::move(snapshot); }
  void use(std::shared_ptr<const gateway::OidcProviders> oidc) { oidc_ = std::move(oidc); }

  // Whoever sent the request, whatever he may. Nothing: nobody that is known.
  std::optional<gateway::Caller> caller(const net::Head& head);
  // Of the session alone; see Pages::session.
  gateway::SessionCaller session(const net::Head& head);
  // No identity is configured: whoever reaches the port may look.
  bool open() const;
  // Why nobody may look at all; empty: somebody may.
  std::string closed() const;

  bool is_ours(std::string_view path) const;
  net::Task<gateway::AdminAnswer> answer(net::ServerConnection& c);
  std::string me(const net::Head& head);

  // Told once at the start: who has it may make the first administrator. Empty: there is one.
  const std::string& setup_token() const { return setup_token_; }

 private:
  struct Credentials {
    std::string token, user, password;
  };
  net::Task<gateway::AdminAnswer> log_in(net::ServerConnection& c, Credentials given);
  net::Task<gateway::AdminAnswer> set_up(net::ServerConnection& c, Credentials given);
  gateway::AdminAnswer log_out(const net::Head& head);
  net::Task<gateway::AdminAnswer> oidc_start(net::ServerConnection& c);
  net::Task<gateway::AdminAnswer> oidc_back(net::ServerConnection& c);
  gateway::AdminAnswer begin(net::ServerConnection& c, const std::string& actor, protect::Role role, int status,
                             std::optional<Wall> until = {});
  // The cookie's attributes; `secure` behind a proxy that speaks TLS.
  std::string set_cookie(const net::Head& head, const std::string& id, Nanos age) const;
  void note(const std::string& actor, const std::string& address, const char* action, const char* outcome);

  struct Attempt {  // of signing in with a provider
    std::string verifier, nonce, to, redirect, token_url;
    size_t provider = 0;
    Mono until{};
  };
  // Its discovery document names both.
  struct Endpoints {
    std::string authorization, token;
  };
  net::Task<Result<Endpoints>> discover(gateway::OidcConfig provider);
  net::Task<Result<std::string>> id_token(gateway::OidcConfig provider, Attempt attempt, std::string code);

  Parts parts_;
  std::shared_ptr<const gateway::Snapshot> snapshot_;
  std::shared_ptr<const gateway::OidcProviders> oidc_;
  Sessions sessions_;
  gateway::FailureBound attempts_{kBurst, kPerSecond};
  std::string setup_token_;
  std::map<std::string, Attempt> under_way_;  // by state
  int at_once_ = 0;
  Answers passwords_;  // a thread of its own: sign-ins do not wait for queries
};

// Of who signed in, or tried to, as often as his address may.
gateway::AdminAnswer too_many_sign_ins();

// Whether a change comes from a page of this port: its Origin names the Host it was sent to.
bool same_origin(const net::Head& head);

}  // namespace trine::web

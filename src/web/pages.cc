#include "web/pages.h"

#include <array>

#include "base/hash.h"
#include "base/log.h"
#include "gateway/identify/identify.h"
#include "gateway/reply.h"
#include "web/answer.h"
#include "web/api.h"
#include "web/assets.h"
#include "web/sign_in.h"

namespace trine::web {
namespace {

using gateway::admin_error;
using gateway::AdminAnswer;
using llm::ErrorCode;

constexpr const char* kEntry = "/index.html";
constexpr const char* kStream = "/v1/ui/live";
constexpr size_t kMostStreams = 64;

// Nothing but what this port serves, and no page around it.
constexpr const char* kGuards =
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src "
    "'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    "x-content-type-options: nosniff\r\nx-frame-options: DENY\r\nreferrer-policy: no-referrer\r\n"
    "cross-origin-opener-policy: same-origin\r\ncross-origin-resource-policy: same-origin\r\n";

const Asset* find_asset(std::string_view path) {
  for (const Asset& a : assets())
    if (a.path == path) return &a;
  return nullptr;
}

// A person's browser that goes to an address, not a program that asks for data.
bool wants_page(const net::Head& head) {
  return (head.method == "GET" || head.method == "HEAD") &&
         head.find("accept").value_or("").find("text/html") != std::string_view::npos;
}

bool takes_gzip(const net::Head& head) {
  return head.find("accept-encoding").value_or("").find("gzip") != std::string_view::npos;
}

class WebPages final : public gateway::Pages {
 public:
  WebPages(Parts parts, const Snapshot& snapshot, Views views, std::unique_ptr<protect::LocalAdmins> admins)
      : loop_(parts.loop),
        note_(parts.note),
        watched_(parts.watched),
        snapshot_(snapshot),
        sign_in_({.loop = parts.loop,
                  .note = parts.note,
                  .identities = parts.identities,
                  .want_keys = parts.want_keys,
                  .admins = std::move(admins)},
                 snapshot),
        api_({.loop = parts.loop,
              .ledger = parts.ledger,
              .own = parts.own,
              .view = parts.view,
              .views = std::move(views)},
             snapshot) {
    if (!sign_in_.setup_token().empty())
      log::warning("nobody can sign in to the pages yet: open /setup on the admin port and give the first-run token {}",
                   sign_in_.setup_token());
  }

  void use(Snapshot snapshot) override {
    snapshot_ = snapshot;
    sign_in_.use(snapshot);
    api_.use(std::move(snapshot));
  }
  void use(std::shared_ptr<const gateway::OidcProviders> oidc) override { sign_in_.use(std::move(oidc)); }
  gateway::SessionCaller session(const net::Head& head) override { return sign_in_.session(head); }

  bool is_ours(const net::Head& head) const override {
    const std::string_view path = head.path();
    if (path.starts_with(Api::kPaths)) return true;
    if (assets().empty() || path.starts_with("/v1/") || path.starts_with("/health") || path == "/metrics") return false;
    return find_asset(path) != nullptr || wants_page(head);
  }

  net::Task<void> serve(net::ServerConnection& c) override {
    const std::string_view path = c.head().path();
    if (!path.starts_with(Api::kPaths)) {
      co_await send_file(c);
      co_return;
    }
    AdminAnswer a;
    if (sign_in_.is_ours(path)) {
      a = co_await sign_in_.answer(c);
    } else if (auto refused = refuse(c)) {
      a = std::move(*refused);
    } else if (path == kStream) {
      if (streams_ < kMostStreams) {
        co_await stream(c);
        co_return;
      }
      a = admin_error({ErrorCode::rate_limited, "too many pages are open", {}}, "retry-after: 5\r\n");
    } else {
      const std::string_view target = c.head().target;
      std::string query(target.substr(std::min(path.size() + 1, target.size())));
      a = co_await api_.answer(std::string(path), std::move(query));
    }
    const std::string_view body = c.head().method == "HEAD" ? std::string_view{} : std::string_view(a.body);
    co_await send(c, a.status, a.type, a.headers + "cache-control: no-store\r\n", a.body.size(), body);
  }

 private:
  // Null: the caller may look.
  std::optional<AdminAnswer> refuse(net::ServerConnection& c) {
    const net::Head& head = c.head();
    if (head.method != "GET" && head.method != "HEAD")
      return admin_error({ErrorCode::method_not_allowed, {}, {}}, "allow: GET, HEAD\r\n");
    if (const std::string why = sign_in_.closed(); !why.empty())
      return admin_error({ErrorCode::role_not_allowed, why, {}});
    const Mono now = loop_.clock().mono();
    const std::string address = gateway::client_address(*snapshot_->config, c);
    const bool secret = !gateway::sent_key(head).empty();
    // Guesses at keys are bounded; a page whose session is over may ask as often as it likes.
    if (secret && failures_.exhausted(address, now))
      return admin_error({ErrorCode::rate_limited, "too many attempts from this address", {}}, "retry-after: 1\r\n");
    const auto caller = sign_in_.caller(head);
    if (!caller) {
      if (secret) failures_.failed(address, now);
      return admin_error({secret ? ErrorCode::invalid_api_key : ErrorCode::missing_api_key, "sign in first", {}});
    }
    if (gateway::is_suspended(*caller, watched_)) return admin_error({ErrorCode::key_suspended, {}, {}});
    if (caller->role < protect::Role::viewer) return admin_error({ErrorCode::role_not_allowed, {}, {}});
    return std::nullopt;
  }

  // Whether refuse() would still let him, who was let in.
  bool may_look(const net::Head& head) {
    const auto caller = sign_in_.caller(head);
    return caller && caller->role >= protect::Role::viewer && !gateway::is_suspended(*caller, watched_);
  }

  net::Task<void> send(net::ServerConnection& c, int status, std::string_view type, std::string headers, size_t length,
                       std::string_view body) {
    const std::string head = fmt::format("HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n{}{}{}\r\n",
                                         status, gateway::reason_phrase(status), type, length, kGuards, headers,
                                         c.keeps_alive() ? "" : "connection: close\r\n");
    const std::array<std::string_view, 2> slices = {head, body};
    co_await c.send(slices);
  }

  net::Task<void> send_file(net::ServerConnection& c) {
    const net::Head& head = c.head();
    if (head.method != "GET" && head.method != "HEAD") {
      const AdminAnswer a = admin_error({ErrorCode::method_not_allowed, {}, {}}, "allow: GET, HEAD\r\n");
      co_await send(c, a.status, a.type, a.headers, a.body.size(), a.body);
      co_return;
    }
    const Asset* found = find_asset(head.path());
    const Asset* asset = found ? found : find_asset(kEntry);  // the page itself knows what its addresses mean
    if (!asset) {
      const AdminAnswer a = admin_error({ErrorCode::not_found, {}, {}});
      co_await send(c, a.status, a.type, "", a.body.size(), a.body);
      co_return;
    }
    const bool packed = !asset->gzip.empty() && takes_gzip(head);
    const std::string_view bytes = packed ? asset->gzip : asset->bytes;
    const std::string tag = fmt::format("\"{:016x}{}\"", hash64(asset->bytes), packed ? "z" : "");
    std::string headers = fmt::format("etag: {}\r\nvary: accept-encoding\r\ncache-control: {}\r\n", tag,
                                      asset->lasting ? "public, max-age=31536000, immutable" : "no-cache");
    if (head.find("if-none-match") == std::string_view(tag)) {
      co_await send(c, 304, asset->type, std::move(headers), 0, {});
      co_return;
    }
    if (packed) headers += "content-encoding: gzip\r\n";
    const std::string_view body = head.method == "HEAD" ? std::string_view{} : bytes;
    co_await send(c, 200, asset->type, std::move(headers), bytes.size(), body);
  }

  // One event a second until the viewer goes, may look no more, or the gateway ends.
  net::Task<void> stream(net::ServerConnection& c) {
    struct Count {
      size_t& n;
      explicit Count(size_t& count) : n(count) { ++n; }
      ~Count() { --n; }
    } counted(streams_);
    c.close_after();
    c.watch([] {});
    const std::string head = fmt::format(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{}cache-control: no-store\r\nconnection: close\r\n\r\n",
        kGuards);
    const std::array<std::string_view, 1> first = {head};
    if (!co_await c.send(first)) co_return;
    while (!c.gone() && may_look(c.head())) {
      const std::shared_ptr<const std::string> text = api_.live();
      const std::array<std::string_view, 3> event = {"data: ", *text, "\n\n"};
      if (!co_await c.send(event)) co_return;
      co_await loop_.sleep(Live::kStep);
    }
  }

  net::Loop& loop_;
  std::function<void(protect::AuditEntry)> note_;
  gateway::WatchedLevel watched_;
  Snapshot snapshot_;
  SignIn sign_in_;
  Api api_;
  gateway::FailureBound failures_;  // of keys, by address
  size_t streams_ = 0;
};

}  // namespace

Result<std::unique_ptr<gateway::Pages>> make_pages(gateway::Pages::Parts parts, const Snapshot& snapshot, Views views) {
  std::unique_ptr<protect::LocalAdmins> admins;
  if (const std::string& dir = snapshot->config->identity_dir; !dir.empty()) {
    auto opened = protect::LocalAdmins::open(dir);
    if (!opened) return tl::unexpected(opened.error());
    admins = std::move(*opened);
  }
  return std::make_unique<WebPages>(std::move(parts), snapshot, std::move(views), std::move(admins));
}

}  // namespace trine::web

#include "gateway/admin/identity_api.h"

#include "base/log.h"
#include "gateway/identify/identify.h"

namespace trine::gateway {
namespace {

using llm::ErrorCode;

// What stands for the pattern's {name} in `path`; null: another path. {path} takes slashes, {id} does not.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const size_t open = pattern.find('{');
  if (open == std::string_view::npos) return path == pattern ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view before = pattern.substr(0, open), after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after))
    return std::nullopt;
  const std::string_view name = path.substr(before.size(), path.size() - before.size() - after.size());
  const bool slashes = pattern.substr(open).starts_with("{path}");
  if (!slashes && name.find('/') != std::string_view::npos) return std::nullopt;
  return name;
}

struct Found {
  const IdentityRoute* route = nullptr;
  std::string_view name;
  std::string methods;  // that the path takes
};
Found find_route(std::string_view method, std::string_view path) {
  Found out;
  for (const IdentityRoute& r : identity_routes()) {
    const auto name = match(r.path, path);
    if (!name) continue;
    const std::string_view m = r.method;
    out.methods += (out.methods.empty() ? "" : ", ") + std::string(m) + (m == "GET" ? ", HEAD" : "");
    if (m == method || (m == "GET" && method == "HEAD")) {
      out.route = &r;
      out.name = *name;
    }
  }
  return out;
}

ErrorCode code_of(net::BodyError e) {
  switch (e) {
    case net::BodyError::too_large:
      return ErrorCode::body_too_large;
    case net::BodyError::timed_out:
    case net::BodyError::gone:
      return ErrorCode::request_timeout;
    case net::BodyError::none:
    case net::BodyError::bad_chunk:
      break;
  }
  return ErrorCode::bad_request_head;
}

}  // namespace

net::Task<void> IdentityApi::note(protect::AuditEntry entry) {
  std::function<bool(protect::IdentityStore&, protect::AuditLog&)> work =
      [e = std::move(entry)](protect::IdentityStore&, protect::AuditLog& audit) {
        const auto written = audit.append(e);
        if (!written) log::error("audit: {}", written.error().message);
        return written.has_value();
      };
  (void)co_await parts_.directory.run(std::move(work), false);
}

net::Task<std::optional<AdminAnswer>> IdentityApi::admit(net::ServerConnection& c, const Snapshot& snapshot,
                                                         Caller& caller) {
  const Mono mono = parts_.loop.clock().mono();
  std::string address = client_address(*snapshot.config, c);
  // Before the key is looked at: then guessing is bounded too.
  if (failures_.exhausted(address, mono))
    co_return admin_error({ErrorCode::rate_limited, "too many attempts from this address", {}}, "retry-after: 1\r\n");
  std::optional<Caller> found;
  if (!sent_key(c.head()).empty() || !parts_.session) {
    found = find_caller(c.head(), *parts_.directory.identities(), oidc_.get(), parts_.want_keys, now());
  } else {
    SessionCaller session = parts_.session(c.head());
    if (session.forged)
      co_return admin_error(
          {ErrorCode::role_not_allowed, "the request is not from the page: x-trine-csrf is missing", {}});
    found = std::move(session.caller);
  }
  if (found) {
    caller = std::move(*found);
    caller.address = std::move(address);
    if (is_suspended(caller, parts_.watched)) co_return admin_error({ErrorCode::key_suspended, {}, {}});
    co_return std::nullopt;
  }
  failures_.failed(address, mono);
  if (!lines_.exhausted("", mono)) {
    lines_.failed("", mono);
    const Caller stranger{"unknown", std::move(address), protect::Role::none};
    protect::AuditEntry entry = audit_entry(stranger, "admin.denied", "", "refused", now());
    co_await note(std::move(entry));
  }
  const ErrorCode code = sent_key(c.head()).empty() ? ErrorCode::missing_api_key : ErrorCode::invalid_api_key;
  co_return admin_error({code, {}, {}}, "www-authenticate: Bearer\r\n");
}

net::Task<AdminAnswer> IdentityApi::refuse_role(Caller caller, std::string action) {
  failures_.failed(caller.address, parts_.loop.clock().mono());
  protect::AuditEntry entry = audit_entry(caller, std::move(action), "", "refused", now());
  co_await note(std::move(entry));
  co_return admin_error({ErrorCode::role_not_allowed, {}, {}});
}

net::Task<std::optional<AdminAnswer>> IdentityApi::guard(net::ServerConnection& c,
                                                         std::shared_ptr<const Snapshot> snapshot) {
  Caller caller;
  auto refused = co_await admit(c, *snapshot, caller);
  if (refused || caller.role >= protect::Role::viewer) co_return refused;
  std::string action = "admin.view";
  AdminAnswer answer = co_await refuse_role(std::move(caller), std::move(action));
  co_return answer;
}

net::Task<AdminAnswer> IdentityApi::answer(net::ServerConnection& c, std::shared_ptr<const Snapshot> snapshot) {
  auto call = std::make_shared<IdentityCall>();
  if (auto refused = co_await admit(c, *snapshot, call->caller)) co_return std::move(*refused);
  const std::string_view target = c.head().target, path = c.head().path();
  const Found found = find_route(c.head().method, path);
  if (!found.route) {
    if (found.methods.empty()) co_return admin_error({ErrorCode::not_found, {}, {}});
    co_return admin_error({ErrorCode::method_not_allowed, {}, {}}, "allow: " + found.methods + "\r\n");
  }
  const IdentityRoute& route = *found.route;
  if (call->caller.role < route.least) {
    std::string action = route.action;
    Caller caller = call->caller;
    co_return co_await refuse_role(std::move(caller), std::move(action));
  }
  auto name = percent_decoded(found.name);
  if (!name) co_return admin_error({ErrorCode::not_found, {}, {}});
  call->name = std::move(*name);
  call->now = now();
  call->audit_dir = parts_.audit_dir;
  const std::string_view query = target.substr(std::min(path.size() + 1, target.size()));
  if (const auto error = read_query(route, query, *call)) co_return admin_error(*error);
  if (std::string_view(route.method) == "POST") {
    net::Body body;
    if (const auto e = co_await c.read_body(body, kMaxBody); e != net::BodyError::none) {
      c.close_after();
      co_return admin_error({code_of(e), {}, {}});
    }
    if (const auto error = read_body(route, body.view(), *call)) co_return admin_error(*error);
  }
  std::function<AdminAnswer(protect::IdentityStore&, protect::AuditLog&)> work =
      [&route, call](protect::IdentityStore& store, protect::AuditLog& audit) {
        return perform(route, *call, store, audit);
      };
  auto done = co_await parts_.directory.run(std::move(work), route.changes);
  if (!done) co_return admin_error({ErrorCode::rate_limited, "the gateway is busy", {}}, "retry-after: 1\r\n");
  if (done->status == llm::row(ErrorCode::role_not_allowed).status)
    failures_.failed(call->caller.address, parts_.loop.clock().mono());
  co_return std::move(*done);
}

}  // namespace trine::gateway

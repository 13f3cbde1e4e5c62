#include "gateway/admin/identity_calls.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "json/write.h"
#include "protect/identity_text.h"

namespace trine::gateway {
namespace {

using llm::ClientError;
using llm::ErrorCode;
using protect::IdentityStore;
using protect::Role;

constexpr size_t kMostKeys = 1000, kMostLines = 1000;
constexpr const char* kOverlap = "24h";

ClientError wrong(std::string detail, std::string field) {
  return {ErrorCode::invalid_request, std::move(detail), std::move(field)};
}

// What the store says, as one clause.
ClientError store_error(const Error& e) {
  std::string detail = e.message;
  while (detail.ends_with('.')) detail.pop_back();
  switch (e.code) {
    case Code::invalid_argument:
      return {ErrorCode::invalid_request, std::move(detail), {}};
    case Code::not_found:
      return {ErrorCode::not_found, std::move(detail), {}};
    case Code::failed_precondition:
      return {ErrorCode::conflict, std::move(detail), {}};
    default:
      log::error("identity: {}", e.message);  // for the operator; the client learns no paths
      return {ErrorCode::internal, {}, {}};
  }
}

std::string list_or_all(const std::vector<std::string>& names) {
  return names.empty() ? "all" : fmt::format("{}", fmt::join(names, ","));
}

std::optional<ClientError> check_endpoints(const std::vector<std::string>& names) {
  constexpr std::array<std::string_view, 5> kKnown = {"chat", "completions", "embeddings", "responses", "other"};
  for (const std::string& n : names)
    if (std::find(kKnown.begin(), kKnown.end(), n) == kKnown.end())
      return wrong("each of `endpoints` is chat, completions, embeddings, responses or other", "endpoints");
  return {};
}

// A count from the query, `most` at most and by default.
std::optional<size_t> count_of(const std::string& text, size_t most) {
  if (text.empty()) return most;
  size_t n = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (bad != std::errc() || end != text.data() + text.size() || n < 1 || n > most) return std::nullopt;
  return n;
}

template <class Items, class Text>
std::string data_of(const Items& items, size_t most, Text&& text) {
  std::string out = R"({"data":[)";
  for (size_t i = 0; i < std::min(items.size(), most); ++i) out += (i ? "," : "") + text(items[i]);
  return out + (items.size() > most ? R"(],"more":true})" : R"(],"more":false})");
}

IdentityResult list_teams(IdentityStore& store, const IdentityCall&) {
  const auto all = store.groups();
  if (!all) return store_error(all.error());
  return IdentityReply{.json = data_of(*all, all->size(), [](const auto& g) { return protect::json_of(g); })};
}

std::variant<protect::Group, ClientError> group_of(IdentityStore& store, const std::string& path) {
  const auto all = store.groups();
  if (!all) return store_error(all.error());
  for (const protect::Group& g : *all)
    if (g.path == path) return g;
  return ClientError{ErrorCode::not_found, "there is no such group", {}};
}

IdentityResult show_team(IdentityStore& store, const IdentityCall& call) {
  const auto g = group_of(store, call.name);
  if (const auto* e = std::get_if<ClientError>(&g)) return *e;
  return IdentityReply{.json = protect::json_of(std::get<protect::Group>(g))};
}

IdentityResult put_team(IdentityStore& store, const IdentityCall& call) {
  const protect::Group wish{.path = call.text("path"),
                            .workload = call.text("workload"),
                            .routes = call.list("routes"),
                            .endpoints = call.list("endpoints")};
  if (auto e = check_endpoints(wish.endpoints)) return *e;
  if (auto r = store.put_group(wish, call.now); !r) return store_error(r.error());
  const auto g = group_of(store, wish.path);
  if (const auto* e = std::get_if<ClientError>(&g)) return *e;
  IdentityReply out{201, protect::json_of(std::get<protect::Group>(g)), "group " + wish.path, {}};
  out.detail = {{"routes", list_or_all(wish.routes)}, {"endpoints", list_or_all(wish.endpoints)}};
  if (!wish.workload.empty()) out.detail.emplace_back("workload", wish.workload);
  return out;
}

IdentityResult remove_team(IdentityStore& store, const IdentityCall& call) {
  if (auto parts = protect::split_group(call.name); !parts) return store_error(parts.error());
  if (auto r = store.remove_group(call.name); !r) return store_error(r.error());
  std::string json;
  json::Writer(json).object().key("removed").value(call.name).end();
  return IdentityReply{200, std::move(json), "group " + call.name, {}};
}

std::variant<protect::KeyInfo, ClientError> key_of(IdentityStore& store, const std::string& name) {
  const auto id = protect::parse_key_name(name);
  // What has another form may be a whole key: it is not repeated.
  if (!id) return wrong("a key's id is trn_ and twelve letters and digits", "id");
  auto key = store.key(*id);
  if (!key) return store_error(key.error());
  if (!*key) return ClientError{ErrorCode::not_found, "there is no key " + name, {}};
  return **key;
}

// Keys that administer are an admin's affair.
std::optional<ClientError> may_touch(const IdentityCall& call, const protect::KeyInfo& key) {
  if (key.role == Role::none || call.caller.role >= Role::admin) return {};
  return ClientError{ErrorCode::role_not_allowed, "the key has a role itself", {}};
}

IdentityResult list_keys(IdentityStore& store, const IdentityCall& call) {
  const std::string group = call.text("group");
  if (!group.empty())
    if (auto parts = protect::split_group(group); !parts) return store_error(parts.error());
  const auto most = count_of(call.text("last"), kMostKeys);
  if (!most) return wrong(fmt::format("`last` is a number from 1 to {}", kMostKeys), "last");
  const auto all = store.keys(group);
  if (!all) return store_error(all.error());
  return IdentityReply{.json = data_of(*all, *most, [&](const auto& k) { return protect::json_of(k, call.now); })};
}

IdentityResult show_key(IdentityStore& store, const IdentityCall& call) {
  const auto k = key_of(store, call.name);
  if (const auto* e = std::get_if<ClientError>(&k)) return *e;
  return IdentityReply{.json = protect::json_of(std::get<protect::KeyInfo>(k), call.now)};
}

std::string secret_json(const protect::NewKey& key, const std::string& group) {
  std::string out;
  json::Writer w(out);
  w.object().key("id").value(protect::key_name(key.id)).key("key").value(key.text).key("group").value(group).end();
  return out;
}

IdentityResult create_key(IdentityStore& store, const IdentityCall& call) {
  const auto expires = protect::parse_expiry(call.text("expires"), call.now);
  if (!expires) return store_error(expires.error());
  const std::string role_text = call.text("role");
  const auto role = role_text.empty() ? Role::none : protect::parse_role(role_text);
  if (!role) return wrong("`role` is none, viewer, operator or admin", "role");
  const protect::KeyWish wish{call.text("group"),
                              call.text("label"),
                              call.text("workload"),
                              call.list("routes"),
                              call.list("endpoints"),
                              *role,
                              *expires};
  if (auto e = check_endpoints(wish.endpoints)) return *e;
  const auto key = store.create(wish, call.now);
  if (!key) return store_error(key.error());
  IdentityReply out{201, secret_json(*key, wish.group), "key " + protect::key_name(key->id), {}};
  out.detail = {{"group", wish.group},
                {"role", protect::name(*role)},
                {"routes", list_or_all(wish.routes)},
                {"endpoints", list_or_all(wish.endpoints)}};
  if (!wish.label.empty()) out.detail.emplace_back("label", wish.label);
  if (wish.expires) out.detail.emplace_back("expires", iso8601(*wish.expires));
  return out;
}

IdentityResult revoke_key(IdentityStore& store, const IdentityCall& call) {
  const auto k = key_of(store, call.name);
  if (const auto* e = std::get_if<ClientError>(&k)) return *e;
  const auto& key = std::get<protect::KeyInfo>(k);
  if (auto e = may_touch(call, key)) return *e;
  if (auto r = store.revoke(key.id, call.now); !r) return store_error(r.error());
  const auto after = store.key(key.id);
  if (!after || !*after) return ClientError{ErrorCode::internal, {}, {}};
  IdentityReply out{200, protect::json_of(**after, call.now), "key " + call.name, {}};
  if (!call.text("because").empty()) out.detail.emplace_back("because", call.text("because"));
  return out;
}

IdentityResult rotate_key(IdentityStore& store, const IdentityCall& call) {
  const auto k = key_of(store, call.name);
  if (const auto* e = std::get_if<ClientError>(&k)) return *e;
  const auto& key = std::get<protect::KeyInfo>(k);
  if (auto e = may_touch(call, key)) return *e;
  const std::string text = call.text("overlap").empty() ? kOverlap : call.text("overlap");
  const auto overlap = parse_duration(text);
  if (!overlap) return wrong("`overlap` is a duration such as 24h", "overlap");
  const auto fresh = store.rotate(key.id, *overlap, call.now);
  if (!fresh) return store_error(fresh.error());
  return IdentityReply{201,
                       secret_json(*fresh, key.group),
                       "key " + call.name,
                       {{"to", protect::key_name(fresh->id)}, {"overlap", text}}};
}

IdentityResult show_audit(IdentityStore&, const IdentityCall& call) {
  const auto last = count_of(call.text("last"), kMostLines);
  if (!last) return wrong(fmt::format("`last` is a number from 1 to {}", kMostLines), "last");
  const auto lines = protect::read_audit(call.audit_dir, *last, call.text("action"));
  if (!lines) return store_error(lines.error());
  return IdentityReply{.json = data_of(*lines, *last, [](const auto& l) { return protect::json_of(l); })};
}

// What a call that came to nothing was about. Of what might be a whole key, its id only; of what has no form, nothing.
std::string subject_of(const IdentityCall& call) {
  const std::string name = !call.name.empty()            ? call.name
                           : call.texts.contains("path") ? call.text("path")
                                                         : call.text("group");
  if (const auto id = protect::id_of_key(name)) return "key " + protect::key_name(*id);
  if (protect::parse_key_name(name)) return "key " + name;
  return protect::split_group(name) ? "group " + name : "";
}

using enum Role;
constexpr std::array kRoutes = {
    IdentityRoute{"GET", "/v1/admin/teams", viewer, "teams.list", "", "", false, list_teams},
    IdentityRoute{"POST", "/v1/admin/teams", admin, "teams.create", "!path workload", "routes endpoints", true,
                  put_team},
    IdentityRoute{"GET", "/v1/admin/teams/{path}", viewer, "teams.show", "", "", false, show_team},
    IdentityRoute{"DELETE", "/v1/admin/teams/{path}", admin, "teams.remove", "", "", true, remove_team},
    IdentityRoute{"GET", "/v1/admin/keys", viewer, "keys.list", "group last", "", false, list_keys},
    IdentityRoute{"POST", "/v1/admin/keys", admin, "keys.create", "!group label workload role expires",
                  "routes endpoints", true, create_key},
    IdentityRoute{"GET", "/v1/admin/keys/{id}", viewer, "keys.show", "", "", false, show_key},
    IdentityRoute{"POST", "/v1/admin/keys/{id}/revoke", operator_, "keys.revoke", "because", "", true, revoke_key},
    IdentityRoute{"POST", "/v1/admin/keys/{id}/rotate", operator_, "keys.rotate", "overlap", "", true, rotate_key},
    IdentityRoute{"GET", "/v1/admin/audit", viewer, "audit.show", "last action", "", false, show_audit},
};

}  // namespace

std::span<const IdentityRoute> identity_routes() {
  return kRoutes;
}

std::string IdentityCall::text(const std::string& field) const {
  const auto it = texts.find(field);
  return it == texts.end() ? std::string() : it->second;
}

std::vector<std::string> IdentityCall::list(const std::string& field) const {
  const auto it = lists.find(field);
  return it == lists.end() ? std::vector<std::string>() : it->second;
}

protect::AuditEntry audit_entry(const Caller& caller, std::string action, std::string subject, std::string outcome,
                                Wall now) {
  protect::AuditEntry e;
  e.at = now;
  e.actor = caller.actor;
  e.address = caller.address;
  e.action = std::move(action);
  e.subject = std::move(subject);
  e.outcome = std::move(outcome);
  e.detail.emplace_back("role", protect::name(caller.role));
  return e;
}

AdminAnswer perform(const IdentityRoute& route, const IdentityCall& call, protect::IdentityStore& store,
                    protect::AuditLog& audit) {
  if (!route.changes) {
    const IdentityResult r = route.run(store, call);
    if (const auto* e = std::get_if<ClientError>(&r)) return admin_error(*e);
    return {200, "application/json", std::get<IdentityReply>(r).json, {}};
  }
  IdentityReply reply;
  std::optional<ClientError> error;
  bool noted = false;
  const auto work = [&]() -> Result<void> {
    IdentityResult r = route.run(store, call);
    if (const auto* e = std::get_if<ClientError>(&r)) {
      error = *e;
      return fail(Code::failed_precondition, "undo");
    }
    reply = std::get<IdentityReply>(std::move(r));
    auto entry = audit_entry(call.caller, route.action, reply.subject, "done", call.now);
    entry.detail.insert(entry.detail.end(), reply.detail.begin(), reply.detail.end());
    auto written = audit.append(entry);
    noted = written.has_value();
    return written;
  };
  if (auto done = store.together(work); done)
    return {reply.status, "application/json", std::move(reply.json), {}};
  else if (!error)
    error = store_error(Error{Code::internal, done.error().message});
  // A line that says "done" of what the database then did not take is set right by this one.
  const bool refused = error->code == ErrorCode::role_not_allowed;
  auto entry = audit_entry(call.caller, route.action, noted ? reply.subject : subject_of(call),
                           refused ? "refused" : "failed", call.now);
  entry.detail.emplace_back("error", llm::row(error->code).code);
  if (auto r = audit.append(entry); !r) log::error("audit: {}", r.error().message);
  return admin_error(*error);
}

}  // namespace trine::gateway

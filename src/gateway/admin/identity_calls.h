// What the admin API does to the identity store: one function per route, called on the executor.
// docs/openapi-admin.yaml describes the routes to clients.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/admin/access.h"
#include "gateway/admin/answer.h"
#include "protect/audit.h"
#include "protect/identity_store.h"

namespace trine::gateway {

// One request, read and checked for form.
struct IdentityCall {
  Caller caller;
  std::string name;                                       // what stands in the path for {path} or {id}
  std::map<std::string, std::string> texts;               // of the query or the body
  std::map<std::string, std::vector<std::string>> lists;  // of the body
  Wall now{};
  std::filesystem::path audit_dir;

  std::string text(const std::string& field) const;
  std::vector<std::string> list(const std::string& field) const;
};

struct IdentityReply {
  int status = 200;
  std::string json = {};
  std::string subject = {};  // for the audit log, with `detail`
  std::vector<std::pair<std::string, std::string>> detail = {};
};
using IdentityResult = std::variant<IdentityReply, llm::ClientError>;

struct IdentityRoute {
  const char* method;
  const char* path;  // with one {name} at most
  protect::Role least;
  const char* action;  // in the audit log
  const char* texts;   // fields that may stand in the query or the body, by blanks; one with '!' must
  const char* lists;   // likewise, of texts
  bool changes;
  IdentityResult (*run)(protect::IdentityStore& store, const IdentityCall& call);
};
std::span<const IdentityRoute> identity_routes();

// The query ("last=10&action=keys.") into call.texts; the body likewise.
std::optional<llm::ClientError> read_query(const IdentityRoute& route, std::string_view query, IdentityCall& call);
std::optional<llm::ClientError> read_body(const IdentityRoute& route, std::string_view body, IdentityCall& call);
// %2F and the like resolved. Null: no text.
std::optional<std::string> percent_decoded(std::string_view text);

// Runs the route: a change and its line in the log both happen, or neither.
AdminAnswer perform(const IdentityRoute& route, const IdentityCall& call, protect::IdentityStore& store,
                    protect::AuditLog& audit);

protect::AuditEntry audit_entry(const Caller& caller, std::string action, std::string subject, std::string outcome,
                                Wall now);

}  // namespace trine::gateway

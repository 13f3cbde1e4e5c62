#include "protect/identity_text.h"

#include "json/write.h"

namespace trine::protect {
namespace {

void list(json::Writer& w, const char* name, const std::vector<std::string>& items) {
  w.key(name).array();
  for (const std::string& i : items) w.value(i);
  w.end();
}

}  // namespace

std::string state_of(const KeyInfo& k, Wall now) {
  if (k.revoked) return "revoked";
  if (k.expires && *k.expires <= now) return k.replaced_by ? "rotated" : "expired";
  return k.replaced_by && k.expires ? "until " + iso8601(*k.expires) : "works";
}

std::string json_of(const KeyInfo& k, Wall now) {
  std::string out;
  json::Writer w(out);
  w.object().key("id").value(key_name(k.id)).key("group").value(k.group).key("label").value(k.label);
  w.key("state").value(state_of(k, now)).key("role").value(name(k.role)).key("workload").value(k.workload);
  list(w, "routes", k.routes);
  list(w, "endpoints", k.endpoints);
  w.key("created").value(iso8601(k.created));
  const auto time = [&w](const char* what, const std::optional<Wall>& t) {
    if (t) w.key(what).value(iso8601(*t));
  };
  time("expires", k.expires);
  time("revoked", k.revoked);
  time("last_used", k.last_used);
  if (k.replaced_by) w.key("replaced_by").value(key_name(*k.replaced_by));
  w.end();
  return out;
}

std::string json_of(const Group& g) {
  std::string out;
  json::Writer w(out);
  w.object().key("path").value(g.path).key("workload").value(g.workload);
  list(w, "routes", g.routes);
  list(w, "endpoints", g.endpoints);
  w.key("created").value(iso8601(g.created)).end();
  return out;
}

std::string json_of(const AuditLine& l) {
  const AuditEntry& e = l.entry;
  std::string out;
  json::Writer w(out);
  w.object().key("seq").value(l.sequence).key("at").value(iso8601(e.at)).key("actor").value(e.actor);
  w.key("address").value(e.address).key("action").value(e.action).key("subject").value(e.subject);
  w.key("outcome").value(e.outcome).key("detail").object();
  for (const auto& [name, value] : e.detail) w.key(name).value(value);
  w.end().end();
  return out;
}

Result<std::optional<Wall>> parse_expiry(std::string_view text, Wall now) {
  if (text.empty()) return std::nullopt;
  if (const auto d = parse_duration(text)) {
    if (*d <= kLongestWait) return now + *d;
    return fail(Code::invalid_argument,
                "\"{:.100}\" is over 100 years (36525d); leave it out for a key that never expires.", text);
  }
  if (const auto t = parse_iso8601(text)) return t;
  return fail(Code::invalid_argument, "\"{:.100}\" is no duration such as 90d and no time such as 2027-01-31.", text);
}

}  // namespace trine::protect

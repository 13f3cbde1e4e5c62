// What is known of the guard beside a request's own record: whether anybody looks at such requests, and what the audit
// log has of its key at that time.
#include "base/text.h"
#include "json/write.h"
#include "web/api.h"
#include "web/guard_audit.h"

namespace trine::web {
namespace {

constexpr size_t kMostShown = 20;
// The log's times are those at which verdicts fell, to the millisecond.
constexpr Nanos kSlack = std::chrono::milliseconds(1);
// A line stands for the verdicts of about a minute, and its time is that of the last.
constexpr Nanos kLineSpan = std::chrono::minutes(2);

// Null: nobody looks at it.
const guard::Policy* policy_of(const gateway::Snapshot& snapshot, const energy::RequestFacts& r) {
  const auto route = std::find_if(snapshot.config->routes.begin(), snapshot.config->routes.end(),
                                  [&](const auto& c) { return c.model == r.route; });
  const auto key = std::find_if(snapshot.config->keys.begin(), snapshot.config->keys.end(),
                                [&](const auto& c) { return c.id == r.tenant.key; });
  return snapshot.guards->policy(route == snapshot.config->routes.end() ? std::string() : route->guard,
                                 key == snapshot.config->keys.end() ? std::string() : key->guard);
}

}  // namespace

Result<std::string> request_guard(const gateway::Snapshot& snapshot, const ledger::RequestView& view) {
  const energy::RequestFacts& r = view.facts;
  const guard::Policy* policy = policy_of(snapshot, r);
  std::string out;
  json::Writer w(out);
  w.object().key("on").value(policy != nullptr).key("policy");
  policy ? w.value(fmt::format("{}", fmt::join(policy->names, " + "))) : w.null();
  const std::string& identity = snapshot.config->identity_dir;
  w.key("audit").value(!identity.empty()).key("events").array();
  if (!identity.empty()) {
    protect::AuditQuery query{.last = kMostAuditLines, .actions = {"guard."}, .since = r.start - kSlack};
    if (!view.open) query.until = r.end + kLineSpan;
    const auto found = protect::find_audit(std::filesystem::path(identity) / "audit", query);
    if (!found && found.error().code != Code::not_found) return tl::unexpected(found.error());
    const std::string actor = "key:" + r.tenant.key;
    size_t shown = 0;
    for (size_t i = found ? found->lines.size() : 0; i-- > 0 && shown < kMostShown;) {
      const protect::AuditEntry& e = found->lines[i].entry;
      Wall first = e.at;
      if (const auto parsed = parse_iso8601(detail(e, "first"))) first = *parsed;
      // A line stands for the verdicts of one key and cause in [first, at].
      if (e.actor != actor || e.at + kSlack < r.start || (!view.open && first - kSlack > r.end)) continue;
      w.object().key("first").value(iso8601(first)).key("at").value(iso8601(e.at));
      w.key("action").value(e.action).key("address").value(e.address);
      w.key("count").value(count_of(e));
      w.key("why").value(detail(e, "first_because")).end();
      ++shown;
    }
  }
  w.end().end();
  return out;
}

}  // namespace trine::web

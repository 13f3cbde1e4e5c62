// trine teams: organisations, teams and projects, and what their keys may do.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/identity.h"
#include "cli/say.h"
#include "cli/table.h"
#include "protect/identity_text.h"

namespace trine::cli {
namespace {

int create(IdentityPlace& place, const TeamsOptions& o) {
  protect::Group group{.path = o.path, .workload = o.workload, .routes = o.routes, .endpoints = o.endpoints};
  if (auto r = place.store->put_group(group, system_clock().wall()); !r) return complain(r.error());
  std::vector<std::pair<std::string, std::string>> detail{{"routes", list_or_all(o.routes)},
                                                          {"endpoints", list_or_all(o.endpoints)}};
  if (!o.workload.empty()) detail.emplace_back("workload", o.workload);
  if (auto r = place.note("teams.create", "group " + o.path, std::move(detail)); !r) return complain(r.error());
  say(o.json ? nlohmann::json{{"path", o.path}}.dump()
             : fmt::format("{} is there. A key for it: trine keys create --group {}", o.path, o.path));
  return kOk;
}

int list(IdentityPlace& place, const TeamsOptions& o) {
  const auto groups = place.store->groups();
  if (!groups) return complain(groups.error());
  if (o.json) {
    auto all = nlohmann::ordered_json::array();
    for (const protect::Group& g : *groups) all.push_back(nlohmann::ordered_json::parse(protect::json_of(g)));
    say(all.dump());
    return kOk;
  }
  if (groups->empty()) say("There is none yet: trine teams create ORGANISATION/TEAM/PROJECT");
  Table table({{"group"}, {"workload"}, {"routes"}, {"endpoints"}, {"created"}});
  for (const protect::Group& g : *groups)
    table.row({g.path, g.workload, list_or_all(g.routes), list_or_all(g.endpoints), iso8601(g.created)});
  if (!groups->empty()) say(table.text());
  return kOk;
}

int remove(IdentityPlace& place, const TeamsOptions& o) {
  if (auto r = place.store->remove_group(o.path); !r) return complain(r.error());
  if (auto r = place.note("teams.remove", "group " + o.path); !r) return complain(r.error());
  say(o.json ? nlohmann::json{{"removed", o.path}}.dump() : fmt::format("{} is removed.", o.path));
  return kOk;
}

}  // namespace

int run_teams(const TeamsOptions& o) {
  using What = TeamsOptions::What;
  auto place = open_identity(o.source, o.what == What::create ? IdentityUse::make
                                       : o.what == What::list ? IdentityUse::read
                                                              : IdentityUse::change);
  if (!place) return complain(place.error());
  switch (o.what) {
    case What::create:
      return create(*place, o);
    case What::list:
      return list(*place, o);
    case What::remove:
      return remove(*place, o);
  }
  return kUsage;
}

}  // namespace trine::cli

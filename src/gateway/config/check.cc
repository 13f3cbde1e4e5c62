// Rules between the parts of a configuration. They run even where a part had other mistakes, so that one run reports
// them all; a name that could not be read silences the rules that would only repeat it.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/text.h"
#include "gateway/config/draft.h"

namespace trine::gateway {
namespace {

using yaml::Fields;
using yaml::Mark;

using Names = std::vector<std::string_view>;

bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string hint(std::string_view name, const Names& names) {
  const auto near = nearest(name, names);
  return near.empty() ? std::string(".") : fmt::format("; did you mean \"{}\"?", near);
}

template <class T>
void unique(Fields& f, const std::vector<T>& items, const auto& text, const auto& mark, std::string_view what) {
  std::unordered_map<std::string_view, Mark> seen;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string& name = text(items[i]);
    if (name.empty()) continue;
    const auto [first, is_new] = seen.emplace(name, mark(i));
    if (!is_new)
      f.complain(mark(i), fmt::format("{} \"{}\" stands twice (first at line {}).", what, name, first->second.line));
  }
}

// A complaint per name of `used` that is not known, or stands twice.
void known(Fields& f, const std::vector<std::string>& used, const std::vector<Mark>& marks, const Names& names,
           std::string_view key, std::string_view what) {
  for (size_t i = 0; i < used.size(); ++i) {
    if (!has(names, used[i]))
      f.complain(marks[i], fmt::format("{}: there is no {} \"{}\"{}", key, what, used[i], hint(used[i], names)));
    if (std::find(used.begin(), used.begin() + static_cast<std::ptrdiff_t>(i), used[i]) !=
        used.begin() + static_cast<std::ptrdiff_t>(i))
      f.complain(marks[i], fmt::format("{}: \"{}\" stands twice.", key, used[i]));
  }
}

template <class T>
std::optional<Names> all_names(const std::vector<T>& items, const auto& text) {
  Names names;
  for (const auto& item : items) {
    if (text(item).empty()) return {};
    names.push_back(text(item));
  }
  return names;
}

// A fallback that is a deployment of the route as well would never be more than that.
void spare(Fields& f, const RouteConfig& route, const std::vector<Mark>& marks) {
  const auto& own = route.deployments;
  for (size_t i = 0; i < route.fallbacks.size(); ++i)
    if (std::find(own.begin(), own.end(), route.fallbacks[i]) != own.end())
      f.complain(marks[i], fmt::format("routes.fallbacks: \"{}\" is among the deployments already; name it in one of "
                                       "the two.",
                                       route.fallbacks[i]));
}

// Some deployment of the route must be in an allowed zone, as far as the file says where they are.
void reachable(Fields& f, const Config& c, const RouteConfig& route, Mark mark) {
  if (route.zones.empty()) return;
  std::string elsewhere;
  for (const auto& name : route.deployments) {
    const auto* d = c.find_deployment(name);
    if (!d || d->zone.empty()) return;  // unknown here
    if (std::find(route.zones.begin(), route.zones.end(), d->zone) != route.zones.end()) return;
    elsewhere += (elsewhere.empty() ? "" : ", ") + fmt::format("{} in {}", d->name, d->zone);
  }
  if (!elsewhere.empty())
    f.complain(
        mark, fmt::format("routes.zones: no deployment of \"{}\" is in an allowed zone ({}).", route.model, elsewhere));
}

// Deployments that share GPUs are metered as one: then all must say the same of them.
void shared_gpus(Fields& f, const Draft& draft) {
  const auto& all = draft.config.deployments;
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const auto &a = all[j], &b = all[i];
      if (b.meter.empty() || a.meter != b.meter) continue;
      const auto in_a = [&](const std::string& d) {
        return std::find(a.devices.begin(), a.devices.end(), d) != a.devices.end();
      };
      const bool meet = a.devices.empty() || b.devices.empty() || std::any_of(b.devices.begin(), b.devices.end(), in_a);
      if (!meet) continue;
      const Mark mark = draft.deployments[i].meter;
      if (a.devices != b.devices) {
        f.complain(mark, fmt::format("deployments: \"{}\" and \"{}\" share GPUs of meter \"{}\" in part; name the "
                                     "GPUs of each under devices, either the same ones or others.",
                                     a.name, b.name, b.meter));
      } else if (a.gpu != b.gpu || a.gpus != b.gpus || a.region != b.region || a.zone != b.zone || a.pue != b.pue ||
                 a.price != b.price || a.host_meter != b.host_meter || a.server_gpus != b.server_gpus) {
        f.complain(mark, fmt::format("deployments: \"{}\" and \"{}\" share their GPUs, so gpu, gpus, region, zone, "
                                     "pue, price, host_meter and server_gpus must be the same for both.",
                                     a.name, b.name));
      }
    }
  }
}

}  // namespace

void cross_check(Fields& f, Draft& draft) {
  const Config& c = draft.config;
  if (clash(c.listen.traffic, c.listen.admin))
    f.complain(draft.listen_admin, fmt::format("listen: traffic ({}) and admin ({}) need different ports.",
                                               c.listen.traffic.text(), c.listen.admin.text()));

  const auto key_id = [](const KeyConfig& k) -> const std::string& { return k.id; };
  const auto deployment_name = [](const DeploymentConfig& d) -> const std::string& { return d.name; };
  const auto route_model = [](const RouteConfig& r) -> const std::string& { return r.model; };
  unique(
      f, c.keys, key_id, [&](size_t i) { return draft.keys[i].id; }, "keys: the id");
  unique(
      f, c.deployments, deployment_name, [&](size_t i) { return draft.deployments[i].name; }, "deployments: the name");
  const auto meter_name = [](const MeterConfig& m) -> const std::string& { return m.name; };
  unique(
      f, c.meters, meter_name, [&](size_t i) { return draft.meters[i].name; }, "meters: the name");
  unique(
      f, c.routes, route_model, [&](size_t i) { return draft.routes[i].model; }, "routes: the model");

  if (const auto names = all_names(c.meters, meter_name)) {
    for (size_t i = 0; i < c.deployments.size(); ++i) {
      const auto& d = c.deployments[i];
      const auto& marks = draft.deployments[i];
      if (!d.meter.empty()) known(f, {d.meter}, {marks.meter}, *names, "deployments.meter", "meter");
      if (!d.host_meter.empty())
        known(f, {d.host_meter}, {marks.host_meter}, *names, "deployments.host_meter", "meter");
    }
  }
  shared_gpus(f, draft);

  const auto twice = [&](const auto& groups, std::string_view what) {
    for (size_t i = 0; i < groups.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (groups[i].name == groups[j].name)
          f.complain(f.where(what), fmt::format("{}: \"{}\" stands twice.", what, groups[i].name));
  };
  twice(c.orgs, "orgs");
  twice(c.teams, "teams");
  for (size_t i = 0; i < c.keys.size(); ++i)
    for (const TeamConfig& team : c.teams)
      if (team.name == c.keys[i].team && !team.org.empty() && !c.keys[i].org.empty() && team.org != c.keys[i].org)
        f.complain(draft.keys[i].id, fmt::format("keys: \"{}\" is of org \"{}\", but its team \"{}\" of \"{}\".",
                                                 c.keys[i].id, c.keys[i].org, team.name, team.org));

  std::map<KeyHash, size_t> secrets;
  for (size_t i = 0; i < c.keys.size(); ++i) {
    if (c.keys[i].id == "anonymous")
      f.complain(draft.keys[i].id, "keys: the id \"anonymous\" is reserved for requests without a key.");
    if (c.keys[i].hash == KeyHash{}) continue;
    const auto [first, is_new] = secrets.emplace(c.keys[i].hash, i);
    if (!is_new)
      f.complain(draft.keys[i].secret, fmt::format("keys: \"{}\" has the secret of \"{}\"; each key needs its own.",
                                                   c.keys[i].id, c.keys[first->second].id));
  }

  if (const auto names = all_names(c.deployments, deployment_name)) {
    for (size_t i = 0; i < c.routes.size(); ++i) {
      known(f, c.routes[i].deployments, draft.routes[i].deployments, *names, "routes.deployments", "deployment");
      known(f, c.routes[i].fallbacks, draft.routes[i].fallbacks, *names, "routes.fallbacks", "deployment");
      spare(f, c.routes[i], draft.routes[i].fallbacks);
      if (const auto& cache = c.routes[i].cache; cache && cache->semantic && !cache->semantic->embeddings.empty())
        known(f, {cache->semantic->embeddings}, {draft.routes[i].embeddings}, *names,
              "routes.cache.semantic.embeddings", "deployment");
      reachable(f, c, c.routes[i], draft.routes[i].zones);
    }
    if (c.baseline && !c.baseline->deployment.empty() && !has(*names, c.baseline->deployment))
      f.complain(draft.baseline_deployment, fmt::format("baseline.deployment: there is no deployment \"{}\"{}",
                                                        c.baseline->deployment, hint(c.baseline->deployment, *names)));
  }
  if (const auto names = all_names(c.routes, route_model))
    for (size_t i = 0; i < c.keys.size(); ++i)
      known(f, c.keys[i].routes, draft.keys[i].routes, *names, "keys.routes", "route");
}

}  // namespace trine::gateway

// The configuration's live sources, as the grid module asks them.
#include <algorithm>

#include "gateway/resolve.h"

namespace trine::gateway {
namespace {

// Where our deployments are, and the baseline is taken to be.
std::vector<std::string> zones_in_use(const Snapshot& s) {
  std::vector<std::string> zones;
  const auto add = [&](const std::string& zone) {
    if (!zone.empty() && std::find(zones.begin(), zones.end(), zone) == zones.end()) zones.push_back(zone);
  };
  for (const auto& d : s.deployments) add(d->zone);
  if (s.baseline) add(s.baseline->zone);
  return zones;
}

bool on_this_machine(const std::string& url) {
  for (const char* here : {"http://127.", "http://localhost", "http://[::1]", "https://127.", "https://localhost"})
    if (url.starts_with(here)) return true;
  return false;
}

}  // namespace

Result<std::vector<grid::SourceSpec>> resolve_grid_sources(const Snapshot& s) {
  std::vector<grid::SourceSpec> specs;
  for (const GridSourceConfig& c : s.config->grid_sources) {
    grid::SourceSpec spec;
    spec.kind = grid::source_named(c.kind)->kind;
    spec.url = c.url;
    spec.token = c.token;
    spec.user = c.user;
    spec.password = c.password;
    spec.path = c.path;
    spec.method = grid::method_named(c.method).value_or(grid::Method::lifecycle);
    spec.areas = c.areas;
    spec.refresh = c.refresh;
    spec.requests_per_day = c.requests_per_day;
    spec.requests_per_month = c.requests_per_month;
    spec.ca_file = s.config->extra_ca;
    if (s.config->proxy && !on_this_machine(c.url)) {
      spec.proxy_host = s.config->proxy->url.host;
      spec.proxy_port = s.config->proxy->url.port;
      spec.proxy_credentials = s.config->proxy->credentials;
    }
    spec.zones = c.zones;
    if (spec.zones.empty()) {
      spec.zones = zones_in_use(s);
      std::erase_if(spec.zones, [&](const std::string& zone) { return !grid::knows(spec, zone); });
    }
    if (const auto source = grid::make_source(spec); !source)
      return fail(source.error().code, "{}: {}.", s.config->file, source.error().message);
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace trine::gateway

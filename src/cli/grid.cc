// trine grid: what is known of zones now, lately and ahead; trine grid import: values from a file.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/grid_view.h"
#include "cli/pages.h"
#include "cli/say.h"
#include "cli/source.h"
#include "grid/cache.h"
#include "grid/live.h"
#include "grid/poller.h"

namespace trine::cli {
namespace {

// The grid that a command is about, and where its cache is.
struct Place {
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<const grid::GridTable> table;
  std::vector<std::string> zones;  // of the configuration
  std::string cache;
};

// That deployments, the configuration or its sources name.
std::vector<std::string> zones_of(const gateway::Snapshot& s) {
  std::set<std::string> zones;
  for (const auto& d : s.deployments)
    if (!d->zone.empty()) zones.insert(d->zone);
  for (const auto& [zone, _] : s.config->zones) zones.insert(zone);
  for (const auto& spec : s.grid_sources) zones.insert(spec.zones.begin(), spec.zones.end());
  return {zones.begin(), zones.end()};
}

Result<Place> find_place(const GridSource& source) {
  Place place;
  place.cache = source.cache;
  if (source.config.empty()) {
    auto catalog = catalog::load();
    if (!catalog) return tl::unexpected(catalog.error());
    place.catalog = *catalog;
    grid::GridTable table(place.catalog);
    place.table = std::make_shared<const grid::GridTable>(table.with(grid::load_feeds(source.cache).feeds));
    return place;
  }
  auto config = gateway::load_config(source.config);
  if (!config) return tl::unexpected(config.error());
  const auto snapshot = resolve(*config);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const gateway::Snapshot& s = **snapshot;
  place.catalog = s.catalog;
  place.table = s.grid->table();
  if (place.cache.empty()) place.cache = s.config->grid_cache;
  place.zones = zones_of(s);
  return place;
}

Result<void> known(const Place& place, const std::string& zone) {
  if (place.table->knows(zone)) return {};
  return fail(Code::not_found, "{}{}", place.catalog->unknown(catalog::Kind::zone, zone),
              place.catalog->unknown(catalog::Kind::zone, zone).ends_with('?') ? "" : ".");
}

Result<std::string> import_zone(const Place& place, const std::string& zone, grid::Method method,
                                const grid::Series& series, Wall now) {
  if (auto ok = known(place, zone); !ok) return tl::unexpected(ok.error());
  if (series.points().empty()) return fail(Code::invalid_argument, "The file has no value of {}.", zone);
  grid::Feed feed{zone, grid::kImported, method, series, {}, now};
  for (const auto& before : grid::load_feeds(place.cache).feeds)
    if (before->source == grid::kImported && before->method == method && iequals(before->zone, zone)) {
      auto both = grid::continued(before->values, series);
      if (!both) return fail(both.error().code, "{}: {}", zone, both.error().message);
      feed.zone = before->zone;
      feed.values = std::move(*both);
    }
  if (auto ok = grid::save_feed(place.cache, feed); !ok) return tl::unexpected(ok.error());
  return fmt::format("{}: {} value{} ({}) from {} to {}, a slot is {} min", zone, series.points().size(),
                     series.points().size() == 1 ? "" : "s", grid::name(method), iso8601(series.points().front().start),
                     iso8601(series.points().back().start + series.step()), series.step() / std::chrono::minutes(1));
}

}  // namespace

Result<std::string> grid_page_json(const gateway::Snapshot& s, Wall now, Wall from, Wall to) {
  const auto table = s.grid->table();
  std::vector<GridView> views;
  for (const std::string& zone : zones_of(s)) {
    const auto* in_catalog = s.catalog->find_zone(zone);
    auto view = grid_view(*table, zone, in_catalog ? in_catalog->name : "", now, from, to);
    if (!view) return tl::unexpected(view.error());
    auto& here = view->deployments.emplace();
    for (const auto& d : s.deployments)
      if (d->zone == zone) here.push_back(d->name);
    views.push_back(std::move(*view));
  }
  return grid_json(views);
}

int run_grid(const GridOptions& o) {
  const Wall now = system_clock().wall();
  const auto place = find_place(o.source);
  if (!place) return complain(place.error());
  auto zones = o.zones.empty() ? place->zones : o.zones;
  if (zones.empty())
    return complain("Name a zone (--zone FR), or a configuration (-c FILE) whose zones to show.", kUsage);
  const auto hour = Wall(std::chrono::floor<std::chrono::hours>(now));
  const auto from =
      o.from.empty() ? Result<Wall>(hour - std::chrono::hours(6)) : parse_grid_point("--from", o.from, now);
  if (!from) return complain(from.error().message, kUsage);
  const auto to = o.to.empty() ? Result<Wall>(hour + std::chrono::hours(13)) : parse_grid_point("--to", o.to, now);
  if (!to) return complain(to.error().message, kUsage);
  std::vector<GridView> views;
  for (const auto& zone : zones) {
    if (auto ok = known(*place, zone); !ok) return complain(ok.error());
    const auto* in_catalog = place->catalog->find_zone(zone);
    auto view = grid_view(*place->table, zone, in_catalog ? in_catalog->name : "", now, *from, *to);
    if (!view) return complain(view.error().message, kUsage);
    views.push_back(std::move(*view));
  }
  if (o.json) {
    say(grid_json(views));
  } else {
    say(views.size() == 1 ? grid_text(views.front()) : grid_summary(views));
  }
  return kOk;
}

int run_grid_import(const GridImportOptions& o) {
  const auto place = find_place(o.source);
  if (!place) return complain(place.error());
  if (place->cache.empty()) return complain("One of -c FILE and --cache DIR says where the values go.", kUsage);
  const auto file = grid::read_series_file(o.file);
  if (!file) return complain(file.error());
  const auto method = grid::method_named(o.method);
  if (!method) return complain(fmt::format("--method {} is no method.", o.method), kUsage);
  const bool unnamed = file->zones.contains("");
  if (unnamed && o.zone.empty()) return complain(fmt::format("{} does not name its zone: say --zone.", o.file), kUsage);
  std::string done;
  for (const auto& [column, series] : file->zones) {
    if (!column.empty() && !o.zone.empty() && !iequals(column, o.zone)) continue;
    const auto line = import_zone(*place, column.empty() ? o.zone : column, *method, series, system_clock().wall());
    if (!line) return complain(done + line.error().message);
    done += *line + "\n";
  }
  if (done.empty()) return complain(fmt::format("{} has no column for {}.", o.file, o.zone));
  say(fmt::format("{}{} {} without a value. A gateway that runs takes them at its next reload (SIGHUP).", done,
                  file->holes, file->holes == 1 ? "place" : "places"));
  return kOk;
}

}  // namespace trine::cli

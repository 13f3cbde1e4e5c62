#include "cli/market.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace trine::cli {
std::optional<grid::Reading> market_at(const gateway::Snapshot& snapshot, const std::string& zone, Wall t) {
  for (auto& r : snapshot.grid->table()->beside(zone, t)) {
    if (r.method != grid::name(grid::Method::market)) continue;
    if (r.granularity == grid::Granularity::hourly || r.granularity == grid::Granularity::configured) return r;
  }
  return {};
}

std::vector<MarketZone> market_zones(const gateway::Snapshot& snapshot, const ledger::Report& places) {
  std::map<std::string, MarketZone> zones;
  for (const auto& row : places.rows) {
    const auto names = ledger::names_of(row.name);
    const auto begin = names.size() == 3 ? parse_iso8601(names[2]) : std::nullopt;
    if (!begin) continue;
    auto& sum = zones[names[1]];
    const Wall from = std::max(*begin, places.query.since);
    const Wall to = std::min<Wall>(*begin + std::chrono::hours(1), places.query.until);
    const Energy energy = row.sums.energy + row.unattributed.energy;
    const auto market = market_at(snapshot, names[1], from + (to - from) / 2);
    if (!market) {
      sum.uncovered += energy;
      continue;
    }
    if (sum.source.empty()) sum.source = market->source;
    sum.energy += energy;
    sum.operational += emitted(energy, market->value);
  }
  std::vector<MarketZone> out;
  for (auto& [name, sum] : zones) {
    sum.zone = name;
    if (!sum.source.empty()) out.push_back(std::move(sum));
  }
  return out;
}

std::string to_json(const std::vector<MarketZone>& zones) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& z : zones)
    all.push_back({{"zone", z.zone},
                   {"source", z.source},
                   {"energy_uj", z.energy.raw()},
                   {"operational_ng", z.operational.raw()},
                   {"operational_g", to_grams(z.operational)},
                   {"uncovered_energy_uj", z.uncovered.raw()}});
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace trine::cli

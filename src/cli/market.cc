#include "cli/market.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace trine::cli {
namespace {

// Of that very time; a value that is over says nothing of it.
std::optional<grid::Reading> market_at(const gateway::Snapshot& snapshot, const std::string& zone, Wall t) {
  for (auto& r : snapshot.grid->table()->beside(zone, t)) {
    if (r.method != grid::name(grid::Method::market)) continue;
    if (r.granularity == grid::Granularity::hourly || r.granularity == grid::Granularity::configured) return r;
  }
  return {};
}

}  // namespace

Result<std::vector<MarketZone>> market_zones(const gateway::Snapshot& snapshot, const ledger::Reports& reports,
                                             ledger::ReportQuery query) {
  query.by = ledger::By::zone;
  const auto zones = reports.query(query);
  if (!zones) return tl::unexpected(zones.error());
  std::vector<MarketZone> out;
  for (const auto& zone : zones->rows) {
    query.by = ledger::By::hour;
    query.zone = zone.name;
    const auto hours = reports.query(query);
    if (!hours) return tl::unexpected(hours.error());
    MarketZone sum{.zone = zone.name, .source = {}, .energy = {}, .uncovered = {}, .operational = {}};
    for (const auto& row : hours->rows) {
      const auto begin = parse_iso8601(row.name);
      if (!begin) continue;
      const Wall from = std::max(*begin, query.since), to = std::min<Wall>(*begin + std::chrono::hours(1), query.until);
      const Energy energy = row.sums.energy + row.unattributed.energy;
      const auto market = market_at(snapshot, zone.name, from + (to - from) / 2);
      if (!market) {
        sum.uncovered += energy;
        continue;
      }
      if (sum.source.empty()) sum.source = market->source;
      sum.energy += energy;
      sum.operational += emitted(energy, market->value);
    }
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

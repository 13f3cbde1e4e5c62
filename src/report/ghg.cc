#include "report/ghg.h"

#include <algorithm>
#include <map>

namespace trine::report {
namespace {

struct Hour {
  Energy energy;
  Carbon lifecycle;
};

// Direct, idle and foreign: all that a machine drew.
Hour hour_of(const ledger::ReportRow& row) {
  return {row.sums.energy + row.unattributed.energy + row.foreign.energy,
          row.sums.operational + row.unattributed.operational + row.foreign.operational};
}

void count(GhgPlace::Scope2& scope, const std::optional<Factor>& factor, Energy energy) {
  if (!factor) {
    scope.uncovered += energy;
    return;
  }
  scope.covered += energy;
  scope.carbon = scope.carbon.value_or(Carbon()) + emitted(energy, factor->value);
  if (scope.source.empty()) scope.source = factor->source;
}

}  // namespace

const char* name(Supply s) {
  switch (s) {
    case Supply::own:
      return "own";
    case Supply::rented:
      return "rented";
    case Supply::api:
      return "API";
    case Supply::unknown:
      return "unknown";
  }
  return "";
}

Ghg ghg(const GhgInput& input) {
  Ghg out;
  std::map<std::pair<std::string, std::string>, GhgPlace> places;
  std::map<std::pair<std::string, std::string>, Carbon> covered;  // lifecycle grams of hours with a direct factor
  const auto& query = input.places->query;
  for (const auto& row : input.places->rows) {
    const auto names = ledger::names_of(row.name);
    const auto begin = names.size() == 3 ? parse_iso8601(names[2]) : std::nullopt;
    if (!begin) continue;
    const std::pair key{names[0], names[1]};
    auto& place = places[key];
    if (place.deployment.empty()) {
      place.deployment = names[0];
      place.zone = names[1];
      place.supply = input.supply(names[0]);
    }
    const Hour hour = hour_of(row);
    place.energy += hour.energy;
    place.lifecycle += hour.lifecycle;
    if (place.supply != Supply::own) continue;
    const Wall from = std::max(*begin, query.since);
    const Wall to = std::min<Wall>(*begin + std::chrono::hours(1), query.until);
    const Wall middle = from + (to - from) / 2;
    const auto direct = input.direct(place.zone, middle);
    if (direct) covered[key] += hour.lifecycle;
    count(place.location, direct, hour.energy);
    count(place.market, input.market(place.zone, middle), hour.energy);
  }
  for (auto& [key, place] : places) {
    switch (place.supply) {
      case Supply::own:
        if (place.location.carbon) {
          out.scope2_location += *place.location.carbon;
          if (*place.location.carbon < covered[key]) {
            place.upstream = covered[key] - *place.location.carbon;
            out.scope3_3 += *place.upstream;
          }
        }
        if (place.market.carbon) out.scope2_market += *place.market.carbon;
        out.no_direct_factor += place.location.uncovered;
        out.no_market_factor += place.market.uncovered;
        break;
      case Supply::rented:
      case Supply::api:
        out.scope3_1 += place.lifecycle;
        break;
      case Supply::unknown:
        out.unclassified += place.energy;
        out.unclassified_lifecycle += place.lifecycle;
    }
    out.places.push_back(std::move(place));
  }
  const auto& total = input.places->total;
  const auto& prior = total.prior;
  out.unclassified += total.gateway.energy + prior.sums.energy + prior.unattributed.energy + prior.foreign.energy;
  out.unclassified_lifecycle +=
      total.gateway.carbon + prior.sums.operational + prior.unattributed.operational + prior.foreign.operational;
  return out;
}

}  // namespace trine::report

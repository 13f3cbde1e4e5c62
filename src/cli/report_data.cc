#include "cli/report_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;

// Whose electricity it is: with hardware of one's own, or where electricity is paid beside the rent, the company's.
report::Supply supply_of(const gateway::Config& config, const std::string& deployments) {
  const std::string first = deployments.substr(0, deployments.find('+'));  // deployments on one machine: "a+b"
  for (const auto& d : config.deployments) {
    if (d.name != first) continue;
    if (!d.vendor.empty()) return report::Supply::api;
    const auto& p = d.price;
    return p.capex || p.electricity_per_kwh || p.electricity_tariff || p.free ? report::Supply::own
                                                                              : report::Supply::rented;
  }
  return report::Supply::unknown;
}

// Of this hour where a source has it, else the catalog's annual mean.
std::optional<report::Factor> direct_at(const gateway::Snapshot& snapshot, const std::string& zone, Wall t) {
  const auto beside = snapshot.grid->table()->beside(zone, t);
  for (const auto method : {grid::Method::direct, grid::Method::direct_production})
    for (const auto& r : beside)
      if (r.method == grid::name(method) && r.granularity == grid::Granularity::hourly)
        return report::Factor{r.value, r.source};
  const auto* known = snapshot.catalog->find_zone(zone);
  if (!known || known->direct.empty()) return {};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(t));
  auto year = known->direct.upper_bound(static_cast<int>(day.year()));
  if (year != known->direct.begin()) --year;
  return report::Factor{year->second, fmt::format("{} {}", known->direct_source, year->first)};
}

report::Ghg ghg_of(const ledger::Report& places, const gateway::Snapshot* snapshot) {
  report::GhgInput input;
  input.places = &places;
  input.supply = [&](const std::string& d) {
    return snapshot ? supply_of(*snapshot->config, d) : report::Supply::unknown;
  };
  input.direct = [&](const std::string& zone, Wall t) {
    return snapshot ? direct_at(*snapshot, zone, t) : std::nullopt;
  };
  input.market = [&](const std::string& zone, Wall t) -> std::optional<report::Factor> {
    const auto r = snapshot ? market_at(*snapshot, zone, t) : std::nullopt;
    return r ? std::optional(report::Factor{r->value, r->source}) : std::nullopt;
  };
  return report::ghg(input);
}

Json sci_json(const report::Sci& s) {
  const auto grams = s.grams_per_1k_tokens();
  return {{"standard", "ISO/IEC 21031"},
          {"functional_unit", "1000 tokens of input and output"},
          {"grams_per_1k_tokens", grams ? Json(*grams) : Json()},
          {"energy_uj", s.energy.raw()},
          {"operational_ng", s.operational.raw()},
          {"embodied_ng", s.embodied.raw()},
          {"intensity_g_per_kwh", s.intensity_g_per_kwh()},
          {"tokens", s.tokens}};
}

template <class Amount>
void put(Json& j, const std::string& name, const std::string& unit, const report::Charge::Parts<Amount>& p) {
  j[name + unit] = p.direct.raw();
  j["idle_" + name + unit] = p.idle.raw();
  j["prior_" + name + unit] = p.prior.raw();
  j["total_" + name + unit] = p.total().raw();
}

Json charge_json(const report::Charge& c) {
  const auto letter = c.sums.letter();
  Json j = {{"org", c.org},
            {"team", c.team},
            {"project", c.project},
            {"requests", c.sums.requests},
            {"tokens_in", c.sums.in},
            {"tokens_cached", c.sums.cached},
            {"tokens_out", c.sums.out}};
  put(j, "cost", "_neur", c.cost);
  put(j, "energy", "_uj", c.energy);
  put(j, "carbon", "_ng", c.carbon);
  j["quality"] = letter ? Json(std::string(1, static_cast<char>(*letter))) : Json();
  j["simulated"] = c.sums.simulated_calls > 0;
  return j;
}

Json scope2_json(const report::GhgPlace::Scope2& s) {
  return {{"carbon_ng", s.carbon ? Json(s.carbon->raw()) : Json()},
          {"covered_energy_uj", s.covered.raw()},
          {"uncovered_energy_uj", s.uncovered.raw()},
          {"source", s.source}};
}

Json ghg_json(const report::Ghg& g) {
  Json j = {{"scope2_location_ng", g.scope2_location.raw()},
            {"scope2_market_ng", g.scope2_market.raw()},
            {"scope3_3_ng", g.scope3_3.raw()},
            {"scope3_1_ng", g.scope3_1.raw()},
            {"no_direct_factor_uj", g.no_direct_factor.raw()},
            {"no_market_factor_uj", g.no_market_factor.raw()},
            {"unclassified_energy_uj", g.unclassified.raw()},
            {"unclassified_lifecycle_ng", g.unclassified_lifecycle.raw()}};
  j["places"] = Json::array();
  for (const auto& p : g.places) {
    Json one = {{"deployment", p.deployment},
                {"zone", p.zone},
                {"supply", report::name(p.supply)},
                {"energy_uj", p.energy.raw()},
                {"lifecycle_ng", p.lifecycle.raw()}};
    if (p.supply == report::Supply::own) {
      one["scope2_location"] = scope2_json(p.location);
      one["scope2_market"] = scope2_json(p.market);
      one["scope3_3_ng"] = p.upstream ? Json(p.upstream->raw()) : Json();
    }
    j["places"].push_back(std::move(one));
  }
  return j;
}

std::string text(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<ReportData> report_data(const ledger::Reports& reports, const ledger::ReportQuery& query,
                               const Result<std::shared_ptr<const gateway::Snapshot>>& snapshot) {
  using ledger::By;
  auto got = reports.query(query, {query.by, By::hour, By::step, By::charge, By::place_hour});
  if (!got) return tl::unexpected(got.error());
  ReportData data;
  const gateway::Snapshot* known = snapshot ? snapshot->get() : nullptr;
  data.report = std::move((*got)[0]);
  data.hours = std::move((*got)[1]);
  data.steps = std::move((*got)[2]);
  const ledger::Report &charges = (*got)[3], &places = (*got)[4];
  data.sci = report::sci(data.report.total);
  data.chargeback = report::chargeback(charges.rows, charges.total);
  data.ghg = ghg_of(places, known);
  if (known) {
    data.savings = savings_report(*known, data.hours);
    data.market = market_zones(*known, places);
  } else {
    data.savings.sentence = fmt::format("No saving: {}", snapshot.error().message);
  }
  return data;
}

std::string to_json(const ReportData& data) {
  auto charges = Json::array();
  for (const auto& c : data.chargeback) charges.push_back(charge_json(c));
  // Ours go into the ledger's object: all are JSON already.
  std::string json = ledger::to_json(data.report);
  json.pop_back();
  return fmt::format("{},\"market_based\":{},\"savings\":{},\"sci\":{},\"chargeback\":{},\"ghg\":{}}}", json,
                     to_json(data.market), to_json(data.savings), text(sci_json(data.sci)), text(charges),
                     text(ghg_json(data.ghg)));
}

}  // namespace trine::cli

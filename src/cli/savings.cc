#include "cli/savings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/savings_baseline.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNoBaseline =
    "No saving: the configuration has no baseline; name what you compare with, such as "
    "baseline: { vendor: openai, model: gpt-4o-mini }, or baseline: { deployment: NAME }, or a frozen one: baseline: { "
    "file: FILE }, made by `trine baseline create`.";

// As the energy module wants it: the ladder's reading at the middle of the hour.
energy::GridValue grid_at(const grid::Live& table, const std::string& zone, Wall t) {
  const auto reading = table.at(zone, t);
  return {reading.value.g_per_kwh, reading.sigma_ln, reading.hourly()};
}

void put(Json& j, const std::string& prefix, const score::Amounts& a) {
  j[prefix + "energy_uj"] = a.energy.raw();
  j[prefix + "energy_low_uj"] = a.energy_low.raw();
  j[prefix + "energy_high_uj"] = a.energy_high.raw();
  j[prefix + "carbon_ng"] = a.carbon.raw();
  j[prefix + "carbon_low_ng"] = a.carbon_low.raw();
  j[prefix + "carbon_high_ng"] = a.carbon_high.raw();
  j[prefix + "cost_neur"] = a.cost.raw();
  j[prefix + "cost_low_neur"] = a.cost_low.raw();
  j[prefix + "cost_high_neur"] = a.cost_high.raw();
}

}  // namespace

SavingsReport savings_report(const gateway::Snapshot& snapshot, const ledger::Report& hours) {
  SavingsReport out;
  if (!snapshot.baseline) {
    out.sentence = kNoBaseline;
    return out;
  }
  out.baseline = gateway::savings_baseline(*snapshot.baseline);
  out.frozen = snapshot.baseline->frozen;
  std::vector<score::ServedHour> served;
  for (const auto& row : hours.rows) {
    const auto begin = parse_iso8601(row.name);
    if (!begin) continue;
    const Wall from = std::max(*begin, hours.query.since);
    const Wall to = std::min<Wall>(*begin + std::chrono::hours(1), hours.query.until);
    served.push_back({row.sums, row.unattributed, row.prior, row.gateway,
                      grid_at(*snapshot.grid, out.baseline->zone, from + (to - from) / 2), seconds(to - from), from,
                      row.avoided});
  }
  const auto savings = score::savings(*out.baseline, served);
  if (!savings) {
    out.sentence = fmt::format("No saving: the baseline has no figures: {}.", savings.error().message);
    return out;
  }
  out.savings = *savings;
  out.sentence = score::sentence(*out.savings, *out.baseline, snapshot.config->ledger.currency);
  return out;
}

std::string to_json(const SavingsReport& report) {
  Json j;
  j["sentence"] = report.sentence;
  j["baseline"] = nullptr;
  if (report.baseline) {
    const bool vendor = std::holds_alternative<score::VendorBaseline>(report.baseline->what);
    const char* kind = report.frozen ? "frozen" : vendor ? "vendor" : "deployment";
    j["baseline"] = Json{{"name", report.baseline->name},
                         {"zone", report.baseline->zone},
                         {"kind", kind},
                         {"tokens", "as counted by the engines that answered"}};
    if (report.frozen) {
      j["baseline"]["version"] = report.frozen->version;
      j["baseline"]["created"] = report.frozen->created;
      j["baseline"]["hash"] = "sha256:" + report.frozen->hash;
    }
  }
  if (report.savings) {
    const auto& s = *report.savings;
    put(j, "", s.saved);
    j["distinguishable"] =
        Json{{"cost", !s.cost_unclear()}, {"energy", !s.energy_unclear()}, {"carbon", !s.carbon_unclear()}};
    j["quality"] = std::string(1, static_cast<char>(s.letter));
    j["simulated"] = s.simulated;
    j["tokens"] = s.tokens;
    j["of_it_spared"] = Json{{"tokens", s.spared.tokens},
                             {"energy_uj", s.spared.energy.raw()},
                             {"carbon_ng", s.spared.carbon.raw()},
                             {"cost_neur", s.spared.cost.raw()}};
    j["unsettled_calls"] = s.unsettled_calls;
    put(j["baseline"], "", s.baseline);
    Json actual;
    put(actual, "", s.actual);
    j["actual"] = std::move(actual);
  }
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace trine::cli

#include "cli/replay_view.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/human.h"
#include "cli/json_number.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;
using replay::Outcome;

struct RunFigure {
  const char* key;
  double Outcome::*value;
  bool compared;  // also as a share of static and of the bound
};
constexpr RunFigure kRunFigures[] = {
    {"lambda", &Outcome::lambda, false},
    {"cost_eur", &Outcome::cost_eur, true},
    {"energy_kwh", &Outcome::energy_kwh, true},
    {"carbon_kg", &Outcome::carbon_kg, true},
    {"joules_per_token", &Outcome::joules_per_token, true},
    {"ttft_p50_s", &Outcome::ttft_p50_s, true},
    {"ttft_p95_s", &Outcome::ttft_p95_s, true},
    {"tpot_p95_s", &Outcome::tpot_p95_s, true},
    {"slo_miss_fraction", &Outcome::slo_miss_fraction, true},
    {"unserved_fraction", &Outcome::unserved_fraction, true},
    {"machine_hours", &Outcome::machine_hours, true},
    {"requests", &Outcome::requests, true},
    {"tokens", &Outcome::tokens, true},
};

// Percent; null where there is nothing to compare with.
Json percent(double v, double of) {
  return of > 0 && std::isfinite(v) ? Json(100 * v / of) : Json(nullptr);
}

// How much of the bound's saving over the static fleet was reached; null where the bound saves nothing.
Json reached(double run, double fixed, double bound) {
  return fixed - bound > 0 ? Json(100 * (fixed - run) / (fixed - bound)) : Json(nullptr);
}

std::string percent_text(double v, double of) {
  return of > 0 && std::isfinite(v) ? fmt::format("{:.1f} %", 100 * v / of) : "";
}

}  // namespace

std::string replay_json(const ReplayView& v) {
  Json j;
  j["policy"] = v.run.policy;
  for (const RunFigure& f : kRunFigures) j[f.key] = number_or_null(v.run.*f.value);
  Json of_static = Json::object(), of_bound = Json::object();
  for (const RunFigure& f : kRunFigures) {
    if (!f.compared) continue;
    of_static[f.key] = percent(v.run.*f.value, v.fixed.*f.value);
    of_bound[f.key] = percent(v.run.*f.value, v.bound.*f.value);
  }
  j["percent_of_static"] = of_static;
  j["percent_of_hindsight"] = of_bound;
  j["percent_of_hindsight_saving"] = {{"cost_eur", reached(v.run.cost_eur, v.fixed.cost_eur, v.bound.cost_eur)},
                                      {"carbon_kg", reached(v.run.carbon_kg, v.fixed.carbon_kg, v.bound.carbon_kg)}};
  const auto side = [](const Outcome& o) {
    return Json{{"cost_eur", number_or_null(o.cost_eur)},
                {"energy_kwh", number_or_null(o.energy_kwh)},
                {"carbon_kg", number_or_null(o.carbon_kg)},
                {"machine_hours", number_or_null(o.machine_hours)},
                {"lambda", number_or_null(o.lambda)}};
  };
  j["static"] = side(v.fixed);
  j["hindsight"] = side(v.bound);
  j["currency"] = v.currency;
  j["served"] = v.run.served;
  j["running_at_end"] = v.run.running;
  Json options = Json::array();
  for (size_t i = 0; i < v.run.options.size(); ++i) {
    const replay::Taken& t = v.run.by_option[i];
    options.push_back({{"name", v.run.options[i]},
                       {"machine_hours", t.machine_s / 3600},
                       {"requests", t.served},
                       {"cost_eur", t.eur},
                       {"energy_kwh", t.joules / 3.6e6},
                       {"carbon_kg", t.grams / 1000}});
  }
  j["options"] = options;
  Json refused = Json::array();
  for (const auto& r : v.run.refused) refused.push_back({{"name", r.option}, {"reason", r.reason}});
  j["refused"] = refused;
  return j.dump();
}

std::string replay_text(const ReplayView& v) {
  Table table({{""}, {v.run.policy, true}, {"of static", true}, {"of hindsight", true}});
  const auto row = [&](const std::string& title, double Outcome::*f, const std::string& shown, bool bound) {
    table.row({title, shown, percent_text(v.run.*f, v.fixed.*f), bound ? percent_text(v.run.*f, v.bound.*f) : ""});
  };
  row("cost, " + v.currency, &Outcome::cost_eur, fmt::format("{:.2f}", v.run.cost_eur), true);
  row("energy, kWh", &Outcome::energy_kwh, fmt::format("{:.2f}", v.run.energy_kwh), true);
  row("carbon, kg CO2e", &Outcome::carbon_kg, fmt::format("{:.2f}", v.run.carbon_kg), true);
  row("J/token", &Outcome::joules_per_token, human_number(v.run.joules_per_token), true);
  row("machine-hours", &Outcome::machine_hours, fmt::format("{:.1f}", v.run.machine_hours), true);
  const auto seconds = [](double s) { return s > 0 ? human_number(s) + " s" : std::string(); };
  row("TTFT, median", &Outcome::ttft_p50_s, seconds(v.run.ttft_p50_s), false);
  row("TTFT, p95", &Outcome::ttft_p95_s, seconds(v.run.ttft_p95_s), false);
  row("TPOT, p95", &Outcome::tpot_p95_s, seconds(v.run.tpot_p95_s), false);
  table.row({"past the SLO", fmt::format("{:.4f} %", 100 * v.run.slo_miss_fraction), "", ""});
  table.row({"not served", fmt::format("{:.4f} %", 100 * v.run.unserved_fraction), "", ""});
  table.row({"requests", fmt::format("{:.0f}", v.run.requests), "", ""});
  table.row({"tokens", fmt::format("{:.0f}", v.run.tokens), "", ""});
  std::string text = table.text();
  Table options(
      {{"option"}, {"machine-hours", true}, {"requests", true}, {"cost", true}, {"kWh", true}, {"kg CO2e", true}});
  for (size_t i = 0; i < v.run.options.size(); ++i) {
    const replay::Taken& t = v.run.by_option[i];
    if (t.machine_s <= 0 && t.served == 0) continue;
    options.row({v.run.options[i], fmt::format("{:.1f}", t.machine_s / 3600), std::to_string(t.served),
                 v.run.policy == "hindsight" ? "" : fmt::format("{:.2f}", t.eur),
                 fmt::format("{:.2f}", t.joules / 3.6e6),
                 v.run.policy == "hindsight" ? "" : fmt::format("{:.2f}", t.grams / 1000)});
  }
  text += "\n" + options.text();
  for (const auto& r : v.run.refused) text += fmt::format("{} may not serve: {}\n", r.option, r.reason);
  return text;
}

}  // namespace trine::cli

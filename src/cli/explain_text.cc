#include <nlohmann/json.hpp>

#include "base/human.h"
#include "cli/explain.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;
using energy::CallFacts;
using energy::Figures;

constexpr const char* kBases[] = {"provisional", "window", "final"};

std::string after(const CallFacts& f, Wall t) {
  return fmt::format("{:.3f} s", seconds(t - f.start));
}

std::string settlements(const ExplainedCall& c, const std::string& currency) {
  Table table({{"settlement"},
               {"basis"},
               {"GPU", true},
               {"facility", true},
               {"90 % range"},
               {"operational", true},
               {"embodied", true},
               {"cost", true},
               {"quality"}});
  for (const energy::Settlement& s : c.call.settlements) {
    const Figures& f = s.figures;
    table.row({fmt::format("{}", s.version), kBases[static_cast<size_t>(s.basis)], human(f.gpu_energy), human(f.energy),
               human_range(f.energy_low, f.energy_high), human(f.operational), human(f.embodied),
               human(f.cost, currency), std::string(1, static_cast<char>(f.letter))});
  }
  return table.text();
}

energy::DeviceWindow::Share sum_of(const ExplainedCall& c) {
  energy::DeviceWindow::Share sum;
  for (const auto& w : c.windows) sum += w.ours;
  return sum;
}

std::string windows(const ExplainedCall& c, const std::string& currency) {
  Table table({{"window"},
               {"s", true},
               {"GPU", true},
               {"facility", true},
               {"calls", true},
               {"batch", true},
               {"weight", true},
               {"of all", true},
               {"share", true},
               {"facility, ours", true},
               {"g/kWh", true},
               {"operational", true},
               {"embodied", true},
               {"cost", true},
               {"quality"}});
  for (const auto& w : c.windows) {
    table.row({iso8601(w.window.begin), fmt::format("{:.3f}", seconds(w.window.end - w.window.begin)),
               human(w.window.total.gpu_energy), human(w.window.total.energy), fmt::format("{}", w.calls),
               fmt::format("{:.2f}", w.batch), fmt::format("{} J", human_number(w.weight_j)),
               fmt::format("{} J", human_number(w.all_weight_j)), fmt::format("{:.2f} %", w.share() * 100),
               human(w.ours.energy), human_number(w.window.intensity_g_per_kwh), human(w.ours.operational),
               human(w.ours.embodied), human(w.ours.cost, currency),
               std::string(1, static_cast<char>(w.window.letter))});
  }
  const auto sum = sum_of(c);
  table.rule();
  table.row({"sum", "", "", "", "", "", "", "", "", human(sum.energy), "", human(sum.operational), human(sum.embodied),
             human(sum.cost, currency), ""});
  return table.text();
}

std::string factors(const ExplainedCall& c, const std::string& currency) {
  if (!c.deployment) return "Factors: not known; the configuration (-c FILE) has no deployment of this name.\n";
  const gateway::Deployment& d = *c.deployment;
  std::string text = "Factors, of the configuration as it is now:\n";
  if (c.grid)
    text +=
        fmt::format("  intensity {} g/kWh at the start: {}, {} ({}), sigma {}\n", human_number(c.grid->value.g_per_kwh),
                    c.grid->method, grid::name(c.grid->granularity), c.grid->source, human_number(c.grid->sigma_ln));
  if (d.own) {
    const energy::OwnHardware& h = d.own->hardware;
    const energy::TokenWeights& w = h.weights;
    text +=
        fmt::format("  token weights: {} J per prompt token, {} J per cached one, {} + {}/B J per generated one ({})\n",
                    human_number(w.e_in), human_number(w.e_hit), human_number(w.curve.a), human_number(w.curve.b),
                    d.own->curve_measured ? "a measured curve of the catalog" : "an estimate");
    text += fmt::format("  PUE {}, server {} W per GPU where no meter is named, {} GPU(s)\n", human_number(h.site.pue),
                        human_number(h.site.host_w_per_gpu), h.site.gpus);
    text += fmt::format("  embodied {} kg per GPU and {} kg of its server, over {} years\n",
                        human_number(h.embodied.gpu_kg), human_number(h.embodied.server_kg),
                        human_number(h.embodied.life_years));
    const Money electricity = h.price_at(c.call.facts.start).electricity_per_kwh;
    text += fmt::format("  price {} an hour{}\n", human(h.price.per_hour, currency),
                        electricity == Money() ? ""
                                               : fmt::format(", and {} a kWh{}", human(electricity, currency),
                                                             h.tariff ? " at its start" : ""));
  }
  if (d.vendor) {
    const auto& v = *d.vendor;
    text += fmt::format("  vendor formula: {} of {} billion parameters active, PUE {}\n",
                        human_number(v.model.active_b), human_number(v.model.total_b), human_number(v.model.pue));
    text += fmt::format("  price per Mtok: {} in, {} cached, {} out\n", human(v.price.in, currency),
                        human(v.price.cached, currency), human(v.price.out, currency));
  }
  return text;
}

std::string call_text(const ExplainedCall& c, const std::string& currency) {
  const CallFacts& f = c.call.facts;
  std::string text =
      fmt::format("\nCall {}: {} in zone {}, {}{}; {}, status {}\n", f.id.attempt, printable(f.deployment),
                  f.zone.empty() ? "unknown" : printable(f.zone), printable(f.model),
                  f.simulated ? f.beside ? " (simulated; beside the answer)" : " (simulated)"
                  : f.beside  ? " (beside the answer)"
                              : "",
                  energy::kOutcomes[static_cast<size_t>(f.outcome)], f.http_status);
  text += fmt::format(
      "Tokens: {} in (of these {} cached), {} out, {}. First token after {}, end after {}, mean batch {:.2f}.\n", f.in,
      f.cached, f.out, f.source == energy::TokenSource::reported ? "by the engine's usage" : "counted here",
      after(f, f.first_token), after(f, f.end), f.mean_batch);
  if (c.call.settlements.empty()) {
    text += "No figures yet.\n";
  } else {
    text += settlements(c, currency);
  }
  if (!c.windows.empty()) {
    text += "Windows of its device's meter in which it had work, shared by weight (docs/accounting.md §2):\n";
    text += windows(c, currency);
    if (!c.call.settlements.empty()) {
      const double settled = to_joules(c.call.settlements.back().figures.energy);
      const double found = to_joules(sum_of(c).energy);
      text += fmt::format(
          "Found again from facts and windows: {:+.2f} % of what was settled. Tokens are taken to have come "
          "evenly here; settling knew when they came.\n",
          settled > 0 ? (found / settled - 1) * 100 : 0);
    }
  } else if (c.deployment && c.deployment->own && c.deployment->metered()) {
    text += "No windows: its meter has none for that time, or they are older than ledger.retention.windows.\n";
  } else {
    text += "No meter: estimated by a curve or a vendor's formula (docs/accounting.md §4).\n";
  }
  return text + factors(c, currency);
}

std::string spared_text(const std::vector<energy::Avoided>& spared, const std::string& currency) {
  Table table({{"spared by"},
               {"tokens in", true},
               {"out", true},
               {"facility", true},
               {"90 % range"},
               {"operational", true},
               {"embodied", true},
               {"cost", true},
               {"quality"}});
  for (const energy::Avoided& a : spared) {
    const Figures& f = a.figures;
    table.row({printable(a.step), fmt::format("{}", a.in), fmt::format("{}", a.out), human(f.energy),
               human_range(f.energy_low, f.energy_high), human(f.operational), human(f.embodied),
               human(f.cost, currency), std::string(1, static_cast<char>(f.letter))});
  }
  return "\nNot processed, thanks to these steps; an estimate, in no figure above (docs/accounting.md §6):\n" +
         table.text();
}

Json figures(const Figures& f) {
  return {{"gpu_energy_uj", f.gpu_energy.raw()},
          {"energy_uj", f.energy.raw()},
          {"energy_low_uj", f.energy_low.raw()},
          {"energy_high_uj", f.energy_high.raw()},
          {"operational_ng", f.operational.raw()},
          {"embodied_ng", f.embodied.raw()},
          {"carbon_low_ng", f.carbon_low.raw()},
          {"carbon_high_ng", f.carbon_high.raw()},
          {"cost_neur", f.cost.raw()},
          {"quality", std::string(1, static_cast<char>(f.letter))}};
}

Json share(const energy::DeviceWindow::Share& s) {
  return {{"gpu_energy_uj", s.gpu_energy.raw()},
          {"energy_uj", s.energy.raw()},
          {"operational_ng", s.operational.raw()},
          {"embodied_ng", s.embodied.raw()},
          {"cost_neur", s.cost.raw()}};
}

// What the text says under "Factors"; null: the configuration does not know the deployment (any more).
Json factors_json(const ExplainedCall& c) {
  if (!c.deployment) return nullptr;
  const gateway::Deployment& d = *c.deployment;
  Json j;
  if (c.grid)
    j["intensity"] = {{"g_per_kwh", c.grid->value.g_per_kwh},
                      {"method", c.grid->method},
                      {"granularity", grid::name(c.grid->granularity)},
                      {"source", c.grid->source},
                      {"sigma_ln", c.grid->sigma_ln}};
  if (d.own) {
    const energy::OwnHardware& h = d.own->hardware;
    j["weights"] = {{"j_per_prompt_token", h.weights.e_in},
                    {"j_per_cached_token", h.weights.e_hit},
                    {"a", h.weights.curve.a},
                    {"b", h.weights.curve.b},
                    {"measured", d.own->curve_measured}};
    j["pue"] = h.site.pue;
    j["host_w_per_gpu"] = h.site.host_w_per_gpu;
    j["gpus"] = h.site.gpus;
    j["embodied"] = {
        {"gpu_kg", h.embodied.gpu_kg}, {"server_kg", h.embodied.server_kg}, {"life_years", h.embodied.life_years}};
    j["price_per_hour"] = to_euros(h.price.per_hour);
    j["electricity_per_kwh"] = to_euros(h.price_at(c.call.facts.start).electricity_per_kwh);
  }
  if (d.vendor) {
    const auto& v = *d.vendor;
    j["vendor"] = {
        {"active_b", v.model.active_b},
        {"total_b", v.model.total_b},
        {"pue", v.model.pue},
        {"price_per_mtok",
         {{"in", to_euros(v.price.in)}, {"cached", to_euros(v.price.cached)}, {"out", to_euros(v.price.out)}}}};
  }
  return j;
}

}  // namespace

std::string explain_text(const Explanation& e) {
  const energy::RequestFacts& f = e.request.facts;
  std::string text =
      fmt::format("Request {}\n{} {}, route {}, workload {}, key {}\n", f.id.text(), iso8601(f.start),
                  printable(f.endpoint), printable(f.route), f.workload.empty() ? "(none)" : printable(f.workload),
                  f.tenant.key.empty() ? "(none)" : printable(f.tenant.key));
  text += e.request.open
              ? "It is still running.\n"
              : fmt::format("Answered {} after {:.3f} s, {} call(s), {}.\n", f.http_status, seconds(f.end - f.start),
                            e.calls.size(), e.request.final() ? "final" : "provisional: windows are still open");
  if (!f.reason.empty()) text += fmt::format("Why this route: {}\n", printable(f.reason));
  if (!f.error.empty()) text += fmt::format("Error: {}\n", printable(f.error));
  for (const ExplainedCall& c : e.calls) text += call_text(c, e.currency);
  if (!e.request.avoided.empty()) text += spared_text(e.request.avoided, e.currency);
  return text;
}

std::string to_json(const Explanation& e) {
  const energy::RequestFacts& f = e.request.facts;
  Json j = {{"id", f.id.text()},  {"start", iso8601(f.start)}, {"route", f.route},           {"workload", f.workload},
            {"reason", f.reason}, {"open", e.request.open},    {"final", e.request.final()}, {"currency", e.currency}};
  j["calls"] = Json::array();
  for (const ExplainedCall& c : e.calls) {
    const CallFacts& facts = c.call.facts;
    Json call = {{"attempt", facts.id.attempt},  {"deployment", facts.deployment},
                 {"zone", facts.zone},           {"model", facts.model},
                 {"tokens_in", facts.in},        {"tokens_cached", facts.cached},
                 {"tokens_out", facts.out},      {"mean_batch", facts.mean_batch},
                 {"simulated", facts.simulated}, {"beside_the_answer", facts.beside}};
    call["settlements"] = Json::array();
    for (const energy::Settlement& s : c.call.settlements) {
      Json one = figures(s.figures);
      one["version"] = s.version;
      one["basis"] = kBases[static_cast<size_t>(s.basis)];
      call["settlements"].push_back(one);
    }
    call["windows"] = Json::array();
    for (const auto& w : c.windows)
      call["windows"].push_back({{"begin", iso8601(w.window.begin)},
                                 {"end", iso8601(w.window.end)},
                                 {"device", w.window.device},
                                 {"intensity_g_per_kwh", w.window.intensity_g_per_kwh},
                                 {"quality", std::string(1, static_cast<char>(w.window.letter))},
                                 {"total", share(w.window.total)},
                                 {"weight_j", w.weight_j},
                                 {"all_weight_j", w.all_weight_j},
                                 {"calls", w.calls},
                                 {"batch", w.batch},
                                 {"ours", share(w.ours)}});
    call["factors"] = factors_json(c);
    j["calls"].push_back(call);
  }
  j["avoided"] = Json::array();
  for (const energy::Avoided& a : e.request.avoided) {
    Json one = figures(a.figures);
    one["step"] = a.step;
    one["tokens_in"] = a.in;
    one["tokens_out"] = a.out;
    j["avoided"].push_back(one);
  }
  return j.dump();
}

}  // namespace trine::cli

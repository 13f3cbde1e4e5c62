#include "cli/score_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/human.h"
#include "cli/table.h"
#include "score/flip.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;
using fleet::Figure;
using fleet::Scored;

constexpr size_t kMostInputs = 12;  // lines under the table; JSON has all

std::string letter(energy::Letter l) {
  return std::string(1, static_cast<char>(l));
}

Json figure_json(const Figure& f) {
  return {{"value", f.value}, {"low", f.low}, {"high", f.high}, {"quality", letter(f.letter)}};
}

Json provenance_json(const Provenance& p) {
  Json j{{"source", p.source}, {"what", p.what}};
  j["date"] = p.date.empty() ? Json() : Json(p.date);
  j["age_s"] = p.age ? Json(std::llround(seconds(*p.age))) : Json();
  return j;
}

std::string age_text(const Provenance& p) {
  if (!p.age) return "age not known";
  const double h = seconds(*p.age) / 3600;
  return h < 48 ? fmt::format("{:.0f} h old", h) : fmt::format("{:.0f} days old", h / 24);
}

std::string from_text(const Provenance& p) {
  return fmt::format("{}{}{}, {}", p.source, p.date.empty() ? "" : " of ", p.date, age_text(p));
}

const char* name(fleet::Capacity::Bound b) {
  return b == fleet::Capacity::Bound::memory ? "memory" : b == fleet::Capacity::Bound::tpot ? "tpot" : "curve";
}

std::string range(const Figure& f) {
  return fmt::format("{} to {}", human_number(f.low), human_number(f.high));
}

std::string unit(const Choice& c) {
  return c.currency == "EUR" ? "€" : c.currency + " ";
}

struct Ends {
  size_t first, cheapest, cleanest;
};

// Of those that may serve. REQUIRES: there is one.
Ends ends_of(const fleet::Sheet& sheet) {
  const auto& o = sheet.verdict.ordered;
  const auto least = [&](auto figure) {
    return std::min_element(o.begin(), o.end(),
                            [&](const auto& a, const auto& b) {
                              return figure(sheet.scored[a.index]) < figure(sheet.scored[b.index]);
                            })
        ->index;
  };
  return {o.front().index, least([](const Scored& s) { return s.cost.value; }),
          least([](const Scored& s) { return s.carbon.value; })};
}

std::optional<double> swap(const fleet::Sheet& sheet, size_t a, size_t b) {
  return a == b ? std::nullopt : score::swap_eur_per_kg(axes_of(sheet.scored[a]), axes_of(sheet.scored[b]));
}

double as_money(const Scored& s, double lambda) {
  return s.cost.value + lambda * s.carbon.value / 1000;
}

std::string swap_text(const Choice& c, const fleet::Sheet& sheet) {
  const Ends e = ends_of(sheet);
  const auto name_of = [&](size_t i) { return c.options[i].name; };
  std::string text;
  if (const auto l = swap(sheet, e.cheapest, e.cleanest))
    text = fmt::format("The cheapest, {}, and the cleanest, {}, cost the same where a kg of CO2e is worth {}{}.\n",
                       name_of(e.cheapest), name_of(e.cleanest), unit(c), human_number(*l));
  else if (e.cheapest == e.cleanest)
    text = fmt::format("{} is both the cheapest and the cleanest.\n", name_of(e.cheapest));
  if (e.first != e.cheapest || e.cheapest == e.cleanest) {
    if (const auto l = swap(sheet, e.first, e.cleanest))
      text += fmt::format("The first, {}, and the cleanest, {}, do at {}{} a kg.\n", name_of(e.first),
                          name_of(e.cleanest), unit(c), human_number(*l));
  }
  return text;
}

std::string table_text(const Choice& c, const fleet::Sheet& sheet, std::optional<double> lambda) {
  std::vector<Table::Column> columns = {
      {"option"},
      {"zone"},
      {"J/token", true},
      {"g/kWh", true},
      {unit(c) + "/Mtok", true},
      {"90 % range"},
      {"gCO2e/Mtok", true},
      {"90 % range"},
      {"control", true},
      {"quality"},
      {lambda ? fmt::format("{}+{}·kg/Mtok", unit(c), human_number(*lambda)) : "", true},
      {"score", true}};
  Table table(std::move(columns));
  for (const score::Ranked& r : sheet.verdict.ordered) {
    const Scored& s = sheet.scored[r.index];
    const fleet::Option& o = c.options[r.index];
    const bool floored = o.control.product < s.control.value;
    table.row({printable(o.name), o.zone, human_number(s.joules_per_token.value), human_number(s.g_per_kwh),
               human_number(s.cost.value), range(s.cost), human_number(s.carbon.value), range(s.carbon),
               floored ? fmt::format("{:.2f} ({:.3f})", s.control.value, o.control.product)
                       : fmt::format("{:.2f}", s.control.value),
               fmt::format("{} {} {}", letter(s.cost.letter), letter(s.carbon.letter), letter(s.control.letter)),
               lambda ? human_number(as_money(s, *lambda)) : "", fmt::format("{:.3f}", r.score)});
  }
  return table.text();
}

}  // namespace

std::string weights_text(const score::Weights& w) {
  return fmt::format("cost {:.2f}, control {:.2f}, carbon {:.2f}", w.cost, w.control, w.carbon);
}

std::string workload_text(const Choice& c) {
  const fleet::Mix& m = c.workload.mix;
  std::string text = fmt::format("{} in ({} cached) : {} out a request ({}); machines {:.0f} % used ({})",
                                 human_number(m.in), human_number(m.cached), human_number(m.out), c.mix_from,
                                 c.workload.utilisation * 100, c.utilisation_from);
  const fleet::Slo& slo = c.workload.slo;
  if (slo.ttft_s > 0) text += fmt::format("; first token within {} s", human_number(slo.ttft_s));
  if (slo.tpot_s > 0) text += fmt::format("; {} ms a token", human_number(slo.tpot_s * 1e3));
  return text;
}

std::string inputs_text(const Choice& c, const fleet::Sheet& sheet, size_t i) {
  const fleet::Option& o = c.options[i];
  const Scored& s = sheet.scored[i];
  std::string price = o.vendor || o.token_price
                          ? "price list"
                          : fmt::format("{}/h", human(o.machine->hardware.price.per_hour, c.currency));
  std::string text = fmt::format("{} ({}); {} g/kWh ({}, {}); energy: {} ({})", price, from_text(c.prices[i]),
                                 human_number(s.g_per_kwh), c.intensity_from[i].what, from_text(c.intensity_from[i]),
                                 c.energy[i].what, from_text(c.energy[i]));
  if (s.capacity)
    text += fmt::format("; batch {:.0f} (by {}), {} requests/s, {:.0f} % of its joules are idle and host power",
                        s.capacity->batch, name(s.capacity->bound), human_number(s.capacity->requests_per_s),
                        s.idle_share * 100);
  if (s.machines > 0) text += fmt::format("; {:.0f} machines at the peak", s.machines);
  if (const auto& m = c.measured[i])
    text += fmt::format("; the ledger has {} J/token attributed (quality {}, {} calls)",
                        human_number(m->joules_per_token), letter(m->letter), m->calls);
  if (!o.control.missing.empty())
    text += fmt::format("; control facts not known: {}", fmt::join(o.control.missing, ", "));
  return text;
}

Json option_json(const Choice& c, const fleet::Sheet& sheet, size_t i) {
  const fleet::Option& o = c.options[i];
  const Scored& s = sheet.scored[i];
  Json j{{"name", o.name}, {"model", o.model}, {"zone", o.zone}};
  for (const auto& [key, value] : {std::pair{"gpu", &o.gpu}, std::pair{"region", &o.region},
                                   std::pair{"provider", &o.provider}, std::pair{"jurisdiction", &o.jurisdiction}})
    if (!value->empty()) j[key] = *value;
  if (o.machine) j["gpus"] = o.gpus;
  j["score"] = nullptr;
  for (const auto& r : sheet.verdict.ordered)
    if (r.index == i) j["score"] = r.score;
  if (s.usable) {
    j["joules_per_token"] = figure_json(s.joules_per_token);
    j["g_per_kwh"] = s.g_per_kwh;
    j["cost_per_mtok"] = figure_json(s.cost);
    j["carbon_g_per_mtok"] = figure_json(s.carbon);
    j["embodied_g_per_mtok"] = s.embodied_g;
    fleet::Workload busy = c.workload;
    busy.utilisation = 1;
    const Scored direct = fleet::score_option(o, busy, c.intensities[i]);
    j["attributed"] = {{"cost_per_mtok", direct.cost.value},
                       {"carbon_g_per_mtok", direct.carbon.value},
                       {"joules_per_token", direct.joules_per_token.value}};
  }
  j["control"] = figure_json(s.control);
  j["control"]["before_floor"] = o.control.product;
  j["control"]["missing"] = o.control.missing;
  if (s.capacity) {
    j["capacity"] = {{"batch", s.capacity->batch},
                     {"bound", name(s.capacity->bound)},
                     {"requests_per_s", s.capacity->requests_per_s},
                     {"ttft_s", s.capacity->ttft_s},
                     {"tpot_s", s.capacity->tpot_s}};
    j["idle_share"] = s.idle_share;
  }
  if (s.machines > 0) j["machines_at_peak"] = s.machines;
  if (const auto& m = c.measured[i])
    j["measured_here"] = {
        {"joules_per_token", m->joules_per_token}, {"quality", letter(m->letter)}, {"calls", m->calls}};
  j["inputs"] = {{"price", provenance_json(c.prices[i])},
                 {"intensity", provenance_json(c.intensity_from[i])},
                 {"energy", provenance_json(c.energy[i])}};
  if (o.machine && !o.token_price) j["inputs"]["price"]["per_hour"] = to_euros(o.machine->hardware.price.per_hour);
  return j;
}

Json rejected_json(const Choice& c, const fleet::Sheet& sheet) {
  Json all = Json::array();
  for (const auto& r : sheet.verdict.rejected)
    all.push_back({{"name", c.options[r.index].name}, {"reason", r.message}});
  return all;
}

Json workload_json(const Choice& c) {
  const auto& w = c.workload;
  return {{"in", w.mix.in},         {"cached", w.mix.cached},       {"out", w.mix.out},
          {"mix_from", c.mix_from}, {"utilisation", w.utilisation}, {"utilisation_from", c.utilisation_from},
          {"ttft_s", w.slo.ttft_s}, {"tpot_s", w.slo.tpot_s},       {"peak_tokens_per_min", w.peak_tokens_per_min}};
}

std::string score_json(const Choice& c, const fleet::Sheet& sheet, std::optional<double> lambda) {
  Json j{{"at", iso8601(c.at)}, {"for_s", seconds(c.span)}, {"options_from", c.from}, {"currency", c.currency}};
  j["weights"] = {
      {"cost", c.weights.cost}, {"control", c.weights.control}, {"carbon", c.weights.carbon}, {"from", c.weights_from}};
  j["workload"] = workload_json(c);
  j["options"] = Json::array();
  for (const auto& r : sheet.verdict.ordered) {
    j["options"].push_back(option_json(c, sheet, r.index));
    if (lambda) j["options"].back()["money_per_mtok"] = as_money(sheet.scored[r.index], *lambda);
  }
  j["rejected"] = rejected_json(c, sheet);
  if (lambda) j["lambda_per_kg"] = *lambda;
  if (!sheet.verdict.ordered.empty()) {
    const Ends e = ends_of(sheet);
    const auto put = [&](const char* key, size_t a, size_t b) {
      const auto l = swap(sheet, a, b);
      j[key] = {{"from", c.options[a].name}, {"to", c.options[b].name}, {"per_kg", l ? Json(*l) : Json()}};
    };
    put("swap_cheapest_cleanest", e.cheapest, e.cleanest);
    put("swap_first_cleanest", e.first, e.cleanest);
  }
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string score_text(const Choice& c, const fleet::Sheet& sheet, std::optional<double> lambda) {
  std::string text = fmt::format(
      "{} at {}{}; per token of input and output, facility, idle and embodied included\n{}\n", c.from, iso8601(c.at),
      c.span > Nanos(0) ? fmt::format(" and {:.0f} h on", seconds(c.span) / 3600) : "", workload_text(c));
  text += fmt::format("weights: {} ({})\n\n", weights_text(c.weights), c.weights_from);
  const auto& ordered = sheet.verdict.ordered;
  if (ordered.empty()) text += "None may serve.\n";
  if (!ordered.empty()) {
    text += table_text(c, sheet, lambda) + "\n";
    text += fmt::format("{}\n{}", sheet.verdict.reason, swap_text(c, sheet));
    text += "quality: of cost, carbon and control; A best, D vendor estimate or unknown (docs/csoa.md)\n\nInputs:\n";
    for (size_t i = 0; i < std::min(ordered.size(), kMostInputs); ++i)
      text += fmt::format("  {}: {}\n", printable(c.options[ordered[i].index].name),
                          inputs_text(c, sheet, ordered[i].index));
    if (ordered.size() > kMostInputs) text += fmt::format("  and of {} more: --json\n", ordered.size() - kMostInputs);
  }
  if (!sheet.verdict.rejected.empty()) text += "\nMay not serve:\n";
  for (const auto& r : sheet.verdict.rejected)
    text += fmt::format("  {}: {}\n", printable(c.options[r.index].name), r.message);
  return text;
}

}  // namespace trine::cli

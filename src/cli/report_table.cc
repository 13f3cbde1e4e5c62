#include "cli/report_table.h"

#include <fmt/format.h>

#include "base/human.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using ledger::ReportRow;
using Share = energy::DeviceWindow::Share;

// What a line of the table shows, whether calls or idle devices are behind it.
struct Line {
  Energy energy;
  Carbon carbon;
  Money cost;
  Tokens tokens = 0;
};

std::string per(double v, Tokens tokens) {
  return tokens > 0 ? human_number(v / static_cast<double>(tokens)) : "";
}

// Amounts and what a token takes of each: the columns that all lines have.
std::vector<std::string> amounts(const Line& l, const std::string& currency) {
  return {human(l.cost, currency),
          human(l.energy),
          human(l.carbon),
          per(to_joules(l.energy), l.tokens),
          per(to_euros(l.cost) * 1e6, l.tokens),
          per(to_grams(l.carbon) * 1e6, l.tokens)};
}

std::vector<std::string> cells(std::string name, const ReportRow& r, const std::string& currency) {
  const auto& s = r.sums;
  std::vector<std::string> out = {std::move(name), fmt::format("{}", s.requests), fmt::format("{}", s.in),
                                  fmt::format("{}", s.cached), fmt::format("{}", s.out)};
  for (auto& a : amounts({s.energy, s.operational + s.embodied, s.cost, s.in + s.out}, currency)) {
    out.push_back(std::move(a));
  }
  const auto letter = s.letter();
  out.push_back(letter ? std::string(1, static_cast<char>(*letter)) : "");
  out.push_back(letter ? human_range(s.energy_low, s.energy_high) : "");
  out.push_back(letter ? human_range(s.carbon_low, s.carbon_high) : "");
  out.push_back(r.unattributed.energy == Energy() ? "" : human(r.unattributed.energy));
  return out;
}

// A line without requests: its columns for tokens, quality and range stay empty.
std::vector<std::string> cells(std::string name, const Line& l, const std::string& currency) {
  std::vector<std::string> out = {std::move(name), "", "", "", ""};
  for (auto& a : amounts(l, currency)) out.push_back(std::move(a));
  out.insert(out.end(), {"", "", "", ""});
  return out;
}

Line line_of(const Share& s) {
  return {s.energy, s.operational + s.embodied, s.cost};
}

bool empty(const Share& s) {
  return s == Share{};
}

bool empty(const ReportRow& r) {
  return r.sums.requests == 0 && r.sums.calls == 0 && r.avoided.requests == 0 && empty(r.unattributed) &&
         empty(r.foreign) && !r.prior.any();
}

// Means of the requests that were answered, with what failed ones took on top; in a workload of documents each is a
// document.
std::string per_request(const ledger::Sums& s, const std::string& currency) {
  if (s.answered() <= 0 || s.energy == Energy()) return {};
  const Carbon carbon = s.operational + s.embodied;
  const double n = 1.0 / static_cast<double>(s.answered());
  std::string text = fmt::format("An answered request took {}, {} CO2e and {} in the mean.", human(scale(s.energy, n)),
                                 human(scale(carbon, n)), human(scale(s.cost, n), currency));
  if (s.in + s.out > 0) {
    const double k = 1000.0 / static_cast<double>(s.in + s.out);
    text += fmt::format(" A thousand tokens took {} ({} Wh) and {} CO2e.", human(scale(s.energy, k)),
                        human_number(to_joules(s.energy) * k / 3600), human(scale(carbon, k)));
  }
  return text + '\n';
}

// What came after its month was closed, the idle energy of late windows included.
Line prior_line(const ledger::PriorPeriod& p) {
  const auto& u = p.unattributed;
  return {p.sums.energy + u.energy, p.sums.operational + p.sums.embodied + u.operational + u.embodied,
          p.sums.cost + u.cost};
}

std::vector<std::string> gateway_cells(const ledger::GatewayHours& g) {
  return {"gateway",
          "",
          "",
          "",
          "",
          "",
          human(g.energy),
          human(g.carbon),
          "",
          "",
          "",
          "",
          human_range(g.energy_low, g.energy_high),
          human_range(g.carbon_low, g.carbon_high),
          ""};
}

std::string unit_of(const std::string& currency) {
  return currency == "EUR" ? "€" : currency;
}

constexpr auto kSparedMeans =
    "What these steps spared, as the deployment that served the request would have taken it: an estimate, and a part "
    "of "
    "the saving, never added to it.\n";

std::vector<std::string> step_cells(std::string name, const ledger::AvoidedSums& a, const std::string& currency) {
  const energy::Figures& f = a.figures;
  return {std::move(name),
          fmt::format("{}", a.requests),
          fmt::format("{}", a.in),
          fmt::format("{}", a.out),
          human(f.cost, currency),
          human(f.energy),
          human(f.carbon()),
          std::string(1, static_cast<char>(f.letter)),
          human_range(f.energy_low, f.energy_high),
          human_range(f.carbon_low, f.carbon_high)};
}

std::string steps_text(const ledger::Report& report) {
  Table table({{"step"},
               {"requests", true},
               {"in", true},
               {"out", true},
               {"cost", true},
               {"energy", true},
               {"CO2e", true},
               {"quality"},
               {"energy, 90 % range"},
               {"CO2e, 90 % range"}});
  for (const auto& r : report.rows)
    if (r.avoided.requests > 0) table.row(step_cells(printable(r.name), r.avoided, report.currency));
  table.rule();
  table.row(step_cells("total", report.total.avoided, report.currency));
  std::string text = table.text() + '\n' + kSparedMeans;
  if (const auto& late = report.total.prior.avoided; late.requests > 0)
    text += fmt::format("Prior period: {} requests of months that are closed; in no other line.\n", late.requests);
  return text;
}

}  // namespace

std::string report_notes(const ledger::Report& report) {
  const auto& s = report.total.sums;
  std::string text = per_request(s, report.currency);
  if (const auto& prior = report.total.prior; prior.any()) {
    text += fmt::format(
        "Prior period: of months that are closed, {} calls that came late and {} corrections; in no other line.\n",
        prior.sums.calls, prior.corrections);
  }
  if (report.total.gateway.cpu > Nanos(0)) {
    text += fmt::format("Gateway: an estimate from its {} s of CPU time; in no other line, but in the saving.\n",
                        human_number(seconds(report.total.gateway.cpu)));
  }
  if (const auto& a = report.total.avoided; a.requests > 0) {
    text += fmt::format(
        "Spared by documents and caches: {} tokens of {} requests, about {}, {} CO2e and {}; in no other line, a part "
        "of the saving.\n",
        a.in + a.out, a.requests, human(a.figures.energy), human(a.figures.carbon()),
        human(a.figures.cost, report.currency));
  }
  if (report.simulated) {
    text += s.simulated_calls == s.calls
                ? "Simulated: every answer came from a simulated engine (quality S).\n"
                : fmt::format("Simulated: {} of {} calls went to a simulated engine (quality S).\n", s.simulated_calls,
                              s.calls);
  }
  if (s.counted_calls > 0) {
    text += fmt::format("Of {} calls the tokens were counted here: the engine did not report them.\n", s.counted_calls);
  }
  if (s.unsettled_calls > 0) {
    text +=
        fmt::format("{} calls have no figures yet: their tokens are in the table, nothing else.\n", s.unsettled_calls);
  }
  constexpr const char* kOutcomes[] = {"", "failed", "cancelled", "interrupted", "refused"};
  std::string outcomes;
  for (size_t i = 1; i < s.outcomes.size(); ++i) {
    if (s.outcomes[i] == 0) continue;
    outcomes += fmt::format("{}{} {}", outcomes.empty() ? "" : ", ", s.outcomes[i], kOutcomes[i]);
  }
  if (!outcomes.empty()) text += fmt::format("Of the requests: {}.\n", outcomes);
  return text;
}

std::string report_text(const ledger::Report& report) {
  if (report.query.by == ledger::By::step) {
    const std::string period = fmt::format("{} to {}, tokens that no engine had to process\n\n",
                                           iso8601(report.query.since), iso8601(report.query.until));
    const auto &now = report.total.avoided, &late = report.total.prior.avoided;
    return period + (now.requests + late.requests > 0 ? steps_text(report) : "No step spared a request anything.\n");
  }
  std::string text =
      fmt::format("{} to {}, facility energy, direct figures; per token of input and output together\n\n",
                  iso8601(report.query.since), iso8601(report.query.until));
  const ledger::GatewayHours& gateway = report.total.gateway;
  if (empty(report.total) && gateway.cpu == Nanos(0)) return text + "Nothing was asked in this period.\n";
  const std::string unit = unit_of(report.currency);
  std::vector<Table::Column> columns = {{report.query.by == ledger::By::none ? "" : ledger::name(report.query.by)}};
  for (const std::string& title :
       {std::string("requests"), std::string("in"), std::string("cached"), std::string("out"), std::string("cost"),
        std::string("energy"), std::string("CO2e"), std::string("J/token"), unit + "/Mtok", std::string("g/Mtok")}) {
    columns.push_back({title, true});
  }
  columns.insert(columns.end(), {{"quality"}, {"energy, 90 % range"}, {"CO2e, 90 % range"}, {"idle energy", true}});
  Table table(std::move(columns));
  for (const auto& r : report.rows) {
    if (!empty(r)) table.row(cells(r.name.empty() ? "(none)" : printable(r.name), r, report.currency));
  }
  table.rule();
  ReportRow total = report.total;
  total.unattributed = {};  // has its own line
  table.row(cells("total", total, report.currency));
  const auto& u = report.total.unattributed;
  if (!empty(u)) {
    const auto& s = report.total.sums;
    table.row(cells("unattributed idle", line_of(u), report.currency));
    const Line loaded{s.energy + u.energy, s.operational + s.embodied + u.operational + u.embodied, s.cost + u.cost,
                      s.in + s.out};
    table.row(cells("fully loaded", loaded, report.currency));
  }
  if (!empty(report.total.foreign)) table.row(cells("foreign load", line_of(report.total.foreign), report.currency));
  if (const auto& prior = report.total.prior; prior.any()) {
    table.row(cells("prior period", prior_line(prior), report.currency));
    if (!empty(prior.foreign)) table.row(cells("prior foreign load", line_of(prior.foreign), report.currency));
  }
  if (gateway.cpu > Nanos(0)) table.row(gateway_cells(gateway));
  text += table.text();
  const std::string below = report_notes(report);
  return below.empty() ? text : text + '\n' + below;
}

}  // namespace trine::cli

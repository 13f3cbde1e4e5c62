#include "cli/report_csv.h"

#include "report/csv.h"

namespace trine::cli {
namespace {

using report::Csv;

constexpr int kEnergy = 6, kCarbon = 9, kMoney = 9;

void put(Csv& csv, int64_t n) {
  csv.number(fmt::format("{}", n));
}
void put(Csv& csv, Energy e) {
  csv.exact(e.raw(), kEnergy);
}
void put(Csv& csv, Carbon c) {
  csv.exact(c.raw(), kCarbon);
}
void put(Csv& csv, Money m) {
  csv.exact(m.raw(), kMoney);
}
void put(Csv& csv, const std::optional<Carbon>& c) {
  if (c)
    put(csv, *c);
  else
    csv.number("");
}
template <class... T>
void put_all(Csv& csv, const T&... values) {
  (put(csv, values), ...);
}

std::string quality(const ledger::Sums& s) {
  return s.letter() ? std::string(1, static_cast<char>(*s.letter())) : "";
}

void period(Csv& csv, const ledger::Report& r) {
  csv.text(iso8601(r.query.since)).text(iso8601(r.query.until));
}

std::string rows(const ledger::Report& r) {
  Csv csv({"from",
           "until",
           ledger::name(r.query.by),
           "requests",
           "calls",
           "tokens_in",
           "tokens_cached",
           "tokens_out",
           "currency",
           "cost",
           "energy_j",
           "energy_low_j",
           "energy_high_j",
           "operational_g",
           "embodied_g",
           "carbon_g",
           "carbon_low_g",
           "carbon_high_g",
           "quality",
           "idle_cost",
           "idle_energy_j",
           "idle_carbon_g",
           "foreign_energy_j",
           "avoided_tokens_in",
           "avoided_tokens_out",
           "prior_cost",
           "prior_energy_j",
           "prior_carbon_g"});
  const auto put_row = [&](const ledger::ReportRow& row) {
    const auto &s = row.sums, &p = row.prior.sums;
    const auto& u = row.unattributed;
    period(csv, r);
    csv.text(row.name);
    put_all(csv, s.requests, s.calls, s.in, s.cached, s.out);
    csv.text(r.currency);
    put_all(csv, s.cost, s.energy, s.energy_low, s.energy_high, s.operational, s.embodied, s.operational + s.embodied,
            s.carbon_low, s.carbon_high);
    csv.text(quality(s));
    put_all(csv, u.cost, u.energy, u.operational + u.embodied, row.foreign.energy, row.avoided.in, row.avoided.out,
            p.cost, p.energy, p.operational + p.embodied);
    csv.end_row();
  };
  if (r.query.by == ledger::By::none) put_row(r.total);
  for (const auto& row : r.rows) put_row(row);
  return csv.bytes();
}

std::string steps(const ledger::Report& r) {
  Csv csv({"from", "until", "step", "requests", "without_call", "tokens_in", "tokens_out", "currency", "cost",
           "energy_j", "energy_low_j", "energy_high_j", "carbon_g", "carbon_low_g", "carbon_high_g", "quality"});
  for (const auto& row : r.rows) {
    const auto& a = row.avoided;
    const auto& f = a.figures;
    period(csv, r);
    csv.text(row.name);
    put_all(csv, a.requests, a.without_call, a.in, a.out);
    csv.text(r.currency);
    put_all(csv, f.cost, f.energy, f.energy_low, f.energy_high, f.carbon(), f.carbon_low, f.carbon_high);
    csv.text(std::string(1, static_cast<char>(f.letter))).end_row();
  }
  return csv.bytes();
}

template <class Amount>
void put_parts(Csv& csv, const report::Charge::Parts<Amount>& p) {
  put_all(csv, p.direct, p.idle, p.prior, p.total());
}

std::string charges(const ReportData& data) {
  Csv csv({"from",           "until",          "org",       "team",
           "project",        "requests",       "tokens_in", "tokens_cached",
           "tokens_out",     "currency",       "cost",      "idle_cost",
           "prior_cost",     "total_cost",     "energy_j",  "idle_energy_j",
           "prior_energy_j", "total_energy_j", "carbon_g",  "idle_carbon_g",
           "prior_carbon_g", "total_carbon_g", "quality"});
  for (const auto& c : data.chargeback) {
    period(csv, data.report);
    csv.text(c.org).text(c.team).text(c.project);
    put_all(csv, c.sums.requests, c.sums.in, c.sums.cached, c.sums.out);
    csv.text(data.report.currency);
    put_parts(csv, c.cost);
    put_parts(csv, c.energy);
    put_parts(csv, c.carbon);
    csv.text(quality(c.sums)).end_row();
  }
  return csv.bytes();
}

// A line for each category of each place: what a template for CSRD takes over.
std::string ghg_lines(const ReportData& data) {
  Csv csv({"from", "until", "category", "method", "deployment", "zone", "supply", "energy_j", "emissions_g",
           "factor_source", "energy_without_factor_j"});
  const auto line = [&](const char* category, const char* method, const report::GhgPlace& p, Energy energy,
                        const std::optional<Carbon>& carbon, const std::string& source, Energy uncovered) {
    period(csv, data.report);
    csv.text(category).text(method).text(p.deployment).text(p.zone).text(report::name(p.supply));
    put_all(csv, energy, carbon);
    csv.text(source);
    put(csv, uncovered);
    csv.end_row();
  };
  constexpr auto kLifecycle = "lifecycle, location-based";
  for (const auto& p : data.ghg.places) {
    switch (p.supply) {
      case report::Supply::own:
        line("scope 2", "location-based, direct", p, p.location.covered, p.location.carbon, p.location.source,
             p.location.uncovered);
        line("scope 2", "market-based", p, p.market.covered, p.market.carbon, p.market.source, p.market.uncovered);
        // The two columns of energy add up to the place's, with or without a figure.
        line("scope 3.3", "lifecycle less direct", p, p.upstream ? p.location.covered : Energy(), p.upstream,
             p.location.source, p.upstream ? p.location.uncovered : p.energy);
        break;
      case report::Supply::rented:
      case report::Supply::api:
        line("scope 3.1", kLifecycle, p, p.energy, p.lifecycle, "ledger", Energy());
        break;
      case report::Supply::unknown:
        line("not classified", kLifecycle, p, p.energy, p.lifecycle, "ledger", Energy());
    }
  }
  // The gateway's own machine, and what came for closed months.
  report::GhgPlace rest;
  rest.deployment = "(gateway, closed months)";
  rest.energy = data.ghg.unclassified;
  rest.lifecycle = data.ghg.unclassified_lifecycle;
  for (const auto& p : data.ghg.places) {
    if (p.supply != report::Supply::unknown) continue;
    rest.energy -= p.energy;
    rest.lifecycle -= p.lifecycle;
  }
  if (rest.energy != Energy() || rest.lifecycle != Carbon())
    line("not classified", kLifecycle, rest, rest.energy, rest.lifecycle, "ledger", Energy());
  return csv.bytes();
}

}  // namespace

std::string report_csv(const ReportData& data, std::string_view table) {
  if (table == "hours") return rows(data.hours);
  if (table == "steps") return steps(data.steps);
  if (table == "chargeback") return charges(data);
  if (table == "ghg") return ghg_lines(data);
  return data.report.query.by == ledger::By::step ? steps(data.report) : rows(data.report);
}

}  // namespace trine::cli

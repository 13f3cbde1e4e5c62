#include "cli/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/human.h"
#include "cli/report_charts.h"
#include "cli/report_method.h"
#include "cli/report_table.h"
#include "cli/table.h"
#include "ledger/month.h"

namespace trine::cli {
namespace {

using report::PageTable;
using TextRow = std::vector<std::string>;

std::string day_of(Wall t) {
  const auto text = iso8601(t);
  return text.ends_with("T00:00:00Z") ? text.substr(0, 10) : text;
}

std::string letter_of(const ledger::Sums& s) {
  return s.letter() ? std::string(1, static_cast<char>(*s.letter())) : "";
}

// 1234567 is "1,234,567".
std::string count(int64_t n) {
  std::string digits = fmt::format("{}", n);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

std::string shown(const std::string& name) {
  return printable(name.empty() ? "(none)" : name);
}

Carbon carbon_of(const energy::DeviceWindow::Share& s) {
  return s.operational + s.embodied;
}

std::string title_of(const ledger::ReportQuery& q) {
  const auto month = ledger::month_of(q.since);
  if (month == ledger::Month{q.since, q.until}) return fmt::format("Cost, energy and carbon of AI in {}", month.text());
  return "Cost, energy and carbon of AI";
}

std::string subtitle_of(const ledger::ReportQuery& q, Wall now) {
  std::string text = fmt::format("{} to {} (UTC)", day_of(q.since), day_of(q.until));
  const auto only = [&](const char* what, const std::optional<std::string>& name) {
    if (name) text += fmt::format(", only {} {}", what, shown(*name));
  };
  only("workload", q.workload);
  only("key", q.key);
  only("deployment", q.deployment);
  only("zone", q.zone);
  return text + fmt::format("; made on {}", day_of(Wall(std::chrono::floor<std::chrono::days>(now))));
}

std::string idle_note(const std::string& idle, bool any) {
  return any ? fmt::format("of it {} idle", idle) : "";
}

report::Headlines headlines(const ReportData& d) {
  const auto& t = d.report.total;
  const auto& s = t.sums;
  const auto& u = t.unattributed;
  const auto& currency = d.report.currency;
  const Carbon carbon = s.operational + s.embodied;
  const auto sci = d.sci.grams_per_1k_tokens();
  report::Headlines h;
  h.facts.push_back({human(s.cost + u.cost, currency), "cost", idle_note(human(u.cost, currency), u.cost != Money())});
  h.facts.push_back({human(s.energy + u.energy), "electricity", idle_note(human(u.energy), u.energy != Energy())});
  h.facts.push_back({human(carbon + carbon_of(u)), "CO2e, operation and hardware",
                     human_range(s.carbon_low + carbon_of(u), s.carbon_high + carbon_of(u))});
  h.facts.push_back({count(s.requests), "requests", fmt::format("{} tokens in and out", count(s.in + s.out))});
  h.facts.push_back({sci ? human(grams(*sci)) : "-", "CO2e per 1,000 tokens (SCI)", "ISO/IEC 21031"});
  if (const auto& saved = d.savings.savings) {
    h.facts.push_back({saved->cost_unclear() ? "not distinguishable" : human(saved->saved.cost, currency),
                       "saved against the baseline",
                       human_range(saved->saved.cost_low, saved->saved.cost_high, currency)});
  } else {
    h.facts.push_back(
        {letter_of(s).empty() ? "-" : letter_of(s), "quality of the figures", "A metered ... D estimate"});
  }
  return h;
}

PageTable saving_table(const score::Savings& s, const std::string& currency) {
  PageTable t{{{""}, {"baseline", true}, {"taken", true}, {"saved", true}, {"90 % range of the saving", true}}, {}, 0};
  const auto &b = s.baseline, &a = s.actual, &d = s.saved;
  t.rows.push_back({"cost", human(b.cost, currency), human(a.cost, currency), human(d.cost, currency),
                    human_range(d.cost_low, d.cost_high, currency)});
  t.rows.push_back(
      {"electricity", human(b.energy), human(a.energy), human(d.energy), human_range(d.energy_low, d.energy_high)});
  t.rows.push_back(
      {"CO2e", human(b.carbon), human(a.carbon), human(d.carbon), human_range(d.carbon_low, d.carbon_high)});
  return t;
}

PageTable rows_table(const ledger::Report& r) {
  PageTable t{{{ledger::name(r.query.by)},
               {"requests", true},
               {"tokens", true},
               {"cost", true},
               {"electricity", true},
               {"CO2e", true},
               {"J/token", true},
               {"g/Mtok", true},
               {"quality", true}},
              {},
              1};
  const auto row = [&](std::string name, const ledger::ReportRow& x) {
    const auto& s = x.sums;
    const Carbon carbon = s.operational + s.embodied;
    const auto tokens = static_cast<double>(s.in + s.out);
    const auto per = [&](double v) { return tokens > 0 ? human_number(v / tokens) : std::string(); };
    t.rows.push_back({std::move(name), count(s.requests), count(s.in + s.out), human(s.cost, r.currency),
                      human(s.energy), human(carbon), per(to_joules(s.energy)), per(to_grams(carbon) * 1e6),
                      letter_of(s)});
  };
  for (const auto& x : r.rows)
    if (x.sums.requests + x.sums.calls > 0) row(shown(x.name), x);
  row("total", r.total);
  const auto share = [&](const char* name, const energy::DeviceWindow::Share& s) {
    if (s == energy::DeviceWindow::Share{}) return;
    t.rows.push_back({name, "", "", human(s.cost, r.currency), human(s.energy), human(carbon_of(s)), "", "", ""});
    ++t.totals;
  };
  share("idle machines", r.total.unattributed);
  share("foreign load", r.total.foreign);
  if (const auto& g = r.total.gateway; g.cpu > Nanos(0)) {
    t.rows.push_back({"the gateway itself", "", "", "", human(g.energy), human(g.carbon), "", "", "D"});
    ++t.totals;
  }
  return t;
}

PageTable charge_table(const std::vector<report::Charge>& charges, const std::string& currency) {
  PageTable t{{{"org"},
               {"team"},
               {"project"},
               {"requests", true},
               {"tokens", true},
               {"cost", true},
               {"idle share", true},
               {"total", true},
               {"electricity", true},
               {"CO2e", true}},
              {},
              1};
  bool prior = false;
  for (const auto& c : charges) prior = prior || c.cost.prior != Money() || c.energy.prior != Energy();
  if (prior) t.columns.insert(t.columns.begin() + 7, {"closed months", true});
  report::Charge sum;
  const auto row = [&](std::string org, std::string team, std::string project, const report::Charge& c) {
    TextRow cells = {std::move(org),
                     std::move(team),
                     std::move(project),
                     count(c.sums.requests),
                     count(c.sums.in + c.sums.out),
                     human(c.cost.direct, currency),
                     human(c.cost.idle, currency)};
    if (prior) cells.push_back(human(c.cost.prior, currency));
    cells.insert(cells.end(), {human(c.cost.total(), currency), human(c.energy.total()), human(c.carbon.total())});
    t.rows.push_back(std::move(cells));
  };
  const auto add = [](auto& to, const auto& parts) {
    to.direct += parts.direct;
    to.idle += parts.idle;
    to.prior += parts.prior;
  };
  for (const auto& c : charges) {
    row(shown(c.org), shown(c.team), shown(c.project), c);
    sum.sums.requests += c.sums.requests;
    sum.sums.in += c.sums.in;
    sum.sums.out += c.sums.out;
    add(sum.cost, c.cost);
    add(sum.energy, c.energy);
    add(sum.carbon, c.carbon);
  }
  row("total", "", "", sum);
  return t;
}

PageTable step_table(const ledger::Report& steps) {
  PageTable t{{{"step"},
               {"requests", true},
               {"tokens spared", true},
               {"cost", true},
               {"electricity", true},
               {"CO2e", true},
               {"quality", true}},
              {},
              1};
  const auto row = [&](std::string name, const ledger::AvoidedSums& a) {
    t.rows.push_back({std::move(name), count(a.requests), count(a.in + a.out), human(a.figures.cost, steps.currency),
                      human(a.figures.energy), human(a.figures.carbon()),
                      std::string(1, static_cast<char>(a.figures.letter))});
  };
  for (const auto& x : steps.rows)
    if (x.avoided.requests > 0) row(shown(x.name), x.avoided);
  row("total", steps.total.avoided);
  return t;
}

std::string known(const std::optional<Carbon>& c) {
  return c ? human(*c) : "not known";
}

PageTable ghg_table(const report::Ghg& g) {
  PageTable t{{{"category"}, {"what"}, {"method"}, {"emissions", true}, {"electricity without a factor", true}}, {}, 0};
  Energy own;
  bool located = false, marketed = false, upstream = false;
  for (const auto& p : g.places) {
    if (p.supply != report::Supply::own) continue;
    own += p.energy;
    located = located || p.location.carbon;
    marketed = marketed || p.market.carbon;
    upstream = upstream || p.upstream;
  }
  const auto if_known = [](bool any, Carbon c) { return any ? std::optional(c) : std::nullopt; };
  const auto missing = [](Energy e) { return e == Energy() ? std::string() : human(e); };
  if (own != Energy()) {
    t.rows.push_back({"scope 2", "electricity bought for own machines", "location-based, direct factors",
                      known(if_known(located, g.scope2_location)), missing(g.no_direct_factor)});
    t.rows.push_back({"scope 2", "the same", "market-based: contracts, certificates",
                      known(if_known(marketed, g.scope2_market)), missing(g.no_market_factor)});
    t.rows.push_back({"scope 3.3", "fuels and grids upstream of it", "lifecycle less direct",
                      known(if_known(upstream, g.scope3_3)), missing(g.no_direct_factor)});
  }
  t.rows.push_back({"scope 3.1", "rented machines and APIs", "lifecycle, location-based", human(g.scope3_1), ""});
  if (g.unclassified != Energy())
    t.rows.push_back({"not classified", fmt::format("{} of electricity", human(g.unclassified)),
                      "lifecycle, location-based", human(g.unclassified_lifecycle), ""});
  return t;
}

// An auditor asks for them first.
std::string factors_of(const report::Ghg& g) {
  std::string text;
  for (const auto& p : g.places) {
    if (p.supply != report::Supply::own) continue;
    const auto source = [](const report::GhgPlace::Scope2& s) {
      return s.source.empty() ? std::string("none") : printable(s.source);
    };
    text += fmt::format("{}{} in zone {}: direct {}, contract {}", text.empty() ? "Factors: " : "; ",
                        shown(p.deployment), shown(p.zone), source(p.location), source(p.market));
  }
  return text.empty() ? text : text + '.';
}

void add_lines(report::Page& page, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) page.blocks.emplace_back(report::Paragraph{text.substr(at, end - at)});
    at = end + 1;
  }
}

}  // namespace

report::Page report_page(const ReportData& d, Wall now) {
  report::Page page;
  page.title = title_of(d.report.query);
  page.subtitle = subtitle_of(d.report.query, now);
  page.footer = fmt::format("Trine {}. The method in full: docs/accounting.md and docs/reports.md of this version.",
                            TRINE_VERSION);
  auto& b = page.blocks;
  const auto& total = d.report.total;
  if (total.sums.requests + total.sums.calls == 0 && total.unattributed.energy == Energy()) {
    b.emplace_back(report::Paragraph{"Nothing was asked in this period."});
    return page;
  }
  if (d.report.simulated)
    b.emplace_back(report::Paragraph{
        "SIMULATED: answers in this period came from a simulated engine. These are no measurements."});
  b.emplace_back(headlines(d));
  b.emplace_back(report::Heading{"What was saved"});
  b.emplace_back(report::Paragraph{d.savings.sentence});
  if (d.savings.savings) b.emplace_back(saving_table(*d.savings.savings, d.report.currency));

  b.emplace_back(report::Heading{"How it went"});
  for (auto& chart : time_charts(d)) b.emplace_back(std::move(chart));
  for (auto& chart : name_charts(d)) b.emplace_back(std::move(chart));

  if (d.report.query.by != ledger::By::step) {
    const bool whole = d.report.query.by == ledger::By::none;
    b.emplace_back(report::Heading{whole ? "In total" : fmt::format("By {}", ledger::name(d.report.query.by))});
    b.emplace_back(rows_table(d.report));
  }
  add_lines(page, report_notes(d.report));
  b.emplace_back(report::Heading{"The bill by organisation, team and project"});
  b.emplace_back(charge_table(d.chargeback, d.report.currency));
  if (d.steps.total.avoided.requests > 0) {
    b.emplace_back(report::Heading{"Spared by documents and caches"});
    b.emplace_back(
        report::Paragraph{"What these steps spared, as the deployment that served the request would have taken it. An "
                          "estimate; a part of "
                          "the saving above, never added to it."});
    b.emplace_back(step_table(d.steps));
  }
  b.emplace_back(report::Heading{"For the greenhouse gas inventory"});
  b.emplace_back(ghg_table(d.ghg));
  add_lines(page, factors_of(d.ghg));
  for (auto& block : method_blocks(d)) b.emplace_back(std::move(block));
  return page;
}

}  // namespace trine::cli

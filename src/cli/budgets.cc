// trine budgets list: what each budget of the configuration has left, by the ledger.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/pages.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/table.h"
#include "gateway/limit/say.h"
#include "protect/forecast.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BudgetRow {
  const protect::BudgetUse& budget;
  protect::BudgetView view;
  protect::Forecast forecast;
  double used() const {
    return budget.rule.limit == 0 ? 1 : static_cast<double>(view.spent) / static_cast<double>(budget.rule.limit);
  }
  // Divided, not multiplied: what the file says comes out as it stands there.
  double amount(int64_t raw) const {
    return static_cast<double>(raw) / (budget.rule.unit == protect::Unit::energy ? 3.6e12 : 1e9);
  }
};

std::string moment(Wall t) {
  return iso8601(std::chrono::floor<std::chrono::seconds>(t));
}

Json to_json(const BudgetRow& r, const std::string& currency) {
  const protect::BudgetRule& rule = r.budget.rule;
  Json j{{"for", {{std::string(protect::name(r.budget.scope)), r.budget.subject}}},
         {"unit", gateway::unit_text(rule.unit, currency)},
         {"spent", r.amount(r.view.spent)},
         {"limit", r.amount(rule.limit)},
         {"spent_raw", r.view.spent},
         {"limit_raw", rule.limit},
         {"used", r.used()},
         {"soft", rule.soft},
         {"hard", rule.hard},
         {"period", gateway::text_of(rule.period)},
         {"begin", moment(r.view.begin)},
         {"reset", moment(r.view.reset)},
         {"runs_out", nullptr},
         {"forecast_known", r.forecast.known}};
  if (r.forecast.runs_out) j["runs_out"] = moment(*r.forecast.runs_out);
  return j;
}

std::string table(const std::vector<BudgetRow>& rows, const std::string& currency) {
  Table t({{"FOR"}, {"SPENT", true}, {"LIMIT", true}, {"UNIT"}, {"USED", true}, {"PERIOD"}, {"RESETS"}, {"RUNS OUT"}});
  for (const BudgetRow& r : rows) {
    const protect::BudgetRule& rule = r.budget.rule;
    t.row({printable(fmt::format("{} {}", protect::name(r.budget.scope), r.budget.subject)),
           gateway::amount_text(r.view.spent, rule.unit), gateway::amount_text(rule.limit, rule.unit),
           gateway::unit_text(rule.unit, currency), fmt::format("{:.1f} %", r.used() * 100),
           gateway::text_of(rule.period), moment(r.view.reset),
           r.forecast.runs_out ? moment(*r.forecast.runs_out)
           : r.forecast.known  ? "not before it resets"
                               : "unknown yet"});
  }
  return t.text();
}

std::vector<BudgetRow> rows_of(const gateway::LimitTable& limits, Wall now) {
  std::vector<BudgetRow> rows;
  for (const auto& b : limits.budgets()) {
    const auto view = b.account->view(now);
    rows.push_back({b, view, forecast(view, b.rule, now)});
  }
  return rows;
}

std::string list_json(const std::vector<BudgetRow>& rows, const std::string& currency, Wall now) {
  Json all = Json::array();
  for (const BudgetRow& r : rows) all.push_back(to_json(r, currency));
  return Json{{"now", moment(now)}, {"budgets", all}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string budgets_json(const gateway::Snapshot& s, Wall now) {
  return list_json(rows_of(*s.limits, now), s.config->ledger.currency, now);
}

int run_budgets_list(const BudgetsListOptions& o) {
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  const auto snapshot = resolve(place->config);
  if (!snapshot) return complain(snapshot.error());
  const Wall now = system_clock().wall();
  const auto& limits = *(*snapshot)->limits;
  // A gateway that never ran has spent nothing.
  if (const auto known = gateway::seed(limits, ledger::Reports(place->dir), now);
      !known && known.error().code != Code::not_found)
    return complain(known.error());
  const std::vector<BudgetRow> rows = rows_of(limits, now);
  const std::string& currency = (*snapshot)->config->ledger.currency;
  if (o.json) {
    say(list_json(rows, currency, now));
    return kOk;
  }
  say(rows.empty() ? "The configuration has no budgets." : table(rows, currency));
  return kOk;
}

}  // namespace trine::cli

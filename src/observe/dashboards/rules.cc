#include <fmt/format.h>

#include "observe/dashboards/board.h"

namespace trine::observe {
namespace {

struct Recording {
  const char* record;
  const char* expr;
};

constexpr Recording kRecordings[] = {
    {"deployment:trine_joules_per_token:rate5m",
     "sum by (deployment) (rate(trine_energy_joules_total[5m])) / sum by (deployment) (rate(trine_tokens_total[5m]))"},
    {"deployment:trine_cost_per_hour:rate5m", "3600 * sum by (deployment, currency) (rate(trine_cost_total[5m]))"},
    {"workload:trine_watts:rate5m", "sum by (workload) (rate(trine_workload_energy_joules_total[5m]))"},
    {"zone:trine_carbon_grams_per_hour:rate5m", "3600 * sum by (zone) (rate(trine_carbon_grams_total[5m]))"},
    {"trine:unattributed_energy:ratio1h",
     "sum by (deployment) (increase(trine_device_unattributed_energy_joules_total[1h])) / sum by (deployment) "
     "(increase(trine_device_energy_joules_total[1h]))"},
    {"trine:failed_requests:ratio5m",
     R"(sum(rate(trine_server_errors_total[5m])) / (sum(rate(trine_requests_total{outcome=~"ok|failed"}[5m])) + sum(rate(trine_server_errors_total{outcome="refused"}[5m]))))"},
    {"trine:failed_requests:ratio1h",
     R"(sum(rate(trine_server_errors_total[1h])) / (sum(rate(trine_requests_total{outcome=~"ok|failed"}[1h])) + sum(rate(trine_server_errors_total{outcome="refused"}[1h]))))"},
};

struct Alert {
  const char* name;
  const char* expr;
  const char* hold;
  const char* severity;
  const char* summary;
  const char* description;
};

// 14.4: at that pace a month's allowance of failures (0.1 % of requests) is gone in two days.
constexpr Alert kAlerts[] = {
    {"TrineCarbonBudgetBurn",
     R"(deriv(trine_budget_spent{unit="gCO2e",period=~"month.*"}[6h]) * 2592000 > 1.5 * trine_budget_limit{unit="gCO2e",period=~"month.*"} or deriv(trine_budget_spent{unit="gCO2e",period=~"day.*"}[1h]) * 86400 > 1.5 * trine_budget_limit{unit="gCO2e",period=~"day.*"})",
     "15m", "warning", "The carbon budget of {{ $labels.scope }} {{ $labels.subject }} burns too fast",
     "At this pace it will emit over 1.5 times its {{ $labels.period }} budget."},
    // A hard budget is never quite spent: it refuses what would not fit.
    {"TrineBudgetSpent", "trine_budget_spent >= 0.98 * trine_budget_limit", "1m", "critical",
     "The budget of {{ $labels.scope }} {{ $labels.subject }} is spent",
     "{{ $labels.unit }} per {{ $labels.period }}, over 98 % of it; a hard budget refuses requests from here on."},
    {"TrineBudgetRefuses", R"(sum(increase(trine_limit_refusals_total{kind="budget"}[5m])) > 0)", "1m", "critical",
     "Requests are refused for a budget", "The board \"Guard\" and `trine budgets list` say which one is spent."},
    {"TrineMeterStale", "trine_meter_up == 0 or trine_meter_lag_seconds > 120", "5m", "warning",
     "The meter of {{ $labels.deployment }} is silent", "Its energy is an estimate until the meter speaks again."},
    {"TrineIntensityStale", "trine_grid_source_up == 0 or trine_grid_source_age_seconds > 7200", "30m", "warning",
     "{{ $labels.source }} says nothing new of {{ $labels.zone }}",
     "Calls there are booked by older values, then by the year's mean."},
    {"TrineUnattributedIdle",
     "trine:unattributed_energy:ratio1h > 0.8 and on (deployment) sum by (deployment) "
     "(rate(trine_device_energy_joules_total[1h])) > 100",
     "1h", "warning", "{{ $labels.deployment }} mostly idles",
     "Over 80 % of over 100 W are no request's: fewer or smaller machines would do. `trine plan` says which."},
    {"TrineSloBurn", "trine:failed_requests:ratio5m > 14.4 * 0.001 and trine:failed_requests:ratio1h > 14.4 * 0.001",
     "2m", "critical", "Requests fail",
     "At this pace a month's allowance of 0.1 % failed requests is gone in two days. Clients' mistakes are not "
     "counted."},
    {"TrineAbuse",
     R"(increase(trine_abuse_raised_total{level=~"slowed|suspended"}[15m]) > 0 or sum(increase(trine_guard_requests_total{action="block"}[15m])) > 50)",
     "0m", "warning", "A client is abusive",
     "`trine abuse list` and the audit log say who; docs/abuse.md says what to do."},
    // Without a health page one that is down is tried with a request now and then, and counts as healthy meanwhile.
    {"TrineDeploymentDown", "trine_deployment_healthy == 0 or trine_deployment_failures >= 3", "2m", "critical",
     "{{ $labels.deployment }} gets no requests", "It does not answer, or its last calls failed."},
    {"TrineLedgerFull", "trine_ledger_full == 1 or trine_ledger_fold_failing == 1", "1m", "critical",
     "The ledger takes no records", "Make room on its disk; the gateway's log says what is wrong."},
};

// A scalar of YAML that needs no escapes: single quotes, doubled within.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

}  // namespace

std::string rules_yaml() {
  std::string out =
      "# Made by `trine dashboards generate`. Prometheus: rule_files: [trine.rules.yaml]\n"
      "groups:\n  - name: trine-recording\n    interval: 30s\n    rules:\n";
  for (const Recording& r : kRecordings)
    out += fmt::format("      - record: {}\n        expr: {}\n", r.record, quoted(r.expr));
  out += "  - name: trine-alerts\n    rules:\n";
  for (const Alert& a : kAlerts)
    out += fmt::format(
        "      - alert: {}\n        expr: {}\n        for: {}\n        labels: {{ severity: {} }}\n"
        "        annotations:\n          summary: {}\n          description: {}\n",
        a.name, quoted(a.expr), a.hold, a.severity, quoted(a.summary), quoted(a.description));
  return out;
}

}  // namespace trine::observe

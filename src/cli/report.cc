// trine report: what the ledger says of a period, and the saving.

#include "cli/commands.h"
#include "cli/period.h"
#include "cli/report_table.h"
#include "cli/savings.h"
#include "cli/say.h"
#include "cli/source.h"

namespace trine::cli {
namespace {

SavingsReport savings_of(const LedgerPlace& place, const ledger::Reports& reports, ledger::ReportQuery query) {
  SavingsReport out;
  if (!place.config) {
    out.sentence = "No saving: only a configuration (-c FILE) says what to compare with.";
    return out;
  }
  const auto snapshot = resolve(place.config);
  if (!snapshot) {
    out.sentence = fmt::format("No saving: {}", snapshot.error().message);
    return out;
  }
  query.by = ledger::By::hour;
  const auto hours = reports.query(query);
  if (!hours) {
    out.sentence = fmt::format("No saving: {}", hours.error().message);
    return out;
  }
  return savings_report(**snapshot, *hours);
}

}  // namespace

int run_report(const ReportOptions& o) {
  const auto by = ledger::parse_by(o.by);
  if (!by) return complain(fmt::format("--by {} is no grouping.", o.by), kUsage);
  const auto period = parse_period(o.since, o.until, system_clock().wall());
  if (!period) return complain(period.error().message, kUsage);
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());

  const ledger::ReportQuery query{period->since, period->until, *by, o.workload, o.key, o.deployment, o.zone};
  const ledger::Reports reports(place->dir);
  auto report = reports.query(query);
  if (!report) return complain(report.error());
  if (place->config) report->currency = place->config->ledger.currency;
  const auto savings = savings_of(*place, reports, query);
  if (!o.json) {
    say(fmt::format("{}\n{}", report_text(*report), savings.sentence));
    return kOk;
  }
  // Ours goes into the ledger's object: both are JSON already.
  std::string json = ledger::to_json(*report);
  json.pop_back();
  say(fmt::format("{},\"savings\":{}}}", json, to_json(savings)));
  return kOk;
}

}  // namespace trine::cli

// trine report: what the ledger says of a period, and the saving.

#include "cli/commands.h"
#include "cli/market.h"
#include "cli/pages.h"
#include "cli/period.h"
#include "cli/report_table.h"
#include "cli/savings.h"
#include "cli/say.h"
#include "cli/source.h"

namespace trine::cli {
namespace {

using Snapshot = Result<std::shared_ptr<const gateway::Snapshot>>;

// Ours go into the ledger's object: all are JSON already.
Result<std::string> with_savings(const ledger::Report& report, const SavingsReport& savings,
                                 const gateway::Snapshot* snapshot, const ledger::Reports& reports) {
  std::vector<MarketZone> market;
  if (snapshot) {
    auto zones = market_zones(*snapshot, reports, report.query);
    if (!zones) return tl::unexpected(zones.error());
    market = std::move(*zones);
  }
  std::string json = ledger::to_json(report);
  json.pop_back();
  return fmt::format("{},\"market_based\":{},\"savings\":{}}}", json, to_json(market), to_json(savings));
}

SavingsReport savings_of(const Snapshot& snapshot, const ledger::Reports& reports, ledger::ReportQuery query) {
  SavingsReport out;
  query.by = ledger::By::hour;
  const auto hours = snapshot ? reports.query(query) : tl::unexpected(snapshot.error());
  if (hours) return savings_report(**snapshot, *hours);
  out.sentence = fmt::format("No saving: {}", hours.error().message);
  return out;
}

}  // namespace

Result<std::string> report_json(std::shared_ptr<const gateway::Snapshot> snapshot, const ledger::ReportQuery& query) {
  const ledger::Reports reports(snapshot->config->ledger.dir);
  auto report = reports.query(query);
  if (!report) return tl::unexpected(report.error());
  report->currency = snapshot->config->ledger.currency;
  return with_savings(*report, savings_of(snapshot, reports, query), snapshot.get(), reports);
}

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
  const Snapshot snapshot =
      place->config ? resolve(place->config)
                    : fail(Code::failed_precondition, "only a configuration (-c FILE) says what to compare with.");
  const auto savings = savings_of(snapshot, reports, query);
  if (!o.json) {
    say(fmt::format("{}\n{}", report_text(*report), savings.sentence));
    return kOk;
  }
  const auto json = with_savings(*report, savings, snapshot ? snapshot->get() : nullptr, reports);
  if (!json) return complain(json.error());
  say(*json);
  return kOk;
}

}  // namespace trine::cli

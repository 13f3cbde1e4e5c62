// trine report: what the ledger says of a period, and the saving; as a table, or as pages and files to forward.
#include <unistd.h>

#include <fstream>

#include "cli/commands.h"
#include "cli/pages.h"
#include "cli/period.h"
#include "cli/report_csv.h"
#include "cli/report_data.h"
#include "cli/report_page.h"
#include "cli/report_table.h"
#include "cli/say.h"
#include "cli/source.h"
#include "ledger/month.h"

namespace trine::cli {
namespace {

using Loaded = Result<std::shared_ptr<const gateway::Snapshot>>;

Result<Period> period_of(const ReportOptions& o, Wall now) {
  if (o.month.empty()) return parse_period(o.since, o.until, now);
  const auto month = ledger::parse_month(o.month);
  if (!month) return tl::unexpected(month.error());
  return Period{month->from, month->until};
}

// To the file, if one is named. A PDF is nothing for a terminal.
int deliver(const ReportOptions& o, const std::string& bytes) {
  if (o.out.empty()) {
    if (o.format == "pdf" && ::isatty(STDOUT_FILENO) != 0) return complain("A PDF needs a file: -o report.pdf", kUsage);
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    return kOk;
  }
  std::ofstream file(o.out, std::ios::binary);
  if (file << bytes && file.flush()) return kOk;
  return complain(fmt::format("{}: cannot be written.", o.out));
}

// Pages have a table, so they need something to break down by.
ledger::By page_by(const ReportOptions& o, ledger::By by) {
  const bool page = o.format == "html" || o.format == "md" || o.format == "pdf";
  return page && by == ledger::By::none ? ledger::By::deployment : by;
}

Result<std::string> formatted(const ReportOptions& o, const ReportData& data, Wall now) {
  if (o.json) return to_json(data) + '\n';
  if (o.format == "csv") return report_csv(data, o.table);
  const report::Page page = report_page(data, now);
  if (o.format == "html") return report::to_html(page);
  if (o.format == "md") return report::to_markdown(page);
  return report::to_pdf(page);
}

}  // namespace

Result<std::string> report_json(std::shared_ptr<const gateway::Snapshot> snapshot, const ledger::ReportQuery& query) {
  const ledger::Reports reports(snapshot->config->ledger.dir);
  const std::string currency = snapshot->config->ledger.currency;
  auto data = report_data(reports, query, Loaded(std::move(snapshot)));
  if (!data) return tl::unexpected(data.error());
  for (auto* report : {&data->report, &data->hours, &data->steps}) report->currency = currency;
  return to_json(*data);
}

int run_report(const ReportOptions& o) {
  const auto by = ledger::parse_by(o.by);
  if (!by) return complain(fmt::format("--by {} is no grouping.", o.by), kUsage);
  const Wall now = system_clock().wall();
  const auto period = period_of(o, now);
  if (!period) return complain(period.error().message, kUsage);
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());

  const ledger::ReportQuery query{period->since, period->until, page_by(o, *by), o.workload,
                                  o.key,         o.deployment,  o.zone};
  const ledger::Reports reports(place->dir);
  const Loaded snapshot =
      place->config ? resolve(place->config)
                    : fail(Code::failed_precondition, "only a configuration (-c FILE) says what to compare with.");
  const auto in_currency = [&](ledger::Report& report) {
    if (place->config) report.currency = place->config->ledger.currency;
  };
  if (!o.json && o.format == "text") {
    auto both = reports.query(query, {query.by, ledger::By::hour});
    if (!both) return complain(both.error());
    in_currency(both->front());
    const std::string saving = snapshot ? savings_report(**snapshot, both->back()).sentence
                                        : fmt::format("No saving: {}", snapshot.error().message);
    return deliver(o, fmt::format("{}\n{}\n", report_text(both->front()), saving));
  }
  auto data = report_data(reports, query, snapshot);
  if (!data) return complain(data.error());
  for (auto* report : {&data->report, &data->hours, &data->steps}) in_currency(*report);
  const auto bytes = formatted(o, *data, now);
  if (!bytes) return complain(bytes.error());
  return deliver(o, *bytes);
}

}  // namespace trine::cli

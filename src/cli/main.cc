// trine <command>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "cli/commands.h"
#include "cli/say.h"

namespace {

using namespace trine::cli;

struct Run {
  int operator()(const ServeOptions& o) const { return run_serve(o); }
  int operator()(const CheckOptions& o) const { return run_check(o); }
  int operator()(const EngineSimOptions& o) const { return run_engine_sim(o); }
  int operator()(const ReportOptions& o) const { return run_report(o); }
  int operator()(const ExplainOptions& o) const { return run_explain(o); }
  int operator()(const EstimateOptions& o) const { return run_estimate(o); }
  int operator()(const BaselineCreateOptions& o) const { return run_baseline_create(o); }
  int operator()(const BaselineShowOptions& o) const { return run_baseline_show(o); }
  int operator()(const ScoreOptions& o) const { return run_score(o); }
  int operator()(const DecideOptions& o) const { return run_decide(o); }
  int operator()(const DecisionsOptions& o) const { return run_decisions(o); }
  int operator()(const BudgetsListOptions& o) const { return run_budgets_list(o); }
  int operator()(const EraseOptions& o) const { return run_erase(o); }
  int operator()(const CloseMonthOptions& o) const { return run_close_month(o); }
  int operator()(const LedgerVerifyOptions& o) const { return run_ledger_verify(o); }
  int operator()(const CatalogCheckOptions& o) const { return run_catalog_check(o); }
  int operator()(const CatalogImportOptions& o) const { return run_catalog_import(o); }
  int operator()(const CatalogListOptions& o) const { return run_catalog_list(o); }
  int operator()(const ConfigDocsOptions& o) const { return run_config_docs(o); }
  int operator()(const GridOptions& o) const { return run_grid(o); }
  int operator()(const GridImportOptions& o) const { return run_grid_import(o); }
  int operator()(const KeyNewOptions& o) const { return run_key_new(o); }
  int operator()(const InstancesListOptions& o) const { return run_instances_list(o); }
  int operator()(const InstancesApplyOptions& o) const { return run_instances_apply(o); }
  int operator()(const PlanOptions& o) const { return run_plan(o); }
  int operator()(const ReplayOptions& o) const { return run_replay(o); }
  int operator()(const TeamsOptions& o) const { return run_teams(o); }
  int operator()(const KeysOptions& o) const { return run_keys(o); }
  int operator()(const AbuseOptions& o) const { return run_abuse(o); }
  int operator()(const GuardOptions& o) const { return run_guard(o); }
  int operator()(const DashboardsOptions& o) const { return run_dashboards(o); }
  int operator()(const AuditOptions& o) const { return run_audit(o); }
  int operator()(const LoadOptions& o) const { return run_load(o); }
};

int run(int argc, char** argv) {
  const auto parsed = parse({argv + 1, argv + argc});
  if (parsed.command) return std::visit(Run{}, *parsed.command);
  if (!parsed.out.empty()) say(parsed.out);
  return parsed.err.empty() ? parsed.exit_code : complain(parsed.err, parsed.exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that leaves is an error of writing, not the end of us
  int code = kFailed;
  try {
    code = run(argc, argv);
  } catch (const std::bad_alloc&) {
    complain("Out of memory.");
  } catch (const std::exception& e) {
    complain(e.what());
  }
  // What is still in the buffer may not fit on the disk.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    if (errno != EPIPE) complain(fmt::format("The output could not be written: {}.", std::strerror(errno)));
    return code == kOk ? kFailed : code;
  }
  return code;
}

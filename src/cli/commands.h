// One function per command: does it, says the result on standard output and a failure on standard error, returns the
// exit code of options.h.
#pragma once

#include "cli/options.h"

namespace trine::cli {

int run_serve(const ServeOptions& o);
int run_check(const CheckOptions& o);
int run_engine_sim(const EngineSimOptions& o);
int run_report(const ReportOptions& o);
int run_explain(const ExplainOptions& o);
int run_estimate(const EstimateOptions& o);
int run_baseline_create(const BaselineCreateOptions& o);
int run_baseline_show(const BaselineShowOptions& o);
int run_score(const ScoreOptions& o);
int run_decide(const DecideOptions& o);
int run_decisions(const DecisionsOptions& o);
int run_budgets_list(const BudgetsListOptions& o);
int run_erase(const EraseOptions& o);
int run_close_month(const CloseMonthOptions& o);
int run_ledger_verify(const LedgerVerifyOptions& o);
int run_catalog_check(const CatalogCheckOptions& o);
int run_catalog_import(const CatalogImportOptions& o);
int run_catalog_list(const CatalogListOptions& o);
int run_config_docs(const ConfigDocsOptions& o);
int run_grid(const GridOptions& o);
int run_grid_import(const GridImportOptions& o);
int run_key_new(const KeyNewOptions& o);
int run_instances_list(const InstancesListOptions& o);
int run_instances_apply(const InstancesApplyOptions& o);
int run_plan(const PlanOptions& o);
int run_replay(const ReplayOptions& o);
int run_teams(const TeamsOptions& o);
int run_keys(const KeysOptions& o);
int run_abuse(const AbuseOptions& o);
int run_audit(const AuditOptions& o);
int run_guard(const GuardOptions& o);
int run_load(const LoadOptions& o);
int run_dashboards(const DashboardsOptions& o);

}  // namespace trine::cli

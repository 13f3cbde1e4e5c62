#include "cli/options_report.h"

#include <CLI/CLI.hpp>

#include "cli/options_common.h"

namespace trine::cli {

void report_options(CLI::App* c, ReportOptions& r) {
  auto* since = c->add_option("--since", r.since, "how long ago (15m, 1h, 7d) or a time (2026-11-23, ...T09:00:00Z)")
                    ->type_name("WHEN")
                    ->capture_default_str();
  auto* until = c->add_option("--until", r.until, "the end, likewise; default: now")->type_name("WHEN");
  c->add_option("--month", r.month, "a calendar month in UTC instead: 2026-11")
      ->type_name("YYYY-MM")
      ->excludes(since)
      ->excludes(until);
  c->add_option("--by", r.by, "one line for each")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"none", "workload", "key", "user", "org", "team", "project", "route", "model",
                             "deployment", "zone", "hour", "step"}))
      ->capture_default_str();
  c->add_option("--workload", r.workload, "only this workload")->type_name("NAME");
  c->add_option("--key", r.key, "only this key's id")->type_name("ID");
  c->add_option("--deployment", r.deployment, "only this deployment")->type_name("NAME");
  c->add_option("--zone", r.zone, "only this grid zone")->type_name("ZONE");
  auto* format = c->add_option("--format", r.format, "html, md, pdf: a page to forward, with charts and the method")
                     ->type_name("FORMAT")
                     ->check(CLI::IsMember({"text", "html", "md", "pdf", "csv"}))
                     ->capture_default_str();
  auto* table =
      c->add_option("--table", r.table, "what --format csv writes; chargeback: by organisation, team and project")
          ->type_name("TABLE")
          ->check(CLI::IsMember({"rows", "hours", "steps", "chargeback", "ghg"}))
          ->capture_default_str();
  c->add_option("-o,--out", r.out, "write to this file")->type_name("FILE");
  json_flag(c, r.json)->excludes(format);
  c->parse_complete_callback([&r, table] {
    if (table->count() > 0 && r.format != "csv")
      throw CLI::ValidationError("--table", "goes with --format csv, and says what that writes");
  });
}

}  // namespace trine::cli

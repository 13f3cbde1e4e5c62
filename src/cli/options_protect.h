// The options of `trine key new`, `teams`, `keys`, `abuse`, `guard`, `dashboards` and `audit`. Part of options.cc.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace trine::cli {

void teams_options(CLI::App* app, TeamsOptions::What what, TeamsOptions& into);
void keys_options(CLI::App* app, KeysOptions::What what, KeysOptions& into);
void abuse_options(CLI::App* app, AbuseOptions::What what, AbuseOptions& into);
void key_new_options(CLI::App* app, KeyNewOptions& into);
void dashboards_options(CLI::App* app, DashboardsOptions::What what, DashboardsOptions& into);
void guard_options(CLI::App* app, GuardOptions::What what, GuardOptions& into);
void audit_options(CLI::App* app, AuditOptions::What what, AuditOptions& into);

}  // namespace trine::cli

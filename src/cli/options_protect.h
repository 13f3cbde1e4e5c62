// The options of `trine teams`, `keys` and `audit`. Part of options.cc.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace trine::cli {

void teams_options(CLI::App* app, TeamsOptions::What what, TeamsOptions& into);
void keys_options(CLI::App* app, KeysOptions::What what, KeysOptions& into);
void audit_options(CLI::App* app, AuditOptions::What what, AuditOptions& into);

}  // namespace trine::cli

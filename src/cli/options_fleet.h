// The options of `trine plan`, `replay` and `instances`. Part of options.cc.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace trine::cli {

void plan_options(CLI::App* app, PlanOptions& into);
void replay_options(CLI::App* app, ReplayOptions& into);
void instances_list_options(CLI::App* app, InstancesListOptions& into);  // list, and events where into.events is set
void instances_apply_options(CLI::App* app, InstancesApplyOptions& into);

}  // namespace trine::cli

// The options of `trine load`. Part of options.cc.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace trine::cli {

void load_options(CLI::App* app, LoadOptions& into);

}  // namespace trine::cli

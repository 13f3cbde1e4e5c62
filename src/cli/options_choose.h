// The options of `trine score`, `decide` and `decisions`. Part of options.cc.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace trine::cli {

void score_options(CLI::App* app, ScoreOptions& into);
void decide_options(CLI::App* app, DecideOptions& into);
void decisions_options(CLI::App* app, DecisionsOptions::What what, DecisionsOptions& into);  // without the ledger's

}  // namespace trine::cli

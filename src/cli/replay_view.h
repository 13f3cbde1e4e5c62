// What `trine replay` prints: a run beside the static fleet and the hindsight bound. Pure.
#pragma once

#include <string>

#include "replay/replay.h"

namespace trine::cli {

struct ReplayView {
  replay::Outcome run, fixed, bound;
  std::string currency = "EUR";
  std::string trace, grid;
  double wall_s = 0;  // that the run took
};

std::string replay_json(const ReplayView& view);
std::string replay_text(const ReplayView& view);

}  // namespace trine::cli

// Internal: the boards, each where its table stands.
#pragma once

#include "observe/dashboards/board.h"

namespace trine::observe {

const Board& energy_board();
const Board& grid_board();
const Board& workloads_board();
const Board& fleet_board();
const Board& guard_board();
const Board& gateway_board();

}  // namespace trine::observe

#include <string_view>

#include "observe/dashboards/tables.h"

namespace trine::observe {

std::span<const Board> boards() {
  static const std::array<Board, 6> kBoards = {energy_board(), grid_board(),  workloads_board(),
                                               fleet_board(),  guard_board(), gateway_board()};
  return kBoards;
}

const Board* find_board(std::string_view name) {
  for (const Board& b : boards())
    if (name == b.name) return &b;
  return nullptr;
}

}  // namespace trine::observe

// How many requests a source may be asked: by the day and by the month, UTC. Kept in a file, so that a restart does not
// begin anew. One thread.
#pragma once

#include <filesystem>

#include "base/time.h"

namespace trine::grid {

class Budget {
 public:
  // 0: without a bound. An empty path: kept in memory alone.
  Budget(int64_t per_day, int64_t per_month, std::filesystem::path file);

  // One request, now. False where none is left.
  bool take(Wall now);
  // Until take() may work again; 0 where it does now.
  Nanos wait(Wall now) const;
  // The shortest time between two refreshes of `requests` requests each at which the budget lasts, with a tenth to
  // spare.
  Nanos pace(int64_t requests) const;

 private:
  void turn(Wall now);
  void save() const;

  int64_t per_day_, per_month_;
  std::filesystem::path file_;
  Wall day_{}, month_{};  // begin of those that are counted
  int64_t of_day_ = 0, of_month_ = 0;
};

}  // namespace trine::grid

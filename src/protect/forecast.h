// When a budget runs out if spending goes on as in the period so far. Pure.
#pragma once

#include <optional>

#include "protect/budget.h"

namespace trine::protect {

struct Forecast {
  std::optional<Wall> runs_out;  // nothing: not before it resets, or not known yet
  bool known = false;            // false: the period is too young, or rolling (its sum has no trend of its own)
};

// runs_out = now + (limit - spent) / (spent / elapsed). Known once 1/50 of the period has gone by, or where all is
// spent.
Forecast forecast(const BudgetView& view, const BudgetRule& rule, Wall now);

}  // namespace trine::protect

// What may be limited in the configuration: for whom, how much, and what may be spent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protect/budget.h"
#include "protect/limits.h"

namespace trine::gateway {

// A group of keys that a limit is for: an organisation or a project.
struct GroupConfig {
  std::string name;
  protect::Limits limits;
};

struct TeamConfig {
  std::string name;
  std::string org;  // of its keys, where they do not say
  protect::Limits limits;
  std::vector<GroupConfig> projects;
};

struct BudgetConfig {
  protect::Scope scope = protect::Scope::key;
  std::string subject;                    // "*": each one of this scope has its own
  std::optional<double> eur, kwh, gco2e;  // `eur` in the ledger's currency
  protect::Period period;
  double soft = 0.8;
  bool hard = true;
  protect::Prefer prefer = protect::Prefer::as_routed;
  std::string contact;
  std::string where;  // "file:line:column"
};

std::string text_of(const protect::Period& period);  // "month", "day UTC+01:00", "rolling 7d"

}  // namespace trine::gateway

// The state of limits and budgets in this process. docs/limits.md has its cost and its size.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>

#include "protect/shared.h"

namespace trine::protect {

// A key has one of these; 48 bytes. Locks are held for some additions, one at a time.
struct Subject {
  SpinLock lock;
  int32_t running = 0;
  std::array<Gcra::Tat, 4> tat{};  // rpm, tpm, tpm_in, tpm_out
};

class LocalState final : public SharedState {
 public:
  Subject& subject(Scope scope, std::string_view name) override;
  BudgetAccount& budget(Scope scope, std::string_view name, Unit unit, const Period& period) override;
  Verdict reserve(const Policy& policy, const Quantities& ask, const Now& now) override;
  void book(const Policy& policy, const Quantities& reserved, const Quantities& actual, Wall at, Wall now) override;
  void finish(const Policy& policy, const Quantities& asked, const Quantities& rest, const Quantities& actual,
              const Now& now) override;

 private:
  std::mutex mutex_;                                   // of the maps; never on the path of a request
  std::unordered_map<std::string, Subject> subjects_;  // their addresses stay
  using Kind = std::tuple<Scope, Unit, Period::Kind, Nanos, Nanos>;
  std::map<Kind, std::unordered_map<std::string, BudgetAccount>> budgets_;
};

}  // namespace trine::protect

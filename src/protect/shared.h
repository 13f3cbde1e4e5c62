// The one interface behind which the state of limits and budgets sits. Callers reserve before a call, book what each
// call took, and finish; they do not know where the state is.
//
// LocalState (local_state.h) keeps it in this process and is exact for all its threads. State that several gateways
// share comes behind the same interface, without a change to callers, by leases: a gateway holds of each account a part
// that a store has given it for some time (of a budget an amount, of a rate units per minute, of a concurrency places),
// reserve() works on that part alone and stays as quick as here, and a thread beside it asks for more before the part
// is used up and gives back what it does not need. The parts together never exceed the limit, so no gateway overshoots;
// what lies unused in parts bounds the under-use, so a part is at most 1 % of the limit. A store that does not answer
// leaves each gateway with its part.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "protect/budget.h"
#include "protect/limits.h"

namespace trine::protect {

struct Subject;  // the counters of one key, team, ...; lives as long as its SharedState

// A subject with the limits that hold for it now.
struct Level {
  Subject* subject = nullptr;
  const Limits* limits = nullptr;
  Scope scope = Scope::key;
};

// A budget with the rule that holds for it now.
struct BudgetUse {
  BudgetAccount* account = nullptr;
  BudgetRule rule = {};
  Scope scope = Scope::key;
  std::string subject = {};  // its name
};

// All that one request must pass. Narrow before wide: what a key's own limit refuses never touches its team's.
struct Policy {
  static constexpr size_t kMostLevels = 6, kMostBudgets = 24;
  std::array<Level, kMostLevels> levels{};
  std::array<const BudgetUse*, kMostBudgets> budgets{};
  size_t level_count = 0, budget_count = 0;
  std::span<const Level> all_levels() const { return {levels.data(), level_count}; }
  std::span<const BudgetUse* const> all_budgets() const { return {budgets.data(), budget_count}; }
  bool empty() const { return level_count == 0 && budget_count == 0; }
};

enum class Refused : uint8_t { no, rpm, tpm, tpm_in, tpm_out, concurrency, budget };
constexpr size_t kRefusals = 7;
constexpr std::string_view name(Refused r) {
  constexpr std::string_view kNames[kRefusals] = {"", "rpm", "tpm", "tpm_in", "tpm_out", "concurrency", "budget"};
  return kNames[static_cast<size_t>(r)];
}

// The tightest of the limits of one kind after the request was taken: what x-ratelimit-* says.
struct Standing {
  int64_t limit = 0;  // 0: there is none
  int64_t left = 0;
  Nanos until_full{};
};

struct Verdict {
  Refused refused = Refused::no;
  size_t which = 0;    // of policy.levels, or of policy.budgets
  bool never = false;  // more than the limit lets pass at once: waiting does not help
  Nanos wait{};        // until it may pass; 0: when a request under way ends
  int64_t asked = 0, limit = 0;
  BudgetView budget;  // refused by one
  Standing requests, tokens;
  // The budget that is used most of those over their soft limit; null: none.
  const BudgetUse* soft = nullptr;
  BudgetView soft_view;
  bool ok() const { return refused == Refused::no; }
};

class SharedState {
 public:
  virtual ~SharedState() = default;

  // The account of this name, made where there is none. Not for the path of a request. Any thread.
  virtual Subject& subject(Scope scope, std::string_view name) = 0;
  virtual BudgetAccount& budget(Scope scope, std::string_view name, Unit unit, const Period& period) = 0;

  // All or nothing. Any thread. While another request is being refused, what it took for a moment may refuse this one.
  virtual Verdict reserve(const Policy& policy, const Quantities& ask, const Now& now) = 0;
  // A call has ended: `actual` is spent, `reserved` of the reservation is no longer needed. Budgets only.
  virtual void book(const Policy& policy, const Quantities& reserved, const Quantities& actual, Wall at, Wall now) = 0;
  // The request has ended: rates are corrected to what it took, the rest of the reservation (budgets) is given back.
  virtual void finish(const Policy& policy, const Quantities& asked, const Quantities& rest, const Quantities& actual,
                      const Now& now) = 0;
};

}  // namespace trine::protect

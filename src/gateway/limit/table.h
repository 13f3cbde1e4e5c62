// Which limits and budgets hold for a key and a route: resolved once per configuration, read by every request.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "energy/facts.h"
#include "gateway/config/config.h"
#include "gateway/limit/corrections.h"
#include "ledger/report.h"
#include "protect/local_state.h"

namespace trine::gateway {

// A limit `is` becomes `other` where that is lower; 0 is none.
inline void tighten(int64_t& is, int64_t other) {
  if (other != 0 && (is == 0 || other < is)) is = other;
}

// What counts, over reloads: by names, so that a changed limit goes on from what was used. Any thread.
struct LimitState {
  protect::LocalState local;
  protect::SharedState& state = local;  // what is shared with other gateways would stand here
  Corrections corrections;
};

// Of a project, its team and its organisation together; keys of one project share it.
struct GroupPolicy {
  std::vector<protect::Level> levels;
  std::vector<const protect::BudgetUse*> budgets;
  int64_t request_bytes = 0;  // the tightest; 0: none
  Tokens max_tokens = 0;
};

struct KeyPolicy {
  protect::Subject* subject = nullptr;  // null: its own limits count nothing
  const protect::Limits* limits = nullptr;
  const GroupPolicy* group = nullptr;
  std::vector<const protect::BudgetUse*> budgets;
};

// Immutable once resolved; lives as long as its snapshot.
class LimitTable {
 public:
  LimitTable(const Config& config, std::shared_ptr<LimitState> state);

  // Of a key with limits of its own, which must live as long (null: limits.per_key). Not for the path of a request.
  KeyPolicy policy(const energy::Tenant& tenant, const protect::Limits* own);
  // Of keys of a group that have nothing of their own. Not for the path of a request.
  KeyPolicy group_policy(const energy::Tenant& tenant);
  // Whether any key has limits or budgets of its own beside those of the configuration's keys.
  bool limits_keys() const;
  // All that a request of the key must pass. `model`: its route's level; without a subject: none.
  protect::Policy policy_of(const KeyPolicy& key, const protect::Level& model, std::string_view workload) const;
  protect::Level level(protect::Scope scope, const std::string& name, const protect::Limits& limits);
  // Errors (invalid_argument): one request would have to pass more budgets than there is room for.
  Result<void> check() const;

  const std::vector<const protect::BudgetUse*>* workload(std::string_view name) const;
  const std::deque<protect::BudgetUse>& budgets() const { return budgets_; }
  LimitState& state() const { return *state_; }
  const std::shared_ptr<LimitState>& shared_state() const { return state_; }

 private:
  using BudgetsOf = std::map<std::string, std::vector<const protect::BudgetUse*>, std::less<>>;
  const GroupPolicy& group(const energy::Tenant& tenant);
  // Makes the budgets of one subject.
  std::vector<const protect::BudgetUse*> make_budgets(protect::Scope scope, const std::string& name);
  const std::vector<const protect::BudgetUse*>& budgets_of(protect::Scope scope, const std::string& name);

  const Config& config_;
  std::map<protect::Scope, std::map<std::string, std::vector<const BudgetConfig*>>> configured_;  // by name, or "*"
  std::shared_ptr<LimitState> state_;
  std::deque<protect::BudgetUse> budgets_;
  std::map<protect::Scope, BudgetsOf> by_subject_;  // but for keys, of which each is asked for once
  std::map<std::tuple<std::string, std::string, std::string>, GroupPolicy> groups_;
  size_t most_ = 0;  // budgets of one key
};

// Books what the ledger has of the present periods for accounts that were never told. Blocks: at start and on reload,
// after what is open has been settled and folded. Errors: the ledger cannot be read.
Result<void> seed(const LimitTable& table, const ledger::Reports& reports, Wall now);

}  // namespace trine::gateway

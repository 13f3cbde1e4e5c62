#include "gateway/limit/table.h"

#include <algorithm>
#include <unordered_map>

namespace trine::gateway {
namespace {

using protect::BudgetUse;
using protect::Scope;
using protect::Unit;

constexpr size_t kMostOfWorkload = 6;

const protect::Limits* limits_of(const auto& groups, const std::string& name) {
  for (const auto& g : groups)
    if (g.name == name) return &g.limits;
  return nullptr;
}

ledger::By by_of(Scope s) {
  switch (s) {
    case Scope::key:
      return ledger::By::key;
    case Scope::project:
    case Scope::team:
      return ledger::By::charge;
    case Scope::org:
      return ledger::By::org;
    case Scope::workload:
      return ledger::By::workload;
    case Scope::model:
      return ledger::By::route;
  }
  return ledger::By::none;
}

// Subjects are names: a team of one name in two organisations is one subject (docs/limits.md), and two rows here.
std::string budget_subject(Scope s, const std::string& row) {
  if (s != Scope::project && s != Scope::team) return row;
  return ledger::names_of(row).at(s == Scope::team ? 1 : 2);
}

int64_t spent(const ledger::Sums& s, Unit unit) {
  switch (unit) {
    case Unit::money:
      return s.cost.raw();
    case Unit::energy:
      return s.energy.raw();
    case Unit::carbon:
      return (s.operational + s.embodied).raw();
  }
  return 0;
}

int64_t raw_limit(Unit unit, double amount) {
  return unit == Unit::money    ? euros(amount).raw()
         : unit == Unit::energy ? kilowatt_hours(amount).raw()
                                : grams(amount).raw();
}

}  // namespace

LimitTable::LimitTable(const Config& config, std::shared_ptr<LimitState> state)
    : config_(config), state_(std::move(state)) {
  for (const BudgetConfig& b : config.budgets) configured_[b.scope][b.subject].push_back(&b);
  for (const BudgetConfig& b : config.budgets)
    if (b.scope == Scope::workload) (void)budgets_of(Scope::workload, b.subject);
}

const std::vector<const BudgetUse*>& LimitTable::budgets_of(Scope scope, const std::string& name) {
  const auto [it, is_new] = by_subject_[scope].try_emplace(name);
  if (is_new) it->second = make_budgets(scope, name);
  return it->second;
}

std::vector<const BudgetUse*> LimitTable::make_budgets(Scope scope, const std::string& name) {
  std::vector<const BudgetUse*> made;
  if (name.empty()) return made;
  const auto add = [&](const BudgetConfig& b, Unit unit, const std::optional<double>& amount) {
    if (!amount) return;
    budgets_.push_back({.account = &state_->state.budget(scope, name, unit, b.period),
                        .rule = {.unit = unit,
                                 .period = b.period,
                                 .limit = raw_limit(unit, *amount),
                                 .soft = b.soft,
                                 .hard = b.hard,
                                 .prefer = b.prefer,
                                 .contact = b.contact.empty() ? config_.limits.contact : b.contact},
                        .scope = scope,
                        .subject = name});
    made.push_back(&budgets_.back());
  };
  const auto& configured = configured_[scope];
  for (const std::string& subject : {name, std::string("*")}) {
    const auto found = configured.find(subject);
    if (found == configured.end()) continue;
    for (const BudgetConfig* b : found->second) {
      add(*b, Unit::money, b->eur);
      add(*b, Unit::energy, b->kwh);
      add(*b, Unit::carbon, b->gco2e);
    }
  }
  return made;
}

protect::Level LimitTable::level(Scope scope, const std::string& name, const protect::Limits& limits) {
  return {limits.counts() ? &state_->state.subject(scope, name) : nullptr, &limits, scope};
}

const GroupPolicy& LimitTable::group(const energy::Tenant& t) {
  const auto [it, is_new] = groups_.try_emplace({t.org, t.team, t.project});
  GroupPolicy& g = it->second;
  if (!is_new) return g;
  const auto add = [&](Scope scope, const std::string& name, const protect::Limits* limits) {
    if (name.empty()) return;
    const auto& budgets = budgets_of(scope, name);
    g.budgets.insert(g.budgets.end(), budgets.begin(), budgets.end());
    if (!limits) return;
    if (limits->counts()) g.levels.push_back(level(scope, name, *limits));
    tighten(g.request_bytes, limits->request_bytes);
    tighten(g.max_tokens, limits->max_tokens);
  };
  const protect::Limits *project = nullptr, *team = nullptr;
  for (const TeamConfig& c : config_.teams) {
    if (c.name != t.team) continue;
    team = &c.limits;
    project = limits_of(c.projects, t.project);
  }
  add(Scope::project, t.project, project);
  add(Scope::team, t.team, team);
  add(Scope::org, t.org, limits_of(config_.orgs, t.org));
  return g;
}

KeyPolicy LimitTable::policy(const energy::Tenant& tenant, const protect::Limits* own) {
  KeyPolicy k;
  k.limits = own ? own : &config_.limits.per_key;
  k.subject = level(Scope::key, tenant.key, *k.limits).subject;
  k.group = &group(tenant);
  k.budgets = make_budgets(Scope::key, tenant.key);
  most_ = std::max(most_, k.budgets.size() + k.group->budgets.size());
  return k;
}

KeyPolicy LimitTable::group_policy(const energy::Tenant& tenant) {
  KeyPolicy k;
  k.limits = &config_.limits.per_key;
  k.group = &group(tenant);
  most_ = std::max(most_, k.group->budgets.size());
  return k;
}

bool LimitTable::limits_keys() const {
  const auto budgets = configured_.find(Scope::key);
  return config_.limits.per_key.counts() || (budgets != configured_.end() && !budgets->second.empty());
}

protect::Policy LimitTable::policy_of(const KeyPolicy& key, const protect::Level& model,
                                      std::string_view workload_name) const {
  protect::Policy p;
  const auto add_level = [&p](const protect::Level& level) {
    if (level.subject && p.level_count < protect::Policy::kMostLevels) p.levels[p.level_count++] = level;
  };
  const auto add_budgets = [&p](const std::vector<const BudgetUse*>& budgets) {
    for (const auto* b : budgets)
      if (p.budget_count < protect::Policy::kMostBudgets) p.budgets[p.budget_count++] = b;
  };
  add_level({key.subject, key.limits, Scope::key});
  for (const auto& level : key.group->levels) add_level(level);
  add_level(model);
  add_budgets(key.budgets);
  add_budgets(key.group->budgets);
  if (const auto* budgets = workload(workload_name)) add_budgets(*budgets);
  return p;
}

Result<void> LimitTable::check() const {
  constexpr size_t kMost = protect::Policy::kMostBudgets - kMostOfWorkload;
  if (most_ > kMost)
    return fail(
        Code::invalid_argument,
        "budgets: the requests of one key would have to pass {} of them; {} are possible (an entry with several "
        "amounts counts for each).",
        most_, kMost);
  if (const auto it = by_subject_.find(Scope::workload); it != by_subject_.end())
    for (const auto& [name, budgets] : it->second)
      if (budgets.size() > kMostOfWorkload)
        return fail(Code::invalid_argument, "budgets: workload \"{}\" has {} of them; {} are possible.", name,
                    budgets.size(), kMostOfWorkload);
  return {};
}

const std::vector<const BudgetUse*>* LimitTable::workload(std::string_view name) const {
  const auto scope = by_subject_.find(Scope::workload);
  if (scope == by_subject_.end()) return nullptr;
  const auto it = scope->second.find(name);
  return it == scope->second.end() ? nullptr : &it->second;
}

Result<void> seed(const LimitTable& table, const ledger::Reports& reports, Wall now) {
  // One query for all subjects of a scope and a stretch of time.
  using ByName = std::unordered_map<std::string, ledger::Sums>;
  std::map<std::tuple<Scope, Wall, Wall>, ByName> known;
  const auto sums = [&](Scope scope, Wall from, Wall to) -> Result<const ByName*> {
    const auto [it, is_new] = known.try_emplace({scope, from, to});
    if (!is_new) return &it->second;
    ledger::ReportQuery query;
    query.since = from;
    query.until = to;
    query.by = by_of(scope);
    auto report = reports.query(query);
    if (!report) return tl::unexpected(report.error());
    for (const auto& row : report->rows) energy::add_amounts(it->second[budget_subject(scope, row.name)], row.sums);
    return &it->second;
  };
  const auto book = [&](const BudgetUse& b, Wall from, Wall to) -> Result<void> {
    const auto all = sums(b.scope, from, to);
    if (!all) return tl::unexpected(all.error());
    if (const auto it = (*all)->find(b.subject); it != (*all)->end())
      b.account->book(spent(it->second, b.rule.unit), from, now);
    return {};
  };
  for (const BudgetUse& b : table.budgets()) {
    if (b.account->seeded()) continue;
    if (b.rule.period.kind != protect::Period::Kind::rolling) {
      const protect::Span span = span_of(b.rule.period, now);
      if (auto ok = book(b, span.begin, span.end); !ok) return ok;
    } else {
      constexpr int64_t kSlots = protect::BudgetAccount::kSlots;
      const int64_t slot = std::max<int64_t>(1, b.rule.period.length.count() / (kSlots - 1));
      const int64_t head = unix_ns(now) / slot;
      for (int64_t i = head - kSlots + 1; i <= head; ++i)
        if (auto ok = book(b, from_unix_ns(i * slot), from_unix_ns((i + 1) * slot)); !ok) return ok;
    }
    b.account->mark_seeded();
  }
  return {};
}

}  // namespace trine::gateway

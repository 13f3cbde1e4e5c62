#include "protect/local_state.h"

#include <fmt/format.h>

namespace trine::protect {
namespace {

using Guard = std::lock_guard<SpinLock>;

constexpr std::array<Refused, 4> kRates = {Refused::rpm, Refused::tpm, Refused::tpm_in, Refused::tpm_out};

std::array<int64_t, 4> rates_of(const Limits& l) {
  return {l.rpm, l.tpm, l.tpm_in, l.tpm_out};
}
std::array<int64_t, 4> units_of(const Quantities& q) {
  return {q.requests, q.in + q.out, q.in, q.out};
}

void tighten(Standing& s, int64_t limit, int64_t left, Nanos until_full) {
  // By the share that is left: 5 of 10 requests are tighter than 40 of 50.
  if (s.limit != 0 && static_cast<double>(left) * static_cast<double>(s.limit) >=
                          static_cast<double>(s.left) * static_cast<double>(limit))
    return;
  s = {limit, left, until_full};
}

// Takes from one subject, all or nothing.
bool take(const Level& level, const std::array<int64_t, 4>& units, Mono now, Verdict& v) {
  Subject& s = *level.subject;
  const Limits& l = *level.limits;
  const auto rates = rates_of(l);
  const Guard guard(s.lock);
  if (l.concurrency != 0 && s.running >= l.concurrency) {
    v.refused = Refused::concurrency;
    v.asked = 1;
    v.limit = l.concurrency;
    return false;
  }
  for (size_t i = 0; i < rates.size(); ++i) {
    if (rates[i] == 0) continue;
    const Rate rate{rates[i], l.burst};
    const Nanos wait = Gcra::wait(s.tat[i], units[i], rate, now);
    if (wait <= Nanos(0)) continue;
    v.refused = kRates[i];
    v.asked = units[i];
    v.limit = rates[i];
    v.wait = wait;
    v.never = Nanos(Gcra::interval(units[i], rates[i])) > l.burst;
    (i == 0 ? v.requests : v.tokens) = {rates[i], Gcra::left(s.tat[i], rate, now), Gcra::until_full(s.tat[i], now)};
    return false;
  }
  for (size_t i = 0; i < rates.size(); ++i) {
    if (rates[i] == 0) continue;
    const Rate rate{rates[i], l.burst};
    s.tat[i] = Gcra::take(s.tat[i], units[i], rate, now);
    tighten(i == 0 ? v.requests : v.tokens, rates[i], Gcra::left(s.tat[i], rate, now), Gcra::until_full(s.tat[i], now));
  }
  ++s.running;
  return true;
}

// `actual` instead of `taken`, and one less that runs.
void give(const Level& level, const std::array<int64_t, 4>& taken, const std::array<int64_t, 4>& actual, Mono now) {
  Subject& s = *level.subject;
  const auto rates = rates_of(*level.limits);
  const Guard guard(s.lock);
  for (size_t i = 0; i < rates.size(); ++i)
    if (rates[i] != 0) s.tat[i] = Gcra::correct(s.tat[i], taken[i], actual[i], {rates[i], level.limits->burst}, now);
  --s.running;
}

bool over_soft(const BudgetUse& b, const BudgetView& v) {
  return static_cast<double>(v.spent + v.reserved) >= b.rule.soft * static_cast<double>(b.rule.limit);
}
double used_share(const BudgetUse& b, const BudgetView& v) {
  return b.rule.limit == 0 ? 1 : static_cast<double>(v.spent + v.reserved) / static_cast<double>(b.rule.limit);
}

}  // namespace

Subject& LocalState::subject(Scope scope, std::string_view subject_name) {
  const std::lock_guard guard(mutex_);
  return subjects_[fmt::format("{}{}", static_cast<char>('a' + static_cast<int>(scope)), subject_name)];
}

BudgetAccount& LocalState::budget(Scope scope, std::string_view subject_name, Unit unit, const Period& p) {
  const std::lock_guard guard(mutex_);
  auto& accounts = budgets_[{scope, unit, p.kind, p.length, p.offset_from_utc}];
  return accounts.try_emplace(std::string(subject_name), p).first->second;
}

Verdict LocalState::reserve(const Policy& policy, const Quantities& ask, const Now& now) {
  Verdict v;
  const auto units = units_of(ask);
  size_t levels = 0, budgets = 0;
  for (; levels < policy.level_count; ++levels)
    if (!take(policy.levels[levels], units, now.mono, v)) break;
  if (v.ok()) {
    for (; budgets < policy.budget_count; ++budgets) {
      const BudgetUse& b = *policy.budgets[budgets];
      const int64_t amount = amount_of(ask, b.rule.unit);
      BudgetView view;
      if (!b.account->reserve(amount, b.rule.limit, b.rule.hard, now.wall, view)) {
        v.refused = Refused::budget;
        v.asked = amount;
        v.limit = b.rule.limit;
        v.budget = view;
        v.never = amount > b.rule.limit && b.rule.limit > 0;
        // While requests under way hold the rest, one that ends may leave enough.
        v.wait = view.reserved > 0 && view.spent < b.rule.limit ? Nanos(0) : view.reset - now.wall;
        break;
      }
      if (over_soft(b, view) && (!v.soft || used_share(b, view) > used_share(*v.soft, v.soft_view))) {
        v.soft = &b;
        v.soft_view = view;
      }
    }
  }
  if (v.ok()) return v;
  v.which = v.refused == Refused::budget ? budgets : levels;
  constexpr std::array<int64_t, 4> kNothing{};
  for (size_t i = 0; i < budgets; ++i)
    policy.budgets[i]->account->release(amount_of(ask, policy.budgets[i]->rule.unit));
  for (size_t i = 0; i < levels; ++i) give(policy.levels[i], units, kNothing, now.mono);
  return v;
}

void LocalState::book(const Policy& policy, const Quantities& reserved, const Quantities& actual, Wall at, Wall now) {
  for (const BudgetUse* b : policy.all_budgets())
    b->account->settle(amount_of(reserved, b->rule.unit), amount_of(actual, b->rule.unit), at, now);
}

void LocalState::finish(const Policy& policy, const Quantities& asked, const Quantities& rest, const Quantities& actual,
                        const Now& now) {
  const auto taken = units_of(asked), used = units_of(actual);
  for (const Level& level : policy.all_levels()) give(level, taken, used, now.mono);
  for (const BudgetUse* b : policy.all_budgets()) b->account->release(amount_of(rest, b->rule.unit));
}

}  // namespace trine::protect

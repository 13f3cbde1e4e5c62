#include "gateway/limit/corrections.h"

namespace trine::gateway {

protect::Quantities quantities_of(const energy::Figures& f) {
  protect::Quantities q;
  q.cost = f.cost;
  q.energy = f.energy;
  q.carbon = f.carbon();
  return q;
}

void Corrections::expect(const energy::Settlement& first, const protect::Policy& policy) {
  const auto q = quantities_of(first.figures);
  Booked booked{first.booked_at, {}};
  for (const protect::BudgetUse* b : policy.all_budgets())
    booked.shares.push_back({b->account, b->rule.unit, amount_of(q, b->rule.unit)});
  const std::lock_guard guard(mutex_);
  calls_.emplace(first.call, std::move(booked));
  oldest_.push_back(first.call);
  for (; oldest_.size() > kMost; oldest_.pop_front()) calls_.erase(oldest_.front());
}

void Corrections::settled(const energy::Settlement& later, Wall now) {
  const auto q = quantities_of(later.figures);
  const std::lock_guard guard(mutex_);
  const auto it = calls_.find(later.call);
  if (it == calls_.end()) return;
  Booked& b = it->second;
  for (Share& s : b.shares) {
    const int64_t amount = amount_of(q, s.unit);
    s.account->book(-s.amount, b.at, now);
    s.account->book(amount, later.booked_at, now);
    s.amount = amount;
  }
  b.at = later.booked_at;
  if (later.basis == energy::Basis::final) calls_.erase(it);
  while (!oldest_.empty() && !calls_.contains(oldest_.front())) oldest_.pop_front();
}

size_t Corrections::waiting() const {
  const std::lock_guard guard(mutex_);
  return calls_.size();
}

}  // namespace trine::gateway

#include "protect/budget.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace trine::protect {
namespace {

using Guard = std::lock_guard<SpinLock>;

}  // namespace

Span span_of(const Period& p, Wall now) {
  const Wall local = now + p.offset_from_utc;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  if (p.kind == Period::Kind::day)
    return {Wall(day) - p.offset_from_utc, Wall(day + std::chrono::days(1)) - p.offset_from_utc};
  const std::chrono::year_month_day date(day);
  const auto month = date.year() / date.month();
  const auto first = [&](std::chrono::year_month m) {
    return Wall(std::chrono::sys_days(m / std::chrono::day(1))) - p.offset_from_utc;
  };
  return {first(month), first(month + std::chrono::months(1))};
}

BudgetAccount::BudgetAccount(const Period& period) : period_(period) {
  if (period.kind == Period::Kind::rolling) ring_ = std::make_unique<Ring>();
}

int64_t BudgetAccount::slot_of(Wall t) const {
  return unix_ns(t) / std::max<int64_t>(1, period_.length.count() / (kSlots - 1));
}

void BudgetAccount::roll_ring(Wall now) {
  Ring& r = *ring_;
  const int64_t at = slot_of(now);
  const auto slot = [&](int64_t i) -> int64_t& { return r.slots[static_cast<size_t>(i % kSlots)]; };
  if (at > r.head) {
    for (int64_t i = std::max(r.head + 1, at - kSlots + 1); i <= at; ++i) {
      spent_ -= slot(i);
      slot(i) = 0;
    }
    r.head = at;
    warned_ = warned_ && spent_ > 0;
  } else if (at < r.head - kSlots) {
    r.slots.fill(0);
    r.head = at;
    slot(at) = spent_;
  }
}

void BudgetAccount::roll(Wall now) {
  if (ring_) return roll_ring(now);
  if (now >= span_.end) {
    before_begin_ = span_.begin;
    before_spent_ = spent_;
    spent_ = 0;
    warned_ = false;
    span_ = span_of(period_, now);
  } else if (now < span_.begin) {
    spent_ += before_spent_;
    before_spent_ = 0;
    before_begin_ = {};
    span_ = span_of(period_, now);
  }
}

void BudgetAccount::add(int64_t amount, Wall at) {
  if (ring_) {
    const int64_t i = std::min(slot_of(at), ring_->head);
    if (i <= ring_->head - kSlots) return;
    ring_->slots[static_cast<size_t>(i % kSlots)] += amount;
  } else if (at < span_.begin) {
    if (at >= before_begin_) before_spent_ += amount;
    return;
  }
  spent_ += amount;
}

BudgetView BudgetAccount::seen() const {
  BudgetView v{.spent = spent_, .reserved = reserved_, .begin = span_.begin, .reset = span_.end};
  if (!ring_) return v;
  const int64_t slot_ns = std::max<int64_t>(1, period_.length.count() / (kSlots - 1));
  v.begin = from_unix_ns((ring_->head - kSlots + 1) * slot_ns);
  int64_t oldest = ring_->head - kSlots + 1;
  while (oldest < ring_->head && ring_->slots[static_cast<size_t>(oldest % kSlots)] == 0) ++oldest;
  v.reset = from_unix_ns((oldest + kSlots) * slot_ns);
  return v;
}

bool BudgetAccount::reserve(int64_t amount, int64_t limit, bool hard, Wall now, BudgetView& view) {
  const Guard guard(lock_);
  roll(now);
  const int64_t used = spent_ + reserved_;
  const bool fits = !hard || (used < limit && amount <= limit - used);
  if (fits) reserved_ += amount;
  view = seen();
  return fits;
}

void BudgetAccount::release(int64_t amount) {
  const Guard guard(lock_);
  reserved_ -= amount;
}

void BudgetAccount::book(int64_t amount, Wall at, Wall now) {
  settle(0, amount, at, now);
}

void BudgetAccount::settle(int64_t reserved, int64_t amount, Wall at, Wall now) {
  const Guard guard(lock_);
  roll(now);
  reserved_ -= reserved;
  add(amount, at);
}

BudgetView BudgetAccount::view(Wall now) {
  const Guard guard(lock_);
  roll(now);
  return seen();
}

bool BudgetAccount::first_warning(Wall now) {
  const Guard guard(lock_);
  roll(now);
  return !std::exchange(warned_, true);
}

}  // namespace trine::protect

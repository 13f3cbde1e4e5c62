// An amount of one currency that a subject may spend in a period: what is spent, what is reserved, when it resets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "protect/limits.h"
#include "protect/spin_lock.h"

namespace trine::protect {

// In the smallest unit of its type in base/units.h: 1e-9 of the ledger's currency, µJ, ng of CO2e.
enum class Unit : uint8_t { money, energy, carbon };
constexpr std::string_view name(Unit u) {
  constexpr std::string_view kNames[] = {"money", "energy", "carbon"};
  return kNames[static_cast<size_t>(u)];
}
inline int64_t amount_of(const Quantities& q, Unit u) {
  return u == Unit::money ? q.cost.raw() : u == Unit::energy ? q.energy.raw() : q.carbon.raw();
}

// Days and months begin at midnight of a fixed offset from UTC. Daylight saving is not followed: a period then begins
// an hour later by the clock on the wall, and every day has 24 hours.
struct Period {
  enum class Kind : uint8_t { day, month, rolling };
  Kind kind = Kind::month;
  Nanos length{};           // rolling
  Nanos offset_from_utc{};  // day and month
  bool operator==(const Period&) const = default;
};
struct Span {
  Wall begin{}, end{};  // [begin, end)
};
// REQUIRES: day or month.
Span span_of(const Period& period, Wall now);

enum class Prefer : uint8_t { as_routed, cheaper, cleaner };

// What an operator allows.
struct BudgetRule {
  Unit unit = Unit::money;
  Period period;
  int64_t limit = 0;                  // >= 0
  double soft = 0.8;                  // share of the limit from which it warns
  bool hard = true;                   // refuses at the limit
  Prefer prefer = Prefer::as_routed;  // from the soft limit on
  std::string contact = {};
};

struct BudgetView {
  int64_t spent = 0;      // in the period; negative where corrections exceed it
  int64_t reserved = 0;   // by requests under way
  Wall begin{}, reset{};  // rolling: reset is when the oldest spending begins to fall out
};

// Any thread. The sum of a rolling period is kept in kSlots parts of length / 64, so an amount counts from `length` to
// `length`·65/64: never too short.
//
// The wall clock may step. Forward: the period ends. Back into the period before: what was spent in both counts as one;
// nothing is filled again. Rolling: time stands still until the clock is where it was, or, for a step back over more
// than `length`, all that is counted is counted as of now.
class BudgetAccount {
 public:
  static constexpr int64_t kSlots = 65;

  explicit BudgetAccount(const Period& period);

  // Takes `amount` into the reserved if spent + reserved + amount <= limit and spent + reserved < limit. False: it does
  // not fit, nothing changed. `hard` false: always taken.
  bool reserve(int64_t amount, int64_t limit, bool hard, Wall now, BudgetView& view);
  void release(int64_t amount);
  // Spent, at `at`; negative amounts correct what was booked earlier. Never refuses.
  void book(int64_t amount, Wall at, Wall now);
  // book() and release() in one step, so that nobody sees the amount twice or not at all.
  void settle(int64_t reserved, int64_t amount, Wall at, Wall now);
  BudgetView view(Wall now);

  // True once per period: for an alert.
  bool first_warning(Wall now);
  // Whether what was spent before this process is booked; whoever makes accounts does it, once.
  bool seeded() const { return seeded_.load(std::memory_order_acquire); }
  void mark_seeded() { seeded_.store(true, std::memory_order_release); }
  const Period& period() const { return period_; }

 private:
  struct Ring {
    std::array<int64_t, kSlots> slots{};
    int64_t head = 0;  // index of the newest
  };
  void roll(Wall now);
  void roll_ring(Wall now);
  void add(int64_t amount, Wall at);
  BudgetView seen() const;
  int64_t slot_of(Wall t) const;

  const Period period_;
  SpinLock lock_;
  std::atomic<bool> seeded_{false};
  bool warned_ = false;
  Span span_{};
  int64_t spent_ = 0, reserved_ = 0;
  Wall before_begin_{};  // the period before; the epoch: not known
  int64_t before_spent_ = 0;
  std::unique_ptr<Ring> ring_;  // rolling
};

}  // namespace trine::protect

// What one request holds of its limits and budgets; given back at the latest when the exchange ends.
#pragma once

#include "gateway/limit/table.h"

namespace trine::gateway {

// One thread.
class Reservation {
 public:
  explicit Reservation(const Clock& clock) : clock_(clock) {}
  ~Reservation() { finish(); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  protect::Verdict take(LimitState& state, const protect::Policy& policy, const protect::Quantities& asked);
  // A call has ended: its first settlement is spent. `corrected` where a meter will say more.
  void book(const energy::CallFacts& call, const energy::Settlement& settlement, bool corrected);
  // Nothing more comes.
  void finish();

 private:
  protect::Now now() const { return {clock_.mono(), clock_.wall()}; }

  const Clock& clock_;
  LimitState* state_ = nullptr;  // while held
  protect::Policy policy_;
  protect::Quantities asked_, rest_, used_;
};

}  // namespace trine::gateway

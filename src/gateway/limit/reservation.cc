#include "gateway/limit/reservation.h"

#include <algorithm>
#include <utility>

namespace trine::gateway {
namespace {

// Moves at most `want` from `rest`.
template <class Amount>
Amount draw(Amount& rest, Amount want) {
  const Amount drawn = std::clamp(want, Amount{}, rest);
  rest -= drawn;
  return drawn;
}

}  // namespace

protect::Verdict Reservation::take(LimitState& state, const protect::Policy& policy, const protect::Quantities& asked) {
  auto verdict = state.state.reserve(policy, asked, now());
  if (!verdict.ok()) return verdict;
  state_ = &state;
  policy_ = policy;
  asked_ = rest_ = asked;
  used_ = {};
  return verdict;
}

void Reservation::book(const energy::CallFacts& call, const energy::Settlement& settlement, bool corrected) {
  if (!state_) return;
  used_.in += call.in;
  used_.out += call.out;
  if (policy_.budget_count == 0) return;
  const auto actual = quantities_of(settlement.figures);
  protect::Quantities drawn;
  drawn.cost = draw(rest_.cost, actual.cost);
  drawn.energy = draw(rest_.energy, actual.energy);
  drawn.carbon = draw(rest_.carbon, actual.carbon);
  state_->state.book(policy_, drawn, actual, settlement.booked_at, clock_.wall());
  if (corrected) state_->corrections.expect(settlement, policy_);
}

void Reservation::finish() {
  if (auto* state = std::exchange(state_, nullptr)) state->state.finish(policy_, asked_, rest_, used_, now());
}

}  // namespace trine::gateway

#include "meter/agent_clock.h"

#include <algorithm>

namespace trine::meter {

void AgentClock::exchange(Nanos middle, Nanos took, Nanos theirs) {
  kept_[next_] = {took, middle - theirs};
  next_ = (next_ + 1) % kKept;
}

const AgentClock::Exchange& AgentClock::best() const {
  return *std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a.took < b.took; });
}

}  // namespace trine::meter

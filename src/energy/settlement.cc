#include "energy/settlement.h"

namespace trine::energy {

bool SettlementFold::apply(const Settlement& settlement) {
  const auto [it, fresh] = latest_.try_emplace(settlement.call, settlement);
  if (fresh) return true;
  if (settlement.version <= it->second.version) return false;
  it->second = settlement;
  return true;
}

const Settlement* SettlementFold::find(const CallId& call) const {
  const auto it = latest_.find(call);
  return it == latest_.end() ? nullptr : &it->second;
}

Aggregate SettlementFold::sum() const {
  Aggregate total;
  for (const auto& [call, settlement] : latest_) total.add(settlement.figures);
  return total;
}

}  // namespace trine::energy

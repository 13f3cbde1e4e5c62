#include "report/sci.h"

namespace trine::report {

double Sci::intensity_g_per_kwh() const {
  const double joules = to_joules(energy);
  return joules > 0 ? to_grams(operational) / (joules / 3.6e6) : 0;
}

std::optional<double> Sci::grams_per_1k_tokens() const {
  if (tokens <= 0) return {};
  return to_grams(total()) * 1000 / static_cast<double>(tokens);
}

Sci sci(const ledger::ReportRow& total) {
  const auto& s = total.sums;
  const auto& g = total.gateway;
  const auto& idle = total.unattributed;
  return {s.energy + idle.energy + g.energy, s.operational + idle.operational + g.carbon, s.embodied + idle.embodied,
          s.in + s.out};
}

}  // namespace trine::report

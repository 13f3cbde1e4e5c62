// Software Carbon Intensity, ISO/IEC 21031: SCI = (E * I + M) per R, with R = 1,000 tokens of input and output
// (docs/reports.md). Pure.
#pragma once

#include <optional>

#include "ledger/report.h"

namespace trine::report {

// What the software boundary holds: the requests' machines (GPU, host, times PUE), these machines while they idle, and
// the gateway. Grams are location-based; certificates and offsets do not count, as the standard demands.
struct Sci {
  Energy energy;       // E, of all tokens together
  Carbon operational;  // E * I, hour by hour
  Carbon embodied;     // M: the time that the machines were used or reserved, of their life
  Tokens tokens = 0;

  Carbon total() const { return operational + embodied; }
  double intensity_g_per_kwh() const;  // I, as it came out; 0 without energy
  // g CO2e per R; nullopt without tokens.
  std::optional<double> grams_per_1k_tokens() const;
};

Sci sci(const ledger::ReportRow& total);

}  // namespace trine::report

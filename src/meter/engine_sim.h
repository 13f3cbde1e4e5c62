// Our engine simulator: vLLM's figures, and energy as exact as it was simulated. Everything here is marked simulated.
#pragma once

#include "meter/scrape.h"

namespace trine::meter {

// trine_sim_energy_microjoules_total per device (its DCGM series, rounded to mJ, give power and utilisation only), and
// the engine as read_vllm() sees it. Errors: invalid_argument (not Prometheus text), not_found (no simulator).
Result<Readings> read_engine_sim(const Scrape& scrape);

}  // namespace trine::meter

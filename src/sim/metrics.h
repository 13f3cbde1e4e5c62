// The engine's /metrics page: vLLM V1's names, DCGM exporter's names, and the exact energy counters of the simulation.
#pragma once

#include <string>

#include "sim/engine.h"

namespace trine::sim {

// Label values of the DCGM series. modelName is the spec's GPU with " (simulated)" behind it.
struct DeviceLabels {
  int gpu = 0;
  std::string uuid;  // "GPU-…"
  std::string hostname;
};

// Prometheus text format 0.0.4, as of engine.now(). Energy: DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION in mJ (rounded
// down), trine_sim_*_energy_microjoules_total in µJ, exact: idle + active = total.
std::string render_metrics(const Engine& engine, const DeviceLabels& device);

}  // namespace trine::sim

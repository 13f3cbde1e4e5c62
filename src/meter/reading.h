// What a meter said at one moment. Raw: no window is cut and nothing is attributed here (energy does that).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/units.h"

namespace trine::meter {

// Which joules these are. Never add or compare across boundaries (docs/accounting.md, "Boundaries").
enum class Boundary : uint8_t {
  gpu,        // one accelerator's board
  host,       // CPUs and memory of one server, or all of it: without overlap, so that a host has one reading
  container,  // a meter's own split of the host: never added to it
};

struct DeviceReading {
  std::string device;  // stable: a GPU's UUID ("GPU-…"), "UUID/gi13" for a MIG slice, "host:node-1", "container:…"
  Boundary boundary = Boundary::gpu;
  // False for a part of something that has a reading of its own (a MIG slice, a container): never added to it, and
  // without energy where the meter knows only the whole's.
  bool whole_device = true;
  bool simulated = false;  // engine-sim: letter S whatever else is known
  bool modelled = false;   // the meter's own estimate, not a counter of the hardware

  std::string model;         // "NVIDIA H100 80GB HBM3"; empty where unknown
  std::string host;          // as the meter names it; empty where unknown
  std::string gpu_index;     // "0"; not stable over reboots
  std::string mig_instance;  // GPU instance id of a slice; empty for a whole GPU
  std::string zones;         // host: what was added up, as in "package+dram"

  Wall at{};                          // the meter's own time where it gives one, else ours
  std::optional<Nanos> mono;          // our monotonic clock at the same moment; none with the meter's own time
  std::optional<int64_t> counter_uj;  // energy since some start; may be reset
  int64_t wrap_uj = 0;                // the counter starts again at 0 after this value; 0: it never does
  std::optional<double> power_w;
  std::optional<double> utilisation;  // 0..1: share of time in which any kernel ran
  std::optional<double> sm_activity;  // 0..1: share of the multiprocessors that had work
  std::optional<double> memory_used;  // 0..1 of the device's memory
  std::optional<int64_t> memory_used_bytes;
};

// Counters are since the engine's start and fall when it restarts.
struct EngineReading {
  std::string engine;  // its number where several run behind one address (data parallel), else ""
  std::string model;   // the engine's name of the model
  bool simulated = false;
  Wall at{};
  std::optional<Nanos> mono;
  std::optional<double> running;  // requests in the batch
  std::optional<double> waiting;  // requests queued
  std::optional<Tokens> prompt_tokens;
  std::optional<Tokens> cached_tokens;  // prompt tokens served from the prefix cache
  bool prompt_includes_cached = true;   // false: prompt_tokens are the computed ones only (llama.cpp)
  std::optional<Tokens> generated_tokens;
  std::optional<double> kv_usage;  // 0..1

  // Prompt tokens that were really computed, never below zero.
  std::optional<Tokens> computed_prompt_tokens() const;
};

struct Readings {
  std::vector<DeviceReading> devices;  // a device may be there several times, oldest first (agent_source.h)
  std::vector<EngineReading> engines;
  // How far the meter's clock is ahead of ours, where it tells its own; dates are on ours already.
  std::optional<Nanos> clock_offset;
  std::vector<std::string> notes;  // what the meter cannot tell and what to do about it: at most a handful of sentences

  const DeviceReading* find(std::string_view device) const;  // the first of that name; null if not there
};

// All engines behind one address as one: sums; the mean of kv_usage. A value that any of them lacks is left out.
// Empty without engines.
std::optional<EngineReading> combined(const std::vector<EngineReading>& engines);

}  // namespace trine::meter

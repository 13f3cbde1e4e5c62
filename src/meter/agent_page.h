// What `trine-meter`, the agent on a GPU host, answers to GET /v1/readings: the format, and reading it. Pure.
//
// {"version": 1, "agent": "0.1.0", "host": "gpu-1", "run": "run_01J…", "wall_us": …, "mono_us": …, "lost": 0, "next":
// 42,
//  "more": false, "notes": [], "devices": [{"id": 0, "device": "GPU-…", "boundary": "gpu", "whole_device": true,
//  "model": "NVIDIA H100", "gpu_index": "0", "zones": "", "wrap_uj": 0}],
//  "samples": [[id, wall_us, mono_us, counter_uj, power_mw, utilisation, sm_activity], …]}
//
// wall_us and mono_us are the agent's clocks: at the top while it answered, in a sample when it was taken. Samples
// stand in the order in which they were taken and are numbered without a gap; `next` is the last one's number, which
// the next question names (?since=RUN:NEXT); `lost` counts those that were asked for and are no longer kept. `run`
// changes when the agent starts. What a device does not tell is null. Shares are of 10,000.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "meter/reading.h"

namespace trine::meter {

inline constexpr int64_t kAgentPageVersion = 1;

// Nothing above is read: a page beyond these is no page of an agent.
struct AgentPageLimits {
  size_t devices = 256;
  size_t samples = 20'000;
  size_t text = 256;  // bytes of a name
};

struct AgentSample {
  size_t device = 0;  // an index of AgentPage::devices
  Wall wall{};        // the agent's clock
  Nanos mono{};       // its monotonic clock
  std::optional<int64_t> counter_uj;
  std::optional<double> power_w;
  std::optional<double> utilisation;  // 0..1
  std::optional<double> sm_activity;  // 0..1
};

struct AgentPage {
  std::string agent, host, run;
  Wall wall{};   // the agent's clock while it answered
  Nanos mono{};  // its monotonic clock at the same moment
  uint64_t next = 0;
  uint64_t lost = 0;
  bool more = false;
  std::vector<DeviceReading> devices;  // what does not change with time; no figures
  std::vector<AgentSample> samples;
  std::vector<std::string> notes;  // the agent's, then those on values that were left out
};

// A value that is negative or absurd is left out with a note. Errors: invalid_argument (not JSON), unimplemented
// (another version), data_loss (not such a page; says what is wrong), out_of_range (beyond the limits).
Result<AgentPage> read_agent_page(std::string_view body, const AgentPageLimits& limits = {});

}  // namespace trine::meter

// What the agent says, as text. Pure, but for the process's own figures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "meter_agent/sampler.h"
#include "meter_agent/store.h"

namespace trine::meter_agent {

inline constexpr size_t kSamplesPerPage = 2000;  // about 140 KB

// Where a reader stands: run and number of the last sample that it has.
struct Since {
  std::string run;
  uint64_t seen = 0;
};

// The page of meter/agent_page.h: what came after `since`; everything that is kept, where there is none or it is of
// another run. REQUIRES: since.seen <= the ring's last, in the same run.
std::string readings_page(const Store& store, const std::vector<MeterState>& meters, const std::optional<Since>& since,
                          const Clock& clock, size_t most = kSamplesPerPage);

struct Health {
  bool good = false;  // any meter answers
  std::string json;
};
Health health_page(const Store& store, const std::vector<MeterState>& meters, const Clock& clock);

struct Served {
  uint64_t readings = 0, refused = 0, errors = 0;  // answers with samples; 401; other 4xx
};
// Prometheus' text format; the agent's own cost among it, no figures of meters.
std::string metrics_page(const Store& store, const std::vector<MeterState>& meters, const Served& served,
                         const Clock& clock);

// A table for a person who installs it.
std::string once_table(const Store& store);

}  // namespace trine::meter_agent

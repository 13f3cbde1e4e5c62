// Writers of rows of families.cc that are more than a counter's sum.
#pragma once

#include "observe/families.h"

namespace trine::observe {

inline constexpr int kEnergyDigits = 6, kCarbonDigits = 9, kMoneyDigits = 9;  // of the integers' units

// By workload, deployment and zone; cells that were never counted in are left out.
inline constexpr const char* kOfWorkload = "workload, deployment, zone, simulated";
void workload_calls(Page& page, const Scene& scene);
void workload_tokens(Page& page, const Scene& scene);
void workload_energy(Page& page, const Scene& scene);
void workload_carbon(Page& page, const Scene& scene);
void workload_cost(Page& page, const Scene& scene);
void workload_baseline_energy(Page& page, const Scene& scene);
void workload_baseline_carbon(Page& page, const Scene& scene);
void workload_baseline_cost(Page& page, const Scene& scene);

// What the baseline would have taken for the same requests, and that less what was taken.
void baseline_energy(Page& page, const Scene& scene);
void baseline_carbon(Page& page, const Scene& scene);
void baseline_cost(Page& page, const Scene& scene);
void saved_energy(Page& page, const Scene& scene);
void saved_carbon(Page& page, const Scene& scene);
void saved_cost(Page& page, const Scene& scene);

// Of hardware that is metered: at the deployment in whose name its windows are booked.
void device_energy(Page& page, const Scene& scene);
void device_unattributed(Page& page, const Scene& scene);
void device_watts(Page& page, const Scene& scene);
void device_idle_watts(Page& page, const Scene& scene);

void call_durations(Page& page, const Scene& scene);  // with exemplars, where requests are traced
void call_tokens(Page& page, const Scene& scene);

void stage_seconds(Page& page, const Scene& scene);
void overhead(Page& page, const Scene& scene);
void spared_requests(Page& page, const Scene& scene);
void spared_tokens(Page& page, const Scene& scene);

void traces_exported(Page& page, const Scene& scene);
void traces_dropped(Page& page, const Scene& scene);
void trace_failures(Page& page, const Scene& scene);
void abuse(Page& page, const Scene& scene);
void notices(Page& page, const Scene& scene);

}  // namespace trine::observe

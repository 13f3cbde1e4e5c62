// The options of a fleet file as the planner wants them. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fleet/fleet_file.h"
#include "fleet/plan.h"

namespace trine::fleet {

struct Rejected {
  std::string option, reason;  // a clause: "zone PL is not among the fleet's zones"
};

struct Candidates {
  std::vector<size_t> index;       // in fleet.options, of those that may serve
  std::vector<Capacity> capacity;  // beside it; empty figures of an API
  std::vector<Rejected> rejected;
};
// What residency, control, licence, memory and SLO leave.
Candidates candidates(const Fleet& fleet, const Mix& mix);

using GridHours = std::map<std::string, std::vector<double>>;  // zone -> g/kWh, by hour

// Everything but `requests`, `waiting`, `running`. `grid` has as many hours for each zone of a candidate.
// Errors: invalid_argument: a zone without hours, with the options concerned; a vendor's estimate.
// failed_precondition: no option is left, with each one's reason.
Result<PlanProblem> plan_problem(const Fleet& fleet, const Candidates& candidates, const Mix& mix,
                                 const GridHours& grid, Wall start, size_t hours);

}  // namespace trine::fleet

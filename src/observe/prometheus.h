// The page /metrics of the admin port, in Prometheus' text format 0.0.4.
//
// Series are bounded by the configuration: labels name deployments, models, zones and fixed words, never anything that
// a client sent. docs/metrics.md lists them; it is made from the table that makes the page.
#pragma once

#include <string>

#include "base/time.h"
#include "gateway/admin/admin.h"
#include "observe/process.h"

namespace trine::observe {

// A gateway::MetricsPage. The admin port's thread.
std::string prometheus_page(const gateway::GatewayView& view);

// The same with the outside given. Pure.
std::string render_page(const gateway::GatewayView& view, Wall now, const ProcessFigures& process);

}  // namespace trine::observe

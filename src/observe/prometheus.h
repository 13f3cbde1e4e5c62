// The page /metrics of the admin port, in Prometheus' text format 0.0.4 or, where a scraper asks for it, in
// OpenMetrics 1.0 with exemplars.
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
std::string prometheus_page(const gateway::GatewayView& view, gateway::MetricsForm form);

// The same with the outside given. Pure.
std::string render_page(const gateway::GatewayView& view, Wall now, const ProcessFigures& process,
                        gateway::MetricsForm form = gateway::MetricsForm::prometheus);

}  // namespace trine::observe

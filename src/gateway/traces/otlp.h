// Traces as OTLP's JSON has them (opentelemetry-proto, ExportTraceServiceRequest), with the attributes of
// OpenTelemetry's GenAI conventions and, under trine.*, joules, grams and cost.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "gateway/traces/trace.h"

namespace trine::gateway {

// Who sends: service.name is "trine".
struct TraceSource {
  std::string version;
  std::string instance;  // service.instance.id
};

// One span for the request, one for each stage it went through, one for each call. Nothing of what it says or is
// answered. Pure.
std::string otlp_json(std::span<const std::shared_ptr<const Trace>> traces, const TraceSource& source);

}  // namespace trine::gateway

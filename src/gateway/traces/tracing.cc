#include "gateway/traces/tracing.h"

namespace trine::gateway {
namespace {

// As gen_ai.operation.name has it.
std::string operation_of(llm::Endpoint e) {
  switch (e) {
    case llm::Endpoint::chat:
    case llm::Endpoint::responses:
      return "chat";
    case llm::Endpoint::completions:
      return "text_completion";
    case llm::Endpoint::embeddings:
      return "embeddings";
    default:
      return llm::name(e);
  }
}

}  // namespace

void begin_trace(Exchange& x) {
  const auto& config = x.snapshot->config->traces;
  if (!config) return;
  x.trace = x.context.traces.begin(x.client.head().find("traceparent"), config->sample);
}

void trace_call(Exchange& x) {
  if (x.trace) x.trace->calls.push_back({.span = x.context.traces.new_span(), .facts = x.call.facts, .figures = {}});
}

void trace_call_end(Exchange& x, const energy::Figures& figures) {
  if (!x.trace || x.trace->calls.empty()) return;
  CallTrace& c = x.trace->calls.back();
  c.facts = x.call.facts;
  c.figures = figures;
  c.settled = true;
}

void end_trace(Exchange& x, energy::Outcome outcome) {
  if (!x.trace) return;
  Trace& t = *x.trace;
  t.trail = x.trail;
  t.begin_mono = x.arrived_mono;
  t.begin = x.arrived;
  t.end = x.context.clock().wall();
  t.request = x.id;
  t.operation = operation_of(x.endpoint);
  t.model = x.scan.model;
  t.workload = x.workload;
  t.currency = x.snapshot->config->ledger.currency;
  t.outcome = outcome;
  t.status = x.status;
  t.error = x.error;
  t.figures = x.figures;
  x.context.traces.add(std::move(x.trace));
}

std::string traceparent_for_engine(const Exchange& x) {
  if (!x.trace || x.trace->calls.empty()) return {};
  return TraceParent{x.trace->id, x.trace->calls.back().span, true}.text();
}

}  // namespace trine::gateway

#include "gateway/traces/otlp.h"

#include <algorithm>

#include "base/hash.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

using energy::Outcome;

enum class SpanKind { internal = 1, server = 2, client = 3 };  // of the protocol
constexpr int kStatusError = 2;

// A stage's span id follows from the request's: it takes neither room nor a random number on the request's path.
uint64_t stage_span(uint64_t request_span, size_t leg) {
  return std::max<uint64_t>(1, mix64(request_span + leg + 1));
}

class SpanWriter {
 public:
  SpanWriter(json::Writer& w, const TraceId& trace, uint64_t id, uint64_t parent, std::string_view name, SpanKind kind,
             Wall begin, Wall end)
      : w_(w) {
    w.object().key("traceId").value(trace.text()).key("spanId").value(span_text(id));
    if (parent != 0) w.key("parentSpanId").value(span_text(parent));
    // 64-bit numbers are texts in protobuf's JSON.
    w.key("name").value(name).key("kind").value(static_cast<int>(kind));
    w.key("startTimeUnixNano").value(std::to_string(unix_ns(begin)));
    w.key("endTimeUnixNano").value(std::to_string(unix_ns(std::max(begin, end))));
    w.key("attributes").array();
  }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty())
      w_.object().key("key").value(key).key("value").object().key("stringValue").value(value).end().end();
  }
  void whole(std::string_view key, int64_t value) {
    w_.object().key("key").value(key).key("value").object().key("intValue").value(std::to_string(value)).end().end();
  }
  void number(std::string_view key, double value) {
    w_.object().key("key").value(key).key("value").object().key("doubleValue").value(value).end().end();
  }
  void flag(std::string_view key, bool value) {
    w_.object().key("key").value(key).key("value").object().key("boolValue").value(value).end().end();
  }
  void figures(const energy::Figures& f, std::string_view currency) {
    number("trine.energy.joules", to_joules(f.energy));
    number("trine.energy.joules.low", to_joules(f.energy_low));
    number("trine.energy.joules.high", to_joules(f.energy_high));
    number("trine.carbon.grams", to_grams(f.carbon()));
    number("trine.cost", to_euros(f.cost));
    text("trine.currency", currency);
    const char letter = static_cast<char>(f.letter);
    text("trine.quality", std::string_view(&letter, 1));
  }
  void end_attributes() { w_.end(); }
  void event(std::string_view name, Wall at) {
    w_.key("events").array().object().key("timeUnixNano").value(std::to_string(unix_ns(at))).key("name").value(name);
    w_.end().end();
  }
  void end(bool failed) {
    w_.key("status").object();
    if (failed) w_.key("code").value(kStatusError);
    w_.end().end();
  }

 private:
  json::Writer& w_;
};

std::string span_name(const Trace& t, std::string_view model) {
  return model.empty() ? t.operation : t.operation + " " + std::string(model);
}

void write_call(json::Writer& w, const Trace& t, const CallTrace& c) {
  const energy::CallFacts& f = c.facts;
  SpanWriter span(w, t.id, c.span, t.span, span_name(t, f.model), SpanKind::client, f.start, c.settled ? f.end : t.end);
  span.text("gen_ai.operation.name", t.operation);
  span.text("gen_ai.request.model", f.model);
  span.text("trine.deployment", f.deployment);
  span.text("trine.zone", f.zone);
  span.flag("trine.simulated", f.simulated);
  if (c.settled) {
    span.whole("gen_ai.usage.input_tokens", f.in);
    span.whole("gen_ai.usage.output_tokens", f.out);
    span.whole("gen_ai.usage.cache_read.input_tokens", f.cached);
    if (f.http_status != 0) span.whole("http.response.status_code", f.http_status);
    span.text("trine.outcome", energy::kOutcomes[static_cast<size_t>(f.outcome)]);
    span.number("trine.mean_batch", f.mean_batch);
    span.figures(c.figures, t.currency);
  }
  span.end_attributes();
  if (c.settled && f.streamed && f.first_token > f.start && f.first_token < f.end)
    span.event("gen_ai.first_token", f.first_token);
  span.end(f.outcome == Outcome::failed);
}

void write_trace(json::Writer& w, const Trace& t) {
  {
    SpanWriter span(w, t.id, t.span, t.parent, span_name(t, t.model), SpanKind::server, t.begin, t.end);
    span.text("gen_ai.operation.name", t.operation);
    span.text("gen_ai.request.model", t.model);
    span.text("trine.request.id", t.request.text());
    span.text("trine.workload", t.workload);
    span.text("trine.outcome", energy::kOutcomes[static_cast<size_t>(t.outcome)]);
    if (t.status != 0) span.whole("http.response.status_code", t.status);
    span.text("error.type", t.error);
    span.whole("trine.calls", static_cast<int64_t>(t.calls.size()));
    if (!t.calls.empty()) span.figures(t.figures, t.currency);
    span.end_attributes();
    span.end(t.outcome == Outcome::failed || t.status >= 500);
  }
  const auto at = [&](Mono m) { return t.begin + (m - t.begin_mono); };
  size_t leg = 0;
  for (const Trail::Leg& l : t.trail) {
    const uint64_t id = stage_span(t.span, leg++);
    if (l.phase == Phase::call) continue;  // the calls say it themselves
    SpanWriter span(w, t.id, id, t.span, name(l.phase), SpanKind::internal, at(l.begin), at(l.end));
    span.end_attributes();
    span.end(false);
  }
  for (const CallTrace& c : t.calls) write_call(w, t, c);
}

}  // namespace

std::string otlp_json(std::span<const std::shared_ptr<const Trace>> traces, const TraceSource& source) {
  std::string out;
  json::Writer w(out);
  const auto attribute = [&w](std::string_view key, std::string_view value) {
    w.object().key("key").value(key).key("value").object().key("stringValue").value(value).end().end();
  };
  w.object().key("resourceSpans").array().object();
  w.key("resource").object().key("attributes").array();
  attribute("service.name", "trine");
  attribute("service.version", source.version);
  attribute("service.instance.id", source.instance);
  w.end().end();
  w.key("scopeSpans").array().object();
  w.key("scope").object().key("name").value("trine").key("version").value(source.version).end();
  w.key("spans").array();
  for (const auto& t : traces) write_trace(w, *t);
  w.end().end().end().end().end().end();
  return out;
}

}  // namespace trine::gateway

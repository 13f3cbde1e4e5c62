// One request's trace on its way from a worker to the exporter, and W3C's header that ties traces together.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "energy/facts.h"
#include "gateway/probe.h"
#include "gateway/trail.h"

namespace trine::gateway {

struct TraceId {
  uint64_t hi = 0, lo = 0;
  bool operator==(const TraceId&) const = default;
  std::string text() const;  // 32 hex digits
};
std::string span_text(uint64_t span);  // 16 hex digits

// https://www.w3.org/TR/trace-context/, version 00 and what later ones keep of it.
struct TraceParent {
  TraceId trace;
  uint64_t span = 0;
  bool sampled = false;
  std::string text() const;
};
std::optional<TraceParent> parse_traceparent(std::string_view header);

// One call of a traced request.
struct CallTrace {
  uint64_t span = 0;
  energy::CallFacts facts;
  energy::Figures figures;
  bool settled = false;  // facts and figures are whole
};

// A request that is traced. Its worker writes it; afterwards it is constant.
struct Trace {
  TraceId id;
  uint64_t span = 0, parent = 0;  // parent 0: the trace begins here
  Trail trail;
  Mono begin_mono{};
  Wall begin{}, end{};
  std::vector<CallTrace> calls;
  RequestId request;
  std::string operation;  // as gen_ai.operation.name has it
  std::string model, workload, currency;
  energy::Outcome outcome = energy::Outcome::ok;
  int status = 0;
  std::string error;
  energy::Figures figures;
};

// One worker's: decides what is traced, and collects it. One thread.
class TraceFeed {
 public:
  using Hand = std::function<void(std::vector<std::shared_ptr<const Trace>>)>;
  // Of one flush; beyond it traces are dropped and counted.
  static constexpr size_t kMost = 256;

  TraceFeed(uint64_t seed, Counter& dropped) : random_(seed), dropped_(dropped) {}
  void use(Hand hand) { hand_ = std::move(hand); }

  // Follows the caller's decision where it made one, else takes a `sample` of the requests. Null: not traced.
  std::shared_ptr<Trace> begin(std::optional<std::string_view> traceparent, double sample);
  uint64_t new_span();
  void add(std::shared_ptr<const Trace> trace);
  void flush();

 private:
  Hand hand_;  // none: nothing is traced
  std::mt19937_64 random_;
  Counter& dropped_;
  std::vector<std::shared_ptr<const Trace>> traces_;
};

}  // namespace trine::gateway

// The requests of a replay in their order, made one at a time from a trace. One thread; the trace must outlive it.
//
// Requests per hour are those of fleet::demand(). From counts: a Poisson process within each hour, every request of the
// mix. From a trace with requests, raw: a Poisson process in the trace's own time, which is faster where its requests
// stand closer, and each arrival has the tokens of the request that it lies behind; so bursts and the order of long and
// short ones stay at any scale. Smooth: Poisson within the hour, tokens of a request drawn from the whole trace.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/demand.h"
#include "replay/random.h"

namespace trine::replay {

struct Arrival {
  double at_s = 0;
  int32_t in = 0, out = 0;
};

class Arrivals {
 public:
  // REQUIRES: `hourly` from fleet::demand() of this trace and shape.
  Arrivals(const fleet::Trace& trace, fleet::Shape shape, const fleet::Mix& mix, std::vector<double> hourly,
           uint64_t seed);
  // False when the hours are over.
  bool next(Arrival& out);

 private:
  bool next_hour();
  void enter(const std::vector<fleet::TraceRequest>& requests);

  const fleet::Trace& trace_;
  fleet::Shape shape_;
  int32_t in_, out_;
  std::vector<double> hourly_;
  Random random_;
  size_t hour_ = 0;
  bool inside_ = false;
  double place_ = 0, expected_ = 0;  // in the hour, in expected requests
  size_t begin_ = 0, end_ = 0;       // of the trace's requests in this hour (raw)
};

}  // namespace trine::replay

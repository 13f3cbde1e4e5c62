// Faults on demand, for tests of what stands in front of an engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace trine::sim {

// Applies to model calls only. The first `after` calls pass, the next `count` are hit by everything that is set.
struct Fault {
  int64_t after = 0;
  int64_t count = -1;             // -1: all of them
  int status = 0;                 // answer with it at once; 0: no
  int64_t die_after_tokens = -1;  // close the connection after so many tokens, without an end; -1: no
  Nanos delay{0};                 // real time before anything is done

  bool any() const { return status != 0 || die_after_tokens >= 0 || delay > Nanos(0); }
};

// {"fail_after": N, "count": N, "status": 400..599, "die_after_tokens": N, "delay_ms": N}; all optional. fail_after
// alone means status 500. {} clears.
Result<Fault> parse_fault(std::string_view json);
std::string fault_json(const Fault& f);

// Counts calls and says what hits the next one.
class FaultPlan {
 public:
  explicit FaultPlan(Fault f) : fault_(f) {}
  void set(Fault f) { fault_ = f; }
  const Fault& fault() const { return fault_; }
  Fault next();  // a Fault with !any() where the call passes

 private:
  Fault fault_;
};

}  // namespace trine::sim

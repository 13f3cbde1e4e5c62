// What may be limited, for whom, and what one request asks for. Pure data.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "base/units.h"
#include "protect/gcra.h"

namespace trine::protect {

// Whom a limit or a budget is for. From the narrowest to the widest; `model` is a model name that clients use, a route.
enum class Scope : uint8_t { key, project, team, org, model, workload };
constexpr std::string_view name(Scope s) {
  constexpr std::string_view kNames[] = {"key", "project", "team", "org", "model", "workload"};
  return kNames[static_cast<size_t>(s)];
}

// 0: none.
struct Limits {
  int64_t rpm = 0;      // requests per minute
  int64_t tpm = 0;      // tokens per minute, prompt and answer
  int64_t tpm_in = 0;   // prompt tokens per minute
  int64_t tpm_out = 0;  // generated tokens per minute
  int32_t concurrency = 0;
  int64_t request_bytes = 0;
  Tokens max_tokens = 0;  // of one answer
  Nanos burst = std::chrono::minutes(1);
  bool counts() const { return rpm != 0 || tpm != 0 || tpm_in != 0 || tpm_out != 0 || concurrency != 0; }
  bool operator==(const Limits&) const = default;
};

// The quantities of one request: expected when it is reserved, real when it has ended.
struct Quantities {
  int64_t requests = 1;
  Tokens in = 0, out = 0;
  Money cost;
  Energy energy;  // facility
  Carbon carbon;
};

struct Now {
  Mono mono{};
  Wall wall{};
};

}  // namespace trine::protect

// The facts of one request and what they were settled at (docs/accounting.md §1).
// A request has 1..n calls (retries, hedges, judges, map-reduce); a call has 1..n settlements, appended, never changed.
#pragma once

#include <cstdint>
#include <string>

#include "base/id.h"
#include "base/time.h"
#include "base/units.h"

namespace trine::energy {

// Who pays. Names, never secrets; `key` is the key's id.
struct Tenant {
  std::string org, team, project, key;
  bool operator==(const Tenant&) const = default;
};

enum class Outcome : uint8_t {
  ok,           // complete answer
  failed,       // upstream error or time-out; bears what it used
  cancelled,    // the client left; bears what was generated
  interrupted,  // our process died in the middle
  refused,      // never reached an engine (bad request, no deployment, limit)
};

// As reports and searches spell them, in the order of Outcome.
inline constexpr const char* kOutcomes[] = {"ok", "failed", "cancelled", "interrupted", "refused"};

enum class TokenSource : uint8_t { reported, counted };  // by the engine's usage | by us (an estimate, marked as such)

struct CallFacts {
  CallId id;
  std::string deployment;
  std::string zone;   // grid zone of the deployment
  std::string model;  // the engine's name of the model
  Wall start{};
  Wall first_token{};  // == end where nothing came or nothing was streamed
  Wall end{};
  Tokens in = 0;      // prompt tokens, cached ones included
  Tokens cached = 0;  // of these, served from the engine's prefix cache
  Tokens out = 0;
  TokenSource source = TokenSource::reported;
  bool streamed = false;
  bool simulated = false;  // engine-sim: letter S whatever else is known
  bool beside = false;     // not to answer the request: a judge's, an embedding's; no baseline would have made it
  Outcome outcome = Outcome::ok;
  int http_status = 0;    // the upstream's; 0 where none came
  double mean_batch = 1;  // requests running on the deployment, averaged over this call's life
  bool operator==(const CallFacts&) const = default;
};

struct RequestFacts {
  RequestId id;
  Tenant tenant;
  std::string workload;
  std::string route;     // the model name that the client asked for
  std::string endpoint;  // "/v1/chat/completions"
  Wall start{};
  Wall end{};
  bool streamed = false;
  Outcome outcome = Outcome::ok;
  int http_status = 0;  // what the client was answered
  std::string error;    // our error code, empty if none
  std::string reason;   // why this route (one line; the router's words)
  uint16_t calls = 0;
  std::string user;  // the end user, where the client names one; never a secret, erased on demand
  bool operator==(const RequestFacts&) const = default;
};

// Best first. An aggregate shows the share per letter and the lowest that holds over 5 %.
enum class Letter : char { A = 'A', B = 'B', C = 'C', D = 'D', S = 'S' };

enum class Basis : uint8_t { provisional, window, final };

// Direct figures (without unattributed idle), facility boundary unless named gpu_.
struct Figures {
  Energy gpu_energy;
  Energy energy;                   // (GPU + host) x PUE
  Energy energy_low, energy_high;  // 90 % range
  Carbon operational;
  Carbon embodied;
  Carbon carbon_low, carbon_high;  // 90 % range of operational + embodied
  Money cost;
  Letter letter = Letter::D;
  Carbon carbon() const { return operational + embodied; }
  bool operator==(const Figures&) const = default;
};

// Of Figures and of whatever else sums them: all amounts, in their integers. Letters and counts are the caller's.
template <class T, class F>
void add_amounts(T& to, const F& from) {
  to.gpu_energy += from.gpu_energy;
  to.energy += from.energy;
  to.energy_low += from.energy_low;
  to.energy_high += from.energy_high;
  to.operational += from.operational;
  to.embodied += from.embodied;
  to.carbon_low += from.carbon_low;
  to.carbon_high += from.carbon_high;
  to.cost += from.cost;
}

struct Settlement {
  CallId call;
  uint32_t version = 0;  // 0 provisional; applied at most once per (call, version)
  Basis basis = Basis::provisional;
  Wall booked_at{};  // the period it counts in
  Figures figures;
  bool operator==(const Settlement&) const = default;
};

// What a stage spared a request: tokens that no engine had to process, and what they would have cost at the deployment
// that served the rest (a cached answer: what the first one cost). Negative where a step added tokens. A part of the
// saving against the baseline, never added to it (docs/accounting.md).
struct Avoided {
  RequestId request;
  std::string step;  // "documents.repeats", "cache.exact", ...
  Wall at{};
  Tokens in = 0, out = 0;
  Figures figures;  // an estimate, with its range
  bool operator==(const Avoided&) const = default;
};

// One device's meter over one window, after attribution. requests + foreign + unattributed == total, exactly, in each
// of energy, carbon and money.
struct DeviceWindow {
  std::string device;
  std::string deployment;
  std::string zone;
  Wall begin{};
  Wall end{};
  struct Share {
    Energy gpu_energy;
    Energy energy;
    Carbon operational;
    Carbon embodied;
    Money cost;
    Share& operator+=(const Share& s) {
      gpu_energy += s.gpu_energy;
      energy += s.energy;
      operational += s.operational;
      embodied += s.embodied;
      cost += s.cost;
      return *this;
    }
    bool operator==(const Share&) const = default;
  };
  Share total, requests, foreign, unattributed;
  double intensity_g_per_kwh = 0;
  Letter letter = Letter::A;
  bool operator==(const DeviceWindow&) const = default;
};

// What the gateway itself took for a while, estimated from its CPU time (own_use.h). No device's window.
struct GatewayUse {
  Wall begin{}, end{};  // within one hour
  Nanos cpu{};
  std::string zone;
  Energy energy, energy_low, energy_high;  // facility
  Carbon carbon, carbon_low, carbon_high;  // operational
  bool operator==(const GatewayUse&) const = default;
};

}  // namespace trine::energy

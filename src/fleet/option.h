// What could be rented, bought or called: a model on an instance type in a region, or a vendor's API (docs/csoa.md §1),
// and what one machine of it can do and takes. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "fleet/machine.h"
#include "score/control.h"

namespace trine::fleet {

// Tokens of one request, on average. `cached`: of `in`, found in an engine's prefix cache.
struct Mix {
  double in = 1000, cached = 0, out = 200;
  double total() const { return in + out; }
};

// What 95 of 100 requests must keep; 0: nothing is asked.
struct Slo {
  double ttft_s = 0, tpot_s = 0;
};

struct Option {
  std::string name;  // unique
  std::string model, gpu, zone, region, provider, jurisdiction;
  int gpus = 1;  // of one machine
  std::optional<Machine> machine;
  std::optional<VendorService> vendor;  // exactly one of the two
  score::Control control;
  bool licensed = true;      // for this use
  double memory_gb = 0;      // of all GPUs of one machine, 1e9 bytes
  double weight_gb = 0;      // of the model
  double kv_bytes = 0;       // of a token of context
  double curve_batch = 0;    // the largest batch that the energy curve was fitted for
  int min = 0, max = 64;     // machines
  Nanos startup{};           // from the order to the first request; rent and idle power are paid from the order on
  std::string price_source;  // "fleet file", "catalog"
  std::string curve_source;  // "measured", "derived"
};

// What one machine does when it is full.
struct Capacity {
  enum class Bound { memory, tpot, curve };
  double batch = 0;             // running requests
  double requests_per_s = 0;    // of the mix, prefill and decode sharing the machine
  double ttft_s = 0;            // of a request that does not wait: its prefill
  double tpot_s = 0;            // prefill of others included
  Bound bound = Bound::memory;  // what keeps the batch from being larger
};

// Prefill and decode share the machine: in a second r requests take r * in / prefill_rate of it, and the rest makes
// batch / step(batch) tokens a second, so that
//   r = 1 / (fresh / prefill_rate + out * step(B) / B)      tpot = step(B) + B * fresh / (prefill_rate * out)
// and B is the largest that memory (90 % of it, less the weights), SLO and curve allow.
// Errors: failed_precondition, a clause, where not even one request at a time keeps the SLO or fits.
// REQUIRES: option.machine.
Result<Capacity> capacity(const Option& option, const Mix& mix, const Slo& slo);

// Seconds per output token while `batch` requests run and the machine also prefills for them.
double tpot_s(const Machine& machine, const Mix& mix, double batch);

// The same machine as a line: what it takes while it is on, and what each request adds. At `batch` running requests the
// sum is the energy curve's; at less load it is a little under it (b / B). docs/csoa.md §5.
struct Linear {
  double eur_per_hour = 0;        // rent, or depreciation and maintenance
  double eur_per_kwh = 0;         // electricity, where it is paid for apart
  double on_w = 0;                // idle GPUs and host, before PUE
  double joules_per_request = 0;  // GPU, above idle, before PUE
  double pue = 1;
  double embodied_g_per_hour = 0;
};
// REQUIRES: option.machine, batch >= 1, requests_per_s > 0 (of capacity()).
Linear linear(const Option& option, const Mix& mix, const Capacity& capacity);

// What one request to the vendor takes; facility. Errors: those of energy::vendor_estimate and vendor_cost.
struct PerRequest {
  double eur = 0, joules = 0, embodied_g = 0;
};
Result<PerRequest> per_request(const VendorService& vendor, const Mix& mix);

}  // namespace trine::fleet

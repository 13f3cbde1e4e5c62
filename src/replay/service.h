// What an option is to the simulator: tables by batch, made once, and the router's figures, made anew with each hour's
// grid. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/option.h"
#include "score/option.h"

namespace trine::replay {

// What the requests look like to a machine.
struct Load {
  fleet::Mix mix;
  double cached_share() const { return mix.in > 0 ? mix.cached / mix.in : 0; }
};

// How the router sees options (docs/csoa.md §5).
enum class Aim : uint8_t { score, seconds };  // seconds: cost is the expected time, for the policy `latency`

struct Service {
  const fleet::Option* option = nullptr;
  double startup_s = 0;

  // of a machine
  uint32_t max_batch = 0;     // of fleet::capacity()
  double requests_per_s = 0;  // at that batch
  double response_s = 0;      // of a request at that batch, without waiting
  // While prompts are computed, every running request gets `pace` tokens a second, as on a full machine; the prompts
  // have the rest of its time, one after another.
  double pace = 0;
  double prefill_s_per_token = 0;                // of fresh prompt, so
  std::vector<double> steps_per_s, step_joules;  // by batch, [0] idle: 0; joules without context
  energy::TokenWeights weights;
  double idle_w = 0, host_w = 0, pue = 1, embodied_g_per_s = 0, eur_per_s = 0, eur_per_joule = 0;

  // of a vendor: everything is linear in the tokens
  double eur_per_in = 0, eur_per_out = 0, joules_per_in = 0, joules_per_out = 0, embodied_g_per_out = 0;
  double token_s = 0;

  // of one second of a full machine, or of one request of the mix to a vendor
  double eur = 0, joules = 0, embodied_g = 0;
  double requests = 0;  // that these stand for
  // In the objective's money, per request.
  double unit_price(double eur_weight, double kg_weight) const { return price_of(eur_weight, kg_weight) / requests; }
  double price_of(double eur_weight, double kg_weight) const {
    return eur_weight * eur + kg_weight * (joules / 3.6e6 * g_per_kwh + embodied_g) / 1000;
  }

  // of the router in this hour, by requests that run already; a vendor has one
  double g_per_kwh = 0;
  std::vector<score::Figures> figures;
  std::vector<double> marginal_joules;

  bool machine() const { return option->machine.has_value(); }
  // For another grid: what a request of the mix would be billed at B + 1 (score::quote).
  void price(double g_per_kwh_now, const Load& load, Aim aim);
};

// Errors: capacity()'s, a sentence with the option's name.
Result<Service> make_service(const fleet::Option& option, const Load& load, const fleet::Slo& slo);

// Machines' requests/s that `rate` needs so that one in a thousand at most finds all places taken: square-root
// staffing, P(Poisson(rate * response) > places) by its normal tail.
double staffed(double rate, double response_s);

}  // namespace trine::replay

// What can serve a request, and what the request demands (docs/csoa.md §1, §2).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/units.h"

namespace trine::score {

// The three axes, per million tokens (input + output as billed), facility boundary.
struct Axes {
  double eur_per_mtok = 0;
  double g_per_mtok = 0;
  double control = 1;  // [0.1, 1], from control.h
};
// Errors: invalid_argument, with a sentence, for a cost or carbon that is not over 0, or a control outside [0.1, 1].
// The weighted product has no meaning there: a missing figure must not win.
Result<void> check(const Axes& axes);

enum class Endpoint : uint8_t { chat, completions, embeddings, responses, other };
constexpr uint32_t bit(Endpoint e) {
  return 1u << static_cast<unsigned>(e);
}
inline constexpr uint32_t kAllEndpoints = 0x1f;

// Axes with their logarithms taken once, when a figure changes, so that a choice is additions only.
class Figures {
 public:
  Figures() = default;  // unusable: an option without figures is refused
  // Anything is accepted; what check() refuses is not usable().
  Figures(const Axes& axes);
  const Axes& axes() const { return axes_; }
  const Axes& ln() const { return ln_; }  // natural logarithms; meaningless unless usable()
  bool usable() const { return usable_; }

 private:
  Axes axes_, ln_;
  bool usable_ = false;
};

// Views stay valid while the option is used.
struct Option {
  Figures figures;
  double marginal_joules = 0;  // per output token if the request joined now (quote.h); breaks ties
  Tokens context_limit = 0;    // prompt + output; 0: unknown, taken as enough
  uint32_t running = 0;
  uint32_t max_running = 0;  // 0: no limit
  uint32_t endpoints = kAllEndpoints;
  bool healthy = true;
  bool banned = false;      // by policy or by hand
  bool fits_memory = true;  // the model on this machine
  bool licensed = true;     // for this use
  bool quota_left = true;   // of the vendor or of the provider
  double ttft_p95_s = 0;    // 0: unknown, taken as good
  double tpot_p95_s = 0;
  std::string_view id;
  std::string_view zone;          // grid zone
  std::string_view jurisdiction;  // whose law rules the operator
  double joules_per_token = 0;    // shown beside the score
  double g_per_kwh = 0;           // shown beside the score
  const Axes& axes() const { return figures.axes(); }
};

// Hard constraints. Empty lists and zeros demand nothing.
struct Need {
  Endpoint endpoint = Endpoint::chat;
  Tokens context = 0;  // prompt + the most it may generate
  std::span<const std::string_view> zones;
  std::span<const std::string_view> jurisdictions;
  double max_ttft_s = 0;
  double max_tpot_s = 0;
  double min_control = 0;
};

enum class Unfit : uint8_t {
  no,  // it may serve
  banned,
  unhealthy,
  endpoint,
  zone,
  jurisdiction,
  licence,
  memory,
  context,
  control,
  slo,
  quota,
  busy,
  figures,  // cost, carbon or control unusable
};

// The first reason why the option may not serve. No allocation.
Unfit unfit(const Option& option, const Need& need);
// The same as a clause for people: "unhealthy", "context of 8192 tokens is under the 12000 asked for".
std::string explain(Unfit reason, const Option& option, const Need& need);

// How much each axis counts; they sum to 1. Somebody's policy.
struct Weights {
  double cost = 1.0 / 3, control = 1.0 / 3, carbon = 1.0 / 3;
};
// Scaled to sum 1. Errors: invalid_argument for a negative or not finite weight, or none over 0.
Result<Weights> make_weights(double cost, double control, double carbon);

}  // namespace trine::score

// What can serve a request, and what the request demands (docs/csoa.md §1, §2).
#pragma once

#include <bit>
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

// ln within 1e-10, inline: std::log would be most of what a choice takes. Meaningless outside the normal numbers over
// 0.
inline double quick_ln(double x) {
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  const auto bits = std::bit_cast<uint64_t>(x);
  const uint64_t over = bits - kRootHalf;  // the exponent counts from sqrt(1/2), so that the rest is near 1
  const auto exponent = static_cast<double>(static_cast<int64_t>(over) >> 52);
  const auto rest = std::bit_cast<double>(bits - (over & 0xfff0000000000000));
  // ln m = 2 atanh((m - 1) / (m + 1)), |t| < 0.172
  const double t = (rest - 1) / (rest + 1), t2 = t * t;
  const double t4 = t2 * t2;  // in pairs: a chain of products would wait for each
  const double series = (1 + t2 * (1.0 / 3)) + t4 * ((1.0 / 5 + t2 * (1.0 / 7)) + t4 * (1.0 / 9 + t2 * (1.0 / 11)));
  return exponent * 0.69314718055994530942 + 2 * t * series;
}

// Axes with their logarithms taken once, when a figure changes, so that a choice is additions only.
class Figures {
 public:
  Figures() = default;  // unusable: an option without figures is refused
  // Anything is accepted; what check() refuses is not usable().
  Figures(const Axes& axes);
  // The other two axes anew, control as it was. Per request and deployment, so inline.
  void bill(double eur_per_mtok, double g_per_mtok) {
    axes_.eur_per_mtok = eur_per_mtok;
    axes_.g_per_mtok = g_per_mtok;
    usable_ = control_usable_ && in_range(eur_per_mtok) && in_range(g_per_mtok);
    ln_.eur_per_mtok = quick_ln(eur_per_mtok);
    ln_.g_per_mtok = quick_ln(g_per_mtok);
  }
  const Axes& axes() const { return axes_; }
  const Axes& ln() const { return ln_; }  // natural logarithms; meaningless unless usable()
  bool usable() const { return usable_; }

 private:
  static bool in_range(double v) { return v > 1e-300 && v < 1e300; }

  Axes axes_, ln_;
  bool usable_ = false, control_usable_ = false;
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
  // What the router knows of this request here, over the figures, which are those of a prompt that nobody has seen.
  double ln_cached = 0;  // what the prompt's cached part adds to log_score(), >= 0
  double slo_miss = 0;   // share of such requests that would miss the SLO (latency.h), 0..1
  double slo_over = 0;   // expected time / SLO, the worse of the two; 1: just
  uint64_t place = 0;    // hash of the id: where it stands among those that a prefix may go to (affinity.h)
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

// Where more than half of such requests would be late, a p95 is missed for sure: the option is out, not only worse.
inline constexpr double kSurelyMisses = 0.5;

// Whether a list that a need names has the word; an empty one has all. By hand: the words are short, and a call of
// memcmp for each is a fifth of a choice.
inline bool listed(std::string_view word, std::span<const std::string_view> list) {
  for (const std::string_view one : list) {
    size_t i = 0;
    if (one.size() != word.size()) continue;
    while (i < one.size() && one[i] == word[i]) ++i;
    if (i == one.size()) return true;
  }
  return list.empty();
}

// The first reason why the option may not serve. No allocation; inline, since it is asked of each option per request.
[[gnu::always_inline]] inline Unfit unfit(const Option& o, const Need& n) {
  if (o.banned) return Unfit::banned;
  if (!o.healthy) return Unfit::unhealthy;
  if ((o.endpoints & bit(n.endpoint)) == 0) return Unfit::endpoint;
  if (!listed(o.zone, n.zones)) return Unfit::zone;
  if (!listed(o.jurisdiction, n.jurisdictions)) return Unfit::jurisdiction;
  if (!o.licensed) return Unfit::licence;
  if (!o.fits_memory) return Unfit::memory;
  if (o.context_limit > 0 && n.context > o.context_limit) return Unfit::context;
  if (!o.figures.usable()) return Unfit::figures;
  if (o.axes().control < n.min_control) return Unfit::control;
  if ((n.max_ttft_s > 0 && o.ttft_p95_s > n.max_ttft_s) || (n.max_tpot_s > 0 && o.tpot_p95_s > n.max_tpot_s))
    return Unfit::slo;
  if (!o.quota_left) return Unfit::quota;
  if (o.max_running > 0 && o.running >= o.max_running) return Unfit::busy;
  return o.slo_miss >= kSurelyMisses ? Unfit::slo : Unfit::no;
}
// The same as a clause for people: "unhealthy", "context of 8192 tokens is under the 12000 asked for".
std::string explain(Unfit reason, const Option& option, const Need& need);

// How much each axis counts; they sum to 1. Somebody's policy.
struct Weights {
  double cost = 1.0 / 3, control = 1.0 / 3, carbon = 1.0 / 3;
};
// Scaled to sum 1. Errors: invalid_argument for a negative or not finite weight, or none over 0.
Result<Weights> make_weights(double cost, double control, double carbon);
// "cost=0.5,control=0.2,carbon=0.3": any order, what is not named is 0. Errors (invalid_argument): a clause that says
// what is wrong; unlike above a sum that is not 1 is, since it is usually a slip.
Result<Weights> parse_weights(std::string_view text);

}  // namespace trine::score

// What a request would be billed on a deployment if it joined now (docs/csoa.md §5): the same formulas that settle it
// provisionally, at one more running request.
#pragma once

#include "base/error.h"
#include "energy/provisional.h"
#include "score/option.h"

namespace trine::score {

// How fast the deployment runs: seconds per decode step = step_s0 + step_s1 * batch.
struct Speed {
  double step_s0 = 0.02;
  double step_s1 = 0;
  double prefill_tokens_per_s = 8000;
};

// The request as far as it is known: expected output, prompt with the part that the deployment's prefix cache holds.
struct Shape {
  Tokens in = 1000;
  Tokens cached = 0;
  Tokens out = 200;
};

// What the speed model says of one request in a batch: seconds to the first token, and per further token.
struct Pace {
  double ttft_s = 0;
  double tpot_s = 0;
};
Pace expected(const Speed& speed, const Shape& shape, double batch);

struct Quote {
  double eur_per_mtok = 0;
  double g_per_mtok = 0;
  double joules_per_token = 0;  // facility
  double marginal_joules = 0;   // GPU, per output token: joining a busy batch ~ a, waking an idle card a + b
  double seconds = 0;           // expected time without queueing
};

// The bill of one deployment at one batch and one grid value, taken apart into what each token adds, so that a
// request's bill is a few multiplications: made when the batch or the grid changes, asked per request. The parts are
// read off the formulas of energy::provisional, which settle the request; there is no second one.
class Tariff {
 public:
  // Per fresh, cached and generated token, and per generated token and token of its mean context.
  struct Part {
    double fresh = 0, cached = 0, out = 0, context = 0;
  };
  // A shape's amounts of these, per token that is billed. REQUIRES: shape.in + shape.out > 0.
  struct Amounts {
    double fresh, cached, out, context;
    explicit Amounts(const Shape& s) {
      const auto in = static_cast<double>(s.in), generated = static_cast<double>(s.out);
      const double per_token = 1 / (in + generated);
      cached = static_cast<double>(s.cached < s.in ? s.cached : s.in) * per_token;
      fresh = in * per_token - cached;
      out = generated * per_token;
      context = out * (in + generated / 2);
    }
    double of(const Part& p) const {
      return (fresh * p.fresh + cached * p.cached) + (out * p.out + context * p.context);
    }
  };
  Tariff() = default;  // bills nothing: its figures are not usable
  // Own hardware with `running` requests, billed by the hour; electricity at its price of `now`.
  Tariff(const energy::OwnHardware& hardware, const Speed& speed, const energy::GridValue& grid, uint32_t running,
         Wall now = {});
  // A vendor's does not depend on how busy it is. Errors: those of energy::provisional_vendor.
  static Result<Tariff> vendor(const energy::VendorModel& model, const energy::VendorPrice& price,
                               const energy::GridValue& grid);

  void sell(const energy::VendorPrice& price);  // money by the token instead
  void flat(double eur_per_mtok);               // the same for every token

  // REQUIRES: shape.in + shape.out > 0.
  Quote quote(const Shape& shape) const;
  // Of it only what the score weighs: EUR and g per Mtok. Per request and deployment.
  struct Bill {
    double eur_per_mtok = 0, g_per_mtok = 0;
  };
  Bill bill(const Amounts& a) const { return {a.of(eur_) * 1e6, a.of(g_) * 1e6}; }
  double marginal_joules() const { return marginal_joules_; }

 private:
  template <class Settle>
  void read_off(const Settle& settle);

  Part eur_, g_, joules_;
  double out_s_ = 0, fresh_s_ = 0;
  double marginal_joules_ = 0;
};

// For whoever asks once. REQUIRES: shape.in + shape.out > 0.
inline Quote quote(const energy::OwnHardware& hardware, const Speed& speed, const energy::GridValue& grid,
                   uint32_t running, const Shape& shape, Wall now = {}) {
  return Tariff(hardware, speed, grid, running, now).quote(shape);
}
inline Result<Quote> quote_vendor(const energy::VendorModel& model, const energy::VendorPrice& price,
                                  const energy::GridValue& grid, const Shape& shape) {
  return Tariff::vendor(model, price, grid).map([&](const Tariff& t) { return t.quote(shape); });
}

}  // namespace trine::score

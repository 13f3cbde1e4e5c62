#include "score/quote.h"

#include <algorithm>

namespace trine::score {
namespace {

energy::CallFacts hypothetical(const Shape& shape, double seconds, double batch, Wall start = {}) {
  energy::CallFacts call;
  call.start = start;
  call.end = call.start + from_seconds(seconds);
  call.in = shape.in;
  call.cached = std::min(shape.cached, shape.in);
  call.out = shape.out;
  call.mean_batch = batch;
  return call;
}

Quote per_token(const energy::Figures& f, const Shape& shape) {
  const auto tokens = static_cast<double>(std::max<Tokens>(1, shape.in + shape.out));
  Quote q;
  q.eur_per_mtok = to_euros(f.cost) / tokens * 1e6;
  q.g_per_mtok = to_grams(f.carbon()) / tokens * 1e6;
  q.joules_per_token = to_joules(f.energy) / tokens;
  return q;
}

}  // namespace

Quote quote(const energy::OwnHardware& hw, const Speed& speed, const energy::GridValue& grid, uint32_t running,
            const Shape& shape, Wall now) {
  const double batch = running + 1.0;
  const auto fresh = static_cast<double>(shape.in - std::min(shape.cached, shape.in));
  double s = static_cast<double>(shape.out) * (speed.step_s0 + speed.step_s1 * batch);
  if (speed.prefill_tokens_per_s > 0) s += fresh / speed.prefill_tokens_per_s;
  Quote q = per_token(energy::provisional(hypothetical(shape, s, batch, now), hw, grid), shape);
  q.marginal_joules = hw.weights.curve.a + (running == 0 ? hw.weights.curve.b : 0);
  q.seconds = s;
  return q;
}

Result<Quote> quote_vendor(const energy::VendorModel& model, const energy::VendorPrice& price,
                           const energy::GridValue& grid, const Shape& shape) {
  // No time of its own yet: the formula's latency counts.
  constexpr double kLong_s = 1e6;
  const auto f = energy::provisional_vendor(hypothetical(shape, kLong_s, 1), model, price, grid);
  if (!f) return tl::unexpected(f.error());
  Quote q = per_token(*f, shape);
  if (shape.out > 0) q.marginal_joules = to_joules(f->gpu_energy) / static_cast<double>(shape.out);
  return q;
}

}  // namespace trine::score

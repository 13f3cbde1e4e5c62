#include "gateway/limit/quote.h"

#include <algorithm>

namespace trine::gateway {
namespace {

void dearest(protect::Quantities& most, const protect::Quantities& q) {
  most.cost = std::max(most.cost, q.cost);
  most.energy = std::max(most.energy, q.energy);
  most.carbon = std::max(most.carbon, q.carbon);
}

}  // namespace

uint32_t quoted_at(const Deployment& d) {
  return static_cast<uint32_t>(std::max<int64_t>(0, d.state->batch.running())) / 2;
}

protect::Quantities quote_of(const Deployment& d, const score::Tariff& tariff, const score::Shape& shape) {
  const score::Quote q = tariff.quote(shape);
  const auto tokens = static_cast<double>(shape.in + shape.out);
  // A client may ask for more than integers hold: what is beyond any budget stays there, and does not wrap to nothing.
  constexpr double kMost = 1e9;
  protect::Quantities out;
  out.energy = joules(std::min(kMost, q.joules_per_token * tokens));
  out.carbon = grams(std::min(kMost, q.g_per_mtok * tokens * 1e-6));
  out.cost = euros(std::min(kMost, q.eur_per_mtok * tokens * 1e-6));
  if (d.token_price)
    if (const auto cost = energy::vendor_cost(*d.token_price, {.in = shape.in, .cached = 0, .out = shape.out}))
      out.cost = *cost;
  return out;
}

protect::Quantities worst_quote(Exchange& x, Tokens in, Tokens out) {
  const score::Shape shape{.in = std::max<Tokens>(1, in), .cached = 0, .out = out};
  const Wall now = x.context.clock().wall();
  protect::Quantities most;
  for (const auto& d : x.route ? x.route->deployments : x.snapshot->deployments)
    if (d->serves(x.endpoint)) dearest(most, quote_of(*d, x.context.tariff(*d, quoted_at(*d), now), shape));
  return most;
}

}  // namespace trine::gateway

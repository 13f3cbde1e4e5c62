#include "score/quote.h"

#include <algorithm>

namespace trine::score {
namespace {

// So many tokens that the whole units of money, joules and grams do not show.
constexpr Tokens kMany = 100'000;

energy::CallFacts hypothetical(const Shape& shape, double seconds, double batch) {
  energy::CallFacts call;
  call.end = call.start + from_seconds(seconds);
  call.in = shape.in;
  call.cached = shape.cached;
  call.out = shape.out;
  call.mean_batch = batch;
  return call;
}

}  // namespace

Pace expected(const Speed& speed, const Shape& shape, double batch) {
  Pace p;
  p.tpot_s = speed.step_s0 + speed.step_s1 * batch;
  p.ttft_s = p.tpot_s;
  const auto fresh = static_cast<double>(shape.in - std::min(shape.cached, shape.in));
  if (speed.prefill_tokens_per_s > 0) p.ttft_s += fresh / speed.prefill_tokens_per_s;
  return p;
}

// `settle`: the figures of a shape. They are linear in fresh, cached and generated tokens, but that a generated token
// takes more the longer its context is.
template <class Settle>
void Tariff::read_off(const Settle& settle) {
  const energy::Figures fresh = settle(Shape{kMany, 0, 0}), cached = settle(Shape{kMany, kMany, 0});
  const energy::Figures once = settle(Shape{0, 0, kMany}), twice = settle(Shape{0, 0, 2 * kMany});
  constexpr auto n = static_cast<double>(kMany);
  const auto part = [&](auto amount) {
    Part p{amount(fresh) / n, amount(cached) / n, 0, 0};
    // once = n·out + n·(n/2)·context; twice = 2n·out + 2n·n·context
    p.context = std::max(0.0, (amount(twice) - 2 * amount(once)) / (n * n));
    p.out = amount(once) / n - p.context * n / 2;
    return p;
  };
  eur_ = part([](const energy::Figures& f) { return to_euros(f.cost); });
  g_ = part([](const energy::Figures& f) { return to_grams(f.carbon()); });
  joules_ = part([](const energy::Figures& f) { return to_joules(f.energy); });
}

Tariff::Tariff(const energy::OwnHardware& hardware, const Speed& speed, const energy::GridValue& grid, uint32_t running,
               Wall now) {
  if (hardware.tariff) {  // the lengths below are made up: they must not reach into another price
    energy::OwnHardware fixed = hardware;
    fixed.price.electricity_per_kwh = hardware.tariff->at(now);
    fixed.tariff.reset();
    *this = Tariff(fixed, speed, grid, running);
    return;
  }
  const energy::OwnHardware& hw = hardware;
  const double batch = running + 1.0;
  out_s_ = speed.step_s0 + speed.step_s1 * batch;
  fresh_s_ = speed.prefill_tokens_per_s > 0 ? 1 / speed.prefill_tokens_per_s : 0;
  marginal_joules_ = hw.weights.curve.a + (running == 0 ? hw.weights.curve.b : 0);
  read_off([&](const Shape& shape) {
    const double s = static_cast<double>(shape.out) * out_s_ + static_cast<double>(shape.in - shape.cached) * fresh_s_;
    return energy::provisional(hypothetical(shape, s, batch), hw, grid);
  });
}

Result<Tariff> Tariff::vendor(const energy::VendorModel& model, const energy::VendorPrice& price,
                              const energy::GridValue& grid) {
  // No time of its own yet: the formula's latency counts.
  constexpr double kLong_s = 1e9;
  const auto bill = [&](const Shape& shape) {
    return energy::provisional_vendor(hypothetical(shape, kLong_s, 1), model, price, grid);
  };
  const auto generated = bill({0, 0, kMany});
  if (!generated) return tl::unexpected(generated.error());
  Tariff t;
  t.read_off([&](const Shape& shape) { return *bill(shape); });
  t.marginal_joules_ = to_joules(generated->gpu_energy) / static_cast<double>(kMany);
  return t;
}

void Tariff::sell(const energy::VendorPrice& p) {
  const auto per_token = [&](Money per_mtok) { return to_euros(per_mtok) * p.batch_factor * 1e-6; };
  eur_ = {per_token(p.in), per_token(p.cached), per_token(p.out), 0};
}

void Tariff::flat(double eur_per_mtok) {
  eur_ = {eur_per_mtok * 1e-6, eur_per_mtok * 1e-6, eur_per_mtok * 1e-6, 0};
}

Quote Tariff::quote(const Shape& shape) const {
  const Amounts a(shape);
  const Bill b = bill(a);
  Quote q;
  q.eur_per_mtok = b.eur_per_mtok;
  q.g_per_mtok = b.g_per_mtok;
  q.joules_per_token = a.of(joules_);
  q.marginal_joules = marginal_joules_;
  q.seconds = static_cast<double>(shape.out) * out_s_ +
              static_cast<double>(shape.in - std::min(shape.cached, shape.in)) * fresh_s_;
  return q;
}

}  // namespace trine::score

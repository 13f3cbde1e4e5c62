#include "gateway/settle/priced.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace trine::gateway {
namespace {

using energy::Figures;

// The call with those tokens: as many of the prompt's in the engine's cache as of its own, and longer by their time.
energy::CallFacts with(energy::CallFacts call, const Deployment& d, Tokens in, Tokens out) {
  const auto share = [](Tokens part, Tokens all) {
    return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
  };
  const double cached = share(call.cached, call.in);
  double longer = 0;
  if (d.own) {
    const energy::Pace pace = pace_of(d, std::max(1.0, call.mean_batch));
    if (pace.prefill_tokens_per_s > 0) longer = static_cast<double>(in) * (1 - cached) / pace.prefill_tokens_per_s;
    longer += static_cast<double>(out) * pace.token_s;
  } else {
    longer = share(out, call.out) * seconds(call.end - call.first_token);
  }
  call.in = std::max<Tokens>(0, call.in + in);
  call.cached = std::min(call.in, static_cast<Tokens>(std::llround(static_cast<double>(call.in) * cached)));
  call.out = std::max<Tokens>(0, call.out + out);
  call.end = std::max(call.start, call.end + from_seconds(longer));
  return call;
}

// What `all` takes beyond `part`. Both come from the same factors, so the difference is as uncertain as `all` is.
Figures difference(const Figures& all, const Figures& part) {
  Figures f;
  f.gpu_energy = all.gpu_energy - part.gpu_energy;
  f.energy = all.energy - part.energy;
  f.operational = all.operational - part.operational;
  f.embodied = all.embodied - part.embodied;
  f.cost = all.cost - part.cost;
  f.letter = all.letter;
  const auto range = [](auto value, auto whole, auto whole_low, auto whole_high, auto& low, auto& high) {
    const auto of = [&](auto bound) {
      return whole.raw() == 0 ? value
                              : scale(value, static_cast<double>(bound.raw()) / static_cast<double>(whole.raw()));
    };
    low = std::min(of(whole_low), of(whole_high));
    high = std::max(of(whole_low), of(whole_high));
  };
  range(f.energy, all.energy, all.energy_low, all.energy_high, f.energy_low, f.energy_high);
  range(f.carbon(), all.carbon(), all.carbon_low, all.carbon_high, f.carbon_low, f.carbon_high);
  return f;
}

void add(Figures& sum, const Figures& f) {
  energy::add_amounts(sum, f);
  sum.letter = std::max(sum.letter, f.letter);
}

}  // namespace

Figures figures_of(const Deployment& d, const energy::CallFacts& facts, const energy::GridValue& grid) {
  if (d.vendor) {
    auto f = energy::provisional_vendor(facts, d.vendor->model, d.vendor->price, grid);
    if (f) return *f;
    log::error("no figures for {}: {}", facts.id.request.text(),
               f.error().message);  // a usage report that contradicts itself
    return {};
  }
  Figures f = energy::provisional(facts, d.own->hardware, grid);
  if (d.token_price) {
    if (auto cost = energy::vendor_cost(*d.token_price, {.in = facts.in, .cached = facts.cached, .out = facts.out}))
      f.cost = *cost;
  }
  return f;
}

energy::Pace pace_of(const Deployment& d, double batch) {
  return {.prefill_tokens_per_s = d.own->speed.prefill_tokens_per_s,
          .token_s = d.own->speed.step_s0 + d.own->speed.step_s1 * batch};
}

std::vector<energy::Avoided> price_spared(const RequestId& request, Wall at, std::span<const Spared> spared,
                                          const Deployment* served, const energy::CallFacts& facts,
                                          const energy::GridValue& grid) {
  energy::CallFacts call = facts;
  Figures so_far;
  if (served) so_far = figures_of(*served, call, grid);
  std::vector<energy::Avoided> all;
  for (const Spared& s : spared) {
    if (s.in == 0 && s.out == 0) continue;
    Figures f;
    if (s.figures) {
      f = *s.figures;
    } else if (served) {
      call = with(call, *served, s.in, s.out);
      const Figures more = figures_of(*served, call, grid);
      f = difference(more, so_far);
      so_far = more;
    }
    const auto same = std::find_if(all.begin(), all.end(), [&](const energy::Avoided& a) { return a.step == s.step; });
    if (same == all.end()) {
      all.push_back({request, s.step, at, s.in, s.out, f});
      continue;
    }
    same->in += s.in;
    same->out += s.out;
    add(same->figures, f);
  }
  return all;
}

}  // namespace trine::gateway

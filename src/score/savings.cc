#include "score/savings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/human.h"

namespace trine::score {
namespace {

using energy::Figures;
using energy::Letter;
using ledger::Sums;

// What engines served here: each request once, and only calls that have figures, since the others would count on the
// baseline's side only.
BaselineWork served_work(const ServedHour& hour) {
  const auto &now = hour.sums.served, &late = hour.prior.sums.served;
  BaselineWork w{static_cast<double>(now.calls + late.calls), now.in + late.in, now.cached + late.cached,
                 now.out + late.out};
  w.cached = std::min(w.cached, w.in);
  return w;
}

// What the baseline would have served: the requests as they arrived. Of the prompt tokens that stages spared it would
// have found as many in its cache as of the others.
BaselineWork arrived_work(const ServedHour& hour) {
  const auto &now = hour.avoided, &late = hour.prior.avoided;
  BaselineWork w = served_work(hour);
  const double cached = w.in > 0 ? static_cast<double>(w.cached) / static_cast<double>(w.in) : 0;
  w.calls += static_cast<double>(now.without_call + late.without_call);
  w.in = std::max<Tokens>(0, w.in + now.in + late.in);
  w.out = std::max<Tokens>(0, w.out + now.out + late.out);
  if (w.calls <= 0 && w.in + w.out > 0) w.calls = 1;  // its call counts in the next hour
  w.cached = std::min(w.in, static_cast<Tokens>(std::llround(static_cast<double>(w.in) * cached)));
  return w;
}

bool same(const BaselineWork& a, const BaselineWork& b) {
  return a.calls == b.calls && a.in == b.in && a.cached == b.cached && a.out == b.out;
}

void add(Amounts& to, const Figures& f, Money cost, Money cost_low, Money cost_high) {
  to.energy += f.energy;
  to.energy_low += f.energy_low;
  to.energy_high += f.energy_high;
  to.carbon += f.carbon();
  to.carbon_low += f.carbon_low;
  to.carbon_high += f.carbon_high;
  to.cost += cost;
  to.cost_low += cost_low;
  to.cost_high += cost_high;
}

void add(Amounts& to, const Amounts& a) {
  to.energy += a.energy;
  to.energy_low += a.energy_low;
  to.energy_high += a.energy_high;
  to.carbon += a.carbon;
  to.carbon_low += a.carbon_low;
  to.carbon_high += a.carbon_high;
  to.cost += a.cost;
  to.cost_low += a.cost_low;
  to.cost_high += a.cost_high;
}

Money at(Money m, double sigma, bool high) {
  const auto r = energy::range90(static_cast<double>(m.raw()), sigma);
  return Money::raw(std::llround(high ? r.high : r.low));
}

// The vendor's formula is linear in tokens: an hour counts like one long call.
Result<Letter> take(const VendorBaseline& b, const BaselineWork& w, const BaselineHour& hour, Amounts& out) {
  const energy::Usage usage{.in = w.in, .cached = w.cached, .out = w.out};
  const auto estimate = energy::vendor_estimate(b.model, usage, std::nullopt);
  if (!estimate) return tl::unexpected(estimate.error());
  const auto cost = energy::vendor_cost(b.price, usage);
  if (!cost) return tl::unexpected(cost.error());
  const auto grid = energy::usable(hour.grid);
  Figures f;
  f.energy = estimate->facility;
  f.operational = emitted(f.energy, Intensity{grid.g_per_kwh});
  f.embodied = estimate->embodied;
  const double sigma = energy::combined({b.sigma, kTokenizerSigma});
  energy::set_ranges(f, sigma, energy::combined({sigma, grid.sigma}),
                     energy::combined({energy::sigma::embodied, kTokenizerSigma}));
  add(out, f, *cost, at(*cost, kTokenizerSigma, false), at(*cost, kTokenizerSigma, true));
  return energy::letter_for(energy::Source::vendor, grid.hourly, false);
}

// The parts share their errors (formula, tokenizer, grid): their ranges add linearly.
Result<Letter> take(const MixBaseline& b, const BaselineWork& w, const BaselineHour& hour, Amounts& out) {
  if (b.parts.empty()) return fail(Code::invalid_argument, "the baseline names no model");
  Letter worst = Letter::A;
  for (const auto& part : b.parts) {
    BaselineWork mine = w;
    const auto of = [](Tokens t, double share) { return std::llround(static_cast<double>(t) * share); };
    mine.in = of(w.in, part.share_in);
    mine.cached = std::min<Tokens>(of(w.cached, part.share_in), mine.in);
    mine.out = of(w.out, part.share_out);
    const auto letter = take(part.vendor, mine, hour, out);
    if (!letter) return letter;
    worst = std::max(worst, *letter);
  }
  return worst;
}

struct Taken {
  Figures figures;
  Money cost;
};

// All calls of the hour as that many calls of the mean shape.
Taken take_at(const OwnBaseline& b, const BaselineWork& w, const BaselineHour& hour, double batch) {
  const auto each = [&](Tokens t) { return std::llround(static_cast<double>(t) / w.calls); };
  energy::CallFacts call;
  call.in = each(w.in);
  call.cached = std::min<Tokens>(each(w.cached), call.in);
  call.out = each(w.out);
  call.mean_batch = batch;
  double s = static_cast<double>(call.out) * (b.speed.step_s0 + b.speed.step_s1 * batch);
  if (b.speed.prefill_tokens_per_s > 0) s += static_cast<double>(call.in - call.cached) / b.speed.prefill_tokens_per_s;
  call.start = hour.begin;
  call.end = call.start + from_seconds(s);
  energy::OwnHardware hardware = b.hardware;
  hardware.price = b.hardware.price_over(hour.begin, hour.begin + from_seconds(hour.seconds));
  hardware.tariff.reset();
  Figures f = energy::provisional(call, hardware, hour.grid);
  f.energy = scale(f.energy, w.calls);
  f.energy_low = scale(f.energy_low, w.calls);
  f.energy_high = scale(f.energy_high, w.calls);
  f.operational = scale(f.operational, w.calls);
  f.embodied = scale(f.embodied, w.calls);
  f.carbon_low = scale(f.carbon_low, w.calls);
  f.carbon_high = scale(f.carbon_high, w.calls);
  return {f, scale(f.cost, w.calls)};
}

Result<Letter> take(const OwnBaseline& b, const BaselineWork& w, const BaselineHour& hour, Amounts& out) {
  const double batch = b.batch ? std::max(1.0, *b.batch) : mean_batch(b.speed, w, hour.seconds);
  Taken mean = take_at(b, w, hour, batch);
  Money low = mean.cost;
  if (!b.batch && batch < kFullBatch) {
    const Taken full = take_at(b, w, hour, kFullBatch);
    mean.figures.energy_low = std::min(mean.figures.energy_low, full.figures.energy_low);
    mean.figures.carbon_low = std::min(mean.figures.carbon_low, full.figures.carbon_low);
    low = std::min(low, full.cost);
  }
  if (b.token_price) {
    const auto billed = energy::vendor_cost(*b.token_price, {.in = w.in, .cached = w.cached, .out = w.out});
    if (!billed) return tl::unexpected(billed.error());
    mean.cost = low = *billed;
  }
  add(out, mean.figures, mean.cost, low, mean.cost);
  return energy::letter_for(energy::Source::curve, energy::usable(hour.grid).hourly, b.simulated);
}

// The idle share of own devices is a meter's figure: certain beside the rest.
void take_actual(const Sums& s, const energy::DeviceWindow::Share& idle, Amounts& out) {
  const Carbon idle_carbon = idle.operational + idle.embodied;
  out.energy += s.energy + idle.energy;
  out.energy_low += s.energy_low + idle.energy;
  out.energy_high += s.energy_high + idle.energy;
  out.carbon += s.operational + s.embodied + idle_carbon;
  out.carbon_low += s.carbon_low + idle_carbon;
  out.carbon_high += s.carbon_high + idle_carbon;
  const Money cost = s.cost + idle.cost;
  out.cost += cost;
  out.cost_low += cost;
  out.cost_high += cost;
}

void take_actual(const ledger::GatewayHours& g, Amounts& out) {
  out.energy += g.energy;
  out.energy_low += g.energy_low;
  out.energy_high += g.energy_high;
  out.carbon += g.carbon;
  out.carbon_low += g.carbon_low;
  out.carbon_high += g.carbon_high;
}

// Two independent quantities: their deviations add in squares.
template <class Amount>
void subtract(Amount base, Amount base_low, Amount base_high, Amount real, Amount real_low, Amount real_high,
              Amount& saved, Amount& low, Amount& high) {
  const auto width = [](Amount a, Amount b) { return static_cast<double>((a - b).raw()); };
  saved = base - real;
  low = saved - Amount::raw(std::llround(std::hypot(width(base, base_low), width(real_high, real))));
  high = saved + Amount::raw(std::llround(std::hypot(width(base_high, base), width(real, real_low))));
}

bool nothing(const Amounts& a) {
  return a == Amounts{};
}

std::string clear_or(bool unclear, const char* what, const std::string& amount) {
  return unclear ? fmt::format("{} not distinguishable from none", what) : amount;
}

}  // namespace

// B = rate * (prefill + out * (s0 + s1 * B)).
double mean_batch(const Speed& speed, const BaselineWork& w, double seconds) {
  if (!(seconds > 0)) return 1;
  const double per_second = static_cast<double>(w.out) / seconds;
  double alone = per_second * speed.step_s0;
  if (speed.prefill_tokens_per_s > 0) {
    alone += static_cast<double>(w.in - w.cached) / speed.prefill_tokens_per_s / seconds;
  }
  const double left = 1 - per_second * speed.step_s1;
  if (left <= 0) return kFullBatch;  // more than one machine would do
  return std::max(1.0, alone / left);
}

Result<Amounts> baseline_takes(const SavingsBaseline& baseline, const BaselineWork& work, const BaselineHour& hour) {
  Amounts out;
  if (work.calls <= 0) return out;
  const auto letter = std::visit([&](const auto& b) { return take(b, work, hour, out); }, baseline.what);
  if (!letter) return tl::unexpected(letter.error());
  return out;
}

Result<Savings> savings(const SavingsBaseline& baseline, std::span<const ServedHour> hours) {
  Savings out;
  energy::LetterMix letters;
  std::optional<Letter> worst;
  for (const ServedHour& hour : hours) {
    take_actual(hour.sums, hour.unattributed, out.actual);
    take_actual(hour.prior.sums, hour.prior.unattributed, out.actual);
    take_actual(hour.gateway, out.actual);
    letters.add(Letter::D, hour.gateway.energy);
    for (const Sums* sums : {&hour.sums, &hour.prior.sums}) {
      out.unsettled_calls += sums->unsettled_calls;
      out.simulated = out.simulated || sums->simulated_calls > 0;
      for (const auto& [letter, e] : sums->energy_by_letter) letters.add(letter, e);
    }
    const BaselineWork w = arrived_work(hour), served = served_work(hour);
    const BaselineHour when{hour.grid, hour.begin, hour.seconds};
    if (w.calls <= 0) continue;
    out.tokens += w.in + w.out;
    Amounts whole;
    const auto letter = std::visit([&](const auto& b) { return take(b, w, when, whole); }, baseline.what);
    if (!letter) return tl::unexpected(letter.error());
    worst = std::max(worst.value_or(*letter), *letter);
    add(out.baseline, whole);
    if (same(w, served)) continue;
    Amounts rest;
    if (served.calls > 0) {
      const auto taken = std::visit([&](const auto& b) { return take(b, served, when, rest); }, baseline.what);
      if (!taken) return tl::unexpected(taken.error());
    }
    out.spared.tokens += w.in + w.out - served.in - served.out;
    out.spared.energy += whole.energy - rest.energy;
    out.spared.carbon += whole.carbon - rest.carbon;
    out.spared.cost += whole.cost - rest.cost;
  }
  // Enum order is quality order, and simulated beats all.
  out.letter = worst ? std::max(*worst, letters.lowest()) : letters.lowest();
  if (out.simulated) out.letter = Letter::S;
  out.simulated = out.letter == Letter::S;

  auto& [energy, energy_low, energy_high, carbon, carbon_low, carbon_high, cost, cost_low, cost_high] = out.saved;
  const Amounts &b = out.baseline, &a = out.actual;
  subtract(b.energy, b.energy_low, b.energy_high, a.energy, a.energy_low, a.energy_high, energy, energy_low,
           energy_high);
  subtract(b.carbon, b.carbon_low, b.carbon_high, a.carbon, a.carbon_low, a.carbon_high, carbon, carbon_low,
           carbon_high);
  subtract(b.cost, b.cost_low, b.cost_high, a.cost, a.cost_low, a.cost_high, cost, cost_low, cost_high);
  return out;
}

std::string sentence(const Savings& s, const SavingsBaseline& baseline, std::string_view currency) {
  if (s.tokens == 0 && nothing(s.actual)) {
    return fmt::format("Nothing was served in this period: there is nothing to compare with {}.", baseline.name);
  }
  const Amounts& d = s.saved;
  std::string text = fmt::format(
      "Saving {} also saved {} and {} (90 % ranges: {}; {}; {} CO2e; quality {}{}) against {} in zone {}.",
      clear_or(s.cost_unclear(), "money", human(d.cost, currency)),
      clear_or(s.energy_unclear(), "energy", human(d.energy)),
      clear_or(s.carbon_unclear(), "CO2e", human(d.carbon) + " CO2e"), human_range(d.cost_low, d.cost_high, currency),
      human_range(d.energy_low, d.energy_high), human_range(d.carbon_low, d.carbon_high), static_cast<char>(s.letter),
      s.simulated ? ", simulated" : "", baseline.name, baseline.zone);
  if (s.spared != Savings::Part{}) {
    text += fmt::format(
        " Part of it, and counted in it: {}, {} and {} CO2e of the baseline for {} tokens that documents and caches "
        "spared.",
        human(s.spared.cost, currency), human(s.spared.energy), human(s.spared.carbon), s.spared.tokens);
  }
  if (s.unsettled_calls > 0) {
    text += fmt::format(" {} calls have no figures yet and are left out.", s.unsettled_calls);
  }
  return text;
}

}  // namespace trine::score

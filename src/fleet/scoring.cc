#include "fleet/scoring.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "score/savings.h"

namespace trine::fleet {
namespace {

using energy::Factor;
using energy::Letter;
using energy::UncertainSum;
using Part = UncertainSum::Part;

constexpr double kMillion = 1e6;

Figure figure(const UncertainSum& sum, Letter letter) {
  const double sigma = sum.value() > 0 ? sum.relative_sigma() : 0;
  const auto range = energy::range90(sum.value(), sigma);
  return {sum.value(), range.low, range.high, sigma, letter};
}

Figure per_million(Figure f) {
  return {f.value * kMillion, f.low * kMillion, f.high * kMillion, f.sigma, f.letter};
}

// Where every fact that nobody gave is at its best.
Figure control_figure(const score::Control& control) {
  double high = control.product;
  for (const score::RubricLine& line : control.applied)
    if (std::find(control.missing.begin(), control.missing.end(), line.fact) != control.missing.end())
      high /= line.factor;
  const bool all_missing = control.missing.size() == control.applied.size() && !control.applied.empty();
  const Letter letter = control.missing.empty() ? Letter::A : all_missing ? Letter::D : Letter::C;
  return {control.value, control.value, std::clamp(high, control.value, 1.0), 0, letter};
}

// What a token takes of each part.
struct PerToken {
  double gpu_j = 0, host_j = 0;  // before PUE
  double eur = 0, eur_kwh = 0, embodied_g = 0;
};

void fill(Scored& s, const PerToken& t, const Machine& m, const grid::Reading& at, const Option& o) {
  const double curve = m.hardware.curve_sigma, pue = m.hardware.site.pue, pue_sigma = m.hardware.site.pue_sigma;
  const Letter letter = energy::letter_for(energy::Source::curve, at.hourly(), o.simulated);
  UncertainSum joules, grams, money;
  for (const bool host : {false, true}) {
    Part p{.value = (host ? t.host_j : t.gpu_j) * pue};
    p.with(Factor::curve, curve).with(Factor::pue, pue_sigma);
    if (host) p.with(Factor::host, energy::sigma::modelled_host);
    joules.add(p);
    money.add(Part{p}.with(Factor::intensity, 0).with(Factor::embodied, 0));
    p.value *= s.g_per_kwh / kJoulesPerKwh;
    grams.add(p.with(Factor::intensity, at.sigma_ln));
  }
  grams.add(Part{.value = t.embodied_g}.with(Factor::embodied, energy::sigma::embodied).with(Factor::curve, curve));
  UncertainSum bill;
  if (o.token_price) {
    bill.add(Part{.value = t.eur, .own = score::kTokenizerSigma});
  } else {
    bill.add(Part{.value = t.eur}.with(Factor::curve, curve));
    const double sigma = money.value() > 0 ? money.relative_sigma() : 0;
    bill.add(Part{.value = money.value() / kJoulesPerKwh * t.eur_kwh}.with(Factor::curve, sigma));
  }
  s.joules_per_token = figure(joules, letter);
  s.carbon = per_million(figure(grams, letter));
  s.cost = per_million(figure(bill, o.token_price ? Letter::A : m.curve_measured ? Letter::B : Letter::C));
}

void score_machine(Scored& s, const Option& o, const Workload& w, const grid::Reading& at, const Tweak& tweak) {
  const auto c = capacity(o, w.mix, w.slo);
  if (!c) {
    s.unfit = c.error().message;
    return;
  }
  s.capacity = *c;
  const Linear line = linear(o, w.mix, *c);
  const double requests_per_s = w.utilisation * c->requests_per_s;
  const double tokens_per_s = requests_per_s * w.mix.total();
  const double host_w = o.machine->hardware.site.host_w_per_gpu * o.machine->hardware.site.gpus;
  PerToken t;
  t.gpu_j = (o.machine->idle_w + line.joules_per_request * requests_per_s) / tokens_per_s * tweak.joules;
  t.host_j = host_w / tokens_per_s * tweak.joules;
  t.eur = line.eur_per_hour / 3600 / tokens_per_s * tweak.price;
  t.eur_kwh = line.eur_per_kwh * tweak.price;
  t.embodied_g = line.embodied_g_per_hour / 3600 / tokens_per_s;
  if (o.token_price) {
    const energy::Usage usage{
        .in = std::llround(w.mix.in), .cached = std::llround(w.mix.cached), .out = std::llround(w.mix.out)};
    if (const auto bill = energy::vendor_cost(*o.token_price, usage))
      t.eur = to_euros(*bill) / w.mix.total() * tweak.price;
  }
  fill(s, t, *o.machine, at, o);
  s.embodied_g = t.embodied_g * kMillion;
  s.idle_share = line.on_w / (line.on_w + line.joules_per_request * requests_per_s);
  if (w.peak_tokens_per_min > 0) s.machines = std::ceil(w.peak_tokens_per_min / 60 / tokens_per_s - 1e-9);
}

void score_vendor(Scored& s, const Option& o, const Workload& w, const grid::Reading& at, const Tweak& tweak) {
  const auto one = per_request(*o.vendor, w.mix);
  if (!one) {
    s.unfit = one.error().message;
    return;
  }
  const double tokens = w.mix.total();
  UncertainSum joules, grams, money;
  Part j{.value = one->joules / tokens * tweak.joules};
  j.with(Factor::curve, energy::sigma::vendor);
  joules.add(j);
  j.value *= s.g_per_kwh / kJoulesPerKwh;
  grams.add(j.with(Factor::intensity, at.sigma_ln));
  grams.add(Part{.value = one->embodied_g / tokens}.with(Factor::embodied, energy::sigma::embodied));
  money.add(Part{.value = one->eur / tokens * tweak.price, .own = score::kTokenizerSigma});
  const Letter letter = energy::letter_for(energy::Source::vendor, at.hourly(), o.simulated);
  s.joules_per_token = figure(joules, letter);
  s.carbon = per_million(figure(grams, letter));
  s.cost = per_million(figure(money, Letter::A));
  s.embodied_g = one->embodied_g / tokens * kMillion;
}

bool listed(std::string_view word, const std::vector<std::string>& list) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& w) { return iequals(w, word); });
}

// Why the workload may not have it, beside what score::unfit() looks at; empty: it may.
std::string quota(const Option& o, const Scored& s, const Constraints& constraints) {
  int most = o.max;
  const auto cap = constraints.zone_caps.find(o.zone);
  if (cap != constraints.zone_caps.end()) most = std::min(most, cap->second);
  if (o.vendor || most >= std::max(1.0, s.machines)) return {};
  if (most == 0) return "quota: none can be had";
  return fmt::format("quota: the peak needs {:.0f} machines, {} can be had", s.machines, most);
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

Scored score_option(const Option& o, const Workload& w, const grid::Reading& at, const Tweak& tweak) {
  Scored s;
  s.g_per_kwh = at.value.g_per_kwh * tweak.intensity;
  s.control = control_figure(o.control);
  o.machine ? score_machine(s, o, w, at, tweak) : score_vendor(s, o, w, at, tweak);
  s.usable = s.unfit.empty() && score::check(axes_of(s)).has_value();
  return s;
}

score::Axes axes_of(const Scored& s) {
  return {.eur_per_mtok = s.cost.value, .g_per_mtok = s.carbon.value, .control = s.control.value};
}

Amounts amounts_of(const Scored& s, double tokens) {
  return {.eur = s.cost.value * tokens / kMillion,
          .kwh = s.joules_per_token.value * tokens / kJoulesPerKwh,
          .kg = s.carbon.value * tokens / kMillion / 1000};
}

Sheet score_options(std::span<const Option> options, std::span<const grid::Reading> intensities,
                    const Workload& workload, const Constraints& constraints, const score::Weights& weights) {
  Sheet sheet;
  std::vector<score::Option> flat(options.size());
  for (size_t i = 0; i < options.size(); ++i) {
    const Option& o = options[i];
    const Scored& s = sheet.scored.emplace_back(score_option(o, workload, intensities[i]));
    score::Option& f = flat[i];
    f.id = o.name;
    f.zone = o.zone;
    f.jurisdiction = o.jurisdiction;
    f.banned =
        listed(o.name, constraints.banned) || (!constraints.regions.empty() && !listed(o.region, constraints.regions));
    f.licensed = o.licensed;
    f.fits_memory = s.unfit.empty();
    f.quota_left = quota(o, s, constraints).empty();
    f.joules_per_token = s.joules_per_token.value;
    f.marginal_joules = s.joules_per_token.value;
    f.g_per_kwh = s.g_per_kwh;
    if (s.unfit.empty()) f.figures = axes_of(s);
  }
  const auto zones = views(constraints.zones), jurisdictions = views(constraints.jurisdictions);
  score::Need need;
  need.zones = zones;
  need.jurisdictions = jurisdictions;
  need.min_control = constraints.min_control;
  sheet.verdict = score::rank(flat, {.weights = weights}, need);
  for (score::Rejected& r : sheet.verdict.rejected) {
    const Option& o = options[r.index];
    if (r.reason == score::Unfit::memory) r.message = sheet.scored[r.index].unfit;
    if (r.reason == score::Unfit::quota) r.message = quota(o, sheet.scored[r.index], constraints);
    if (r.reason == score::Unfit::banned && !listed(o.name, constraints.banned))
      r.message = o.region.empty() ? "it names no region, and only some are asked for"
                                   : fmt::format("region {} is not among those asked for", o.region);
  }
  return sheet;
}

}  // namespace trine::fleet

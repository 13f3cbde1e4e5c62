#include "replay/service.h"

#include <algorithm>
#include <cmath>

namespace trine::replay {
namespace {

constexpr double kThousandth = 3.09;  // one-sided normal quantile of 1/1000: how seldom a limit may be passed

double fresh(const fleet::Mix& mix) {
  return std::max(0.0, mix.in - mix.cached);
}

Result<Service> machine_service(const fleet::Option& o, const Load& load, const fleet::Slo& slo) {
  const auto capacity = fleet::capacity(o, load.mix, slo);
  if (!capacity) return fail(capacity.error().code, "{}: {}.", o.name, capacity.error().message);
  const fleet::Machine& m = *o.machine;
  const energy::OwnHardware& h = m.hardware;
  Service s;
  s.max_batch = static_cast<uint32_t>(capacity->batch);
  s.weights = h.weights;
  s.prefill_s_per_token = 1 / m.speed.prefill_tokens_per_s;
  s.steps_per_s.assign(s.max_batch + 1, 0);
  s.step_joules.assign(s.max_batch + 1, 0);
  for (uint32_t b = 1; b <= s.max_batch; ++b) {
    s.steps_per_s[b] = 1 / (m.speed.step_s0 + m.speed.step_s1 * b);
    s.step_joules[b] = energy::joules_per_output_token(h.weights.curve, b) * b;
  }
  const double prefill = fresh(load.mix) * s.prefill_s_per_token;
  s.requests_per_s = capacity->requests_per_s;
  s.pace = 1 / capacity->tpot_s;
  const double decoding = s.pace / s.steps_per_s[s.max_batch];  // share of a full machine's time
  if (decoding < 1) s.prefill_s_per_token /= 1 - decoding;
  s.response_s = prefill + load.mix.out * capacity->tpot_s;
  s.idle_w = m.idle_w;
  s.host_w = h.site.host_w_per_gpu * h.site.gpus;
  s.pue = h.site.pue;
  s.embodied_g_per_s = h.embodied.ng_per_s(h.site.gpus) * 1e-9;
  s.eur_per_s = to_euros(h.price.per_hour) / 3600;
  s.eur_per_joule = to_euros(h.price.electricity_per_kwh) / 3.6e6;
  const energy::Work work{.fresh = fresh(load.mix),
                          .cached = load.mix.cached,
                          .out = load.mix.out,
                          .context = load.mix.in + load.mix.out / 2};
  s.requests = s.requests_per_s;
  s.joules = (energy::work_joules(s.weights, work, s.max_batch) * s.requests_per_s + s.host_w) * s.pue;
  s.eur = s.eur_per_s + s.eur_per_joule * s.joules;
  s.embodied_g = s.embodied_g_per_s;
  return s;
}

Result<Service> vendor_service(const fleet::Option& o, const fleet::Mix& mix) {
  constexpr double kMany = 1e6;
  const auto prompt = fleet::per_request(*o.vendor, {.in = kMany, .cached = 0, .out = 0});
  const auto answer = fleet::per_request(*o.vendor, {.in = 0, .cached = 0, .out = kMany});
  if (!prompt) return fail(prompt.error().code, "{}: {}.", o.name, prompt.error().message);
  if (!answer) return fail(answer.error().code, "{}: {}.", o.name, answer.error().message);
  const auto million = energy::vendor_estimate(o.vendor->model, {.in = 0, .cached = 0, .out = 1'000'000}, std::nullopt);
  if (!million) return fail(million.error().code, "{}: {}.", o.name, million.error().message);
  Service s;
  s.eur_per_in = prompt->eur / kMany, s.eur_per_out = answer->eur / kMany;
  s.joules_per_in = prompt->joules / kMany, s.joules_per_out = answer->joules / kMany;
  s.embodied_g_per_out = answer->embodied_g / kMany;
  s.token_s = million->latency_s / kMany;
  s.requests = 1;
  s.eur = s.eur_per_in * mix.in + s.eur_per_out * mix.out;
  s.joules = s.joules_per_in * mix.in + s.joules_per_out * mix.out;
  s.embodied_g = s.embodied_g_per_out * mix.out;
  return s;
}

}  // namespace

Result<Service> make_service(const fleet::Option& option, const Load& load, const fleet::Slo& slo) {
  auto s = option.machine ? machine_service(option, load, slo) : vendor_service(option, load.mix);
  if (!s) return s;
  s->option = &option;
  s->startup_s = seconds(option.startup);
  return s;
}

void Service::price(double g_per_kwh_now, const Load& load, Aim aim) {
  g_per_kwh = g_per_kwh_now;
  const score::Shape shape{
      .in = std::llround(load.mix.in), .cached = std::llround(load.mix.cached), .out = std::llround(load.mix.out)};
  const energy::GridValue grid{.g_per_kwh = g_per_kwh};
  const auto put = [&](const score::Quote& q) {
    figures.emplace_back(
        score::Axes{aim == Aim::seconds ? q.seconds : q.eur_per_mtok, q.g_per_mtok, option->control.value});
    marginal_joules.push_back(q.marginal_joules);
  };
  figures.clear();
  marginal_joules.clear();
  if (!machine()) {
    if (const auto q = score::quote_vendor(option->vendor->model, option->vendor->price, grid, shape))
      put(*q);
    else
      put({});  // unusable: the router refuses it
    return;
  }
  const fleet::Machine& m = *option->machine;
  for (uint32_t b = 0; b <= max_batch; ++b) put(score::quote(m.hardware, m.speed, grid, b, shape));
}

double staffed(double rate, double response_s) {
  if (!(rate > 0)) return 0;
  return rate + kThousandth * std::sqrt(rate / std::max(response_s, 1e-9));
}

}  // namespace trine::replay

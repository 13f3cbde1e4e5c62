#include "web/live.h"

#include "json/write.h"
#include "observe/process.h"
#include "web/put.h"

namespace trine::web {
namespace {

using gateway::Counter;
using gateway::Deployment;
using gateway::DeploymentCounters;
using json::Writer;

constexpr std::array kShown = {energy::Outcome::ok, energy::Outcome::failed, energy::Outcome::cancelled};
constexpr std::array kShownNames = {"ok", "failed", "cancelled"};

int64_t total(const Deployment& d, Counter DeploymentCounters::*what) {
  int64_t n = 0;
  for (const DeploymentCounters& c : d.state->probe.all()) n += (c.*what).get();
  return n;
}

int64_t calls(const Deployment& d, energy::Outcome outcome) {
  int64_t n = 0;
  for (const DeploymentCounters& c : d.state->probe.all()) n += c.calls[static_cast<size_t>(outcome)].get();
  return n;
}

template <auto kWhat>  // a histogram of DeploymentCounters
std::optional<double> mean_s(const Deployment& d) {
  double sum = 0;
  int64_t n = 0;
  for (const DeploymentCounters& c : d.state->probe.all()) {
    const auto& h = c.*kWhat;
    sum += h.sum();
    for (size_t i = 0; i <= h.kBounds.size(); ++i) n += h.bucket(i);
  }
  return n > 0 ? std::optional(sum / static_cast<double>(n)) : std::nullopt;
}

// Of one deployment, or of all.
struct Rates {
  double requests_per_s = 0, tokens_in_per_s = 0, tokens_out_per_s = 0, settled_w = 0, carbon_g_per_h = 0,
         cost_per_h = 0;
};

void put_meter(Writer& w, const Deployment& d, const gateway::GatewayView& view, Wall now) {
  w.key("meter");
  if (!d.metered()) {
    w.null();
    return;
  }
  const auto* set = view.metering.set_of(d.name);
  const auto* feed = view.metering.feed_of(d.name);
  const std::string trouble = !set || !feed              ? "the meter cannot be asked"
                              : !feed->trouble().empty() ? feed->trouble()
                                                         : set->trouble();
  const auto frontier = set ? set->frontier() : std::nullopt;
  w.object().key("name").value(d.meter->meter.name).key("kind").value(gateway::name(d.meter->meter.kind));
  w.key("up").value(trouble.empty() && frontier.has_value());
  put(w, "lag_s", frontier ? std::optional(seconds(now - *frontier)) : std::nullopt);
  put(w, "trouble", trouble);
  w.end();
}

}  // namespace

Live::Count Live::count(const Deployment& d) {
  Count c{total(d, &DeploymentCounters::tokens_in),
          total(d, &DeploymentCounters::tokens_out),
          0,
          total(d, &DeploymentCounters::energy_uj),
          total(d, &DeploymentCounters::carbon_ng),
          total(d, &DeploymentCounters::cost_n)};
  for (const auto o : kShown) c.ended += calls(d, o);
  return c;
}

void Live::sample(const gateway::GatewayView& view, Mono now) {
  // A gap of nobody watching begins anew.
  if (!samples_.empty() && now - samples_.back().at > kSpan) samples_.clear();
  while (samples_.size() > 1 && now - samples_[1].at >= kSpan) samples_.pop_front();
  Sample s{.at = now, .requests = 0, .deployments = {}};
  for (const auto& c : view.workers)
    for (const Counter& n : c.requests) s.requests += n.get();
  for (const auto& d : view.snapshot.deployments) s.deployments[d->name] = count(*d);
  samples_.push_back(std::move(s));
}

void Live::use(const ledger::Report& day) {
  idle_.clear();
  for (const auto& row : day.rows) {
    // Deployments that share hardware are one there: "a+b". Each shows all of it, and with whom it is shared.
    for (size_t at = 0; at <= row.name.size();) {
      const size_t end = std::min(row.name.find('+', at), row.name.size());
      idle_[row.name.substr(at, end - at)] = row.unattributed;
      at = end + 1;
    }
  }
  idle_known_ = true;
}

std::shared_ptr<const std::string> Live::text() {
  const Mono now = clock_.mono();
  if (text_ && now - made_ < kStep - std::chrono::milliseconds(50)) return text_;
  const gateway::GatewayView view = view_();
  sample(view, now);
  text_ = std::make_shared<const std::string>(render(view));
  made_ = now;
  return text_;
}

std::string Live::render(const gateway::GatewayView& view) const {
  const Wall now = clock_.wall();
  const Sample &old = samples_.front(), &newest = samples_.back();
  const double span = seconds(newest.at - old.at);
  const auto rates_of = [&](const std::string& name) {
    Rates r;
    const auto from = old.deployments.find(name), to = newest.deployments.find(name);
    if (span <= 0 || from == old.deployments.end() || to == newest.deployments.end()) return r;
    const auto rate = [&](int64_t Count::*what) {
      return static_cast<double>(to->second.*what - from->second.*what) / span;
    };
    r.requests_per_s = rate(&Count::ended);
    r.tokens_in_per_s = rate(&Count::tokens_in);
    r.tokens_out_per_s = rate(&Count::tokens_out);
    r.settled_w = rate(&Count::energy_uj) * 1e-6;
    r.carbon_g_per_h = rate(&Count::carbon_ng) * 1e-9 * 3600;
    r.cost_per_h = rate(&Count::cost_n) * 1e-9 * 3600;
    return r;
  };
  int64_t running = 0, waiting = 0;
  for (const auto& c : view.workers) waiting += c.waiting.get();
  Rates sum;
  std::string deployments;
  Writer w(deployments);
  double power = 0;
  bool some_power = false;
  std::vector<std::string> counted;  // hardware that several share counts once
  w.array();
  for (const auto& d : view.snapshot.deployments) {
    const Rates r = rates_of(d->name);
    sum.requests_per_s += r.requests_per_s;
    sum.tokens_in_per_s += r.tokens_in_per_s;
    sum.tokens_out_per_s += r.tokens_out_per_s;
    sum.settled_w += r.settled_w;
    sum.carbon_g_per_h += r.carbon_g_per_h;
    sum.cost_per_h += r.cost_per_h;
    const auto* set = d->metered() ? view.metering.set_of(d->name) : nullptr;
    const auto shown = set ? set->shown(d->name) : gateway::MeteredSet::Shown{};
    const bool metered = shown.power_w.has_value();
    const std::optional<double> watts = metered ? shown.power_w : span > 0 ? std::optional(r.settled_w) : std::nullopt;
    const std::string hardware = metered ? d->meter->hardware() : d->name;
    if (watts && std::find(counted.begin(), counted.end(), hardware) == counted.end()) {
      power += *watts;
      some_power = true;
      counted.push_back(hardware);
    }
    const int64_t here = d->state->batch.running();
    running += here;
    const auto& given = view.snapshot.config->deployments[d->index];
    w.object().key("name").value(d->name).key("model").value(d->model).key("zone").value(d->zone);
    put(w, "region", given.region);
    w.key("kind").value(d->own ? "own" : "vendor");
    put(w, "gpu", given.gpu);
    w.key("gpus").value(d->own ? given.gpus : 0);
    put(w, "vendor", given.vendor);
    w.key("engine").value(gateway::name(d->engine)).key("simulated").value(d->simulated).key("routes").array();
    for (const auto& [name, route] : view.snapshot.routes)
      for (const auto& candidate : route.deployments)
        if (candidate == d) w.value(name);
    w.end().key("control").value(d->control);
    const gateway::Health& health = d->state->health;
    w.key("available").value(health.available(view.now)).key("failures").value(health.failures());
    w.key("fails_checks").value(health.fails_checks());
    w.key("running").value(here);
    put(w, "max_concurrency", d->max_concurrency > 0 ? std::optional<double>(d->max_concurrency) : std::nullopt);
    put(w, "engine_waiting", shown.waiting);
    put(w, "kv_usage", shown.kv_usage);
    w.key("requests_per_s").value(r.requests_per_s).key("tokens_in_per_s").value(r.tokens_in_per_s);
    w.key("tokens_out_per_s").value(r.tokens_out_per_s).key("calls").object();
    for (size_t i = 0; i < kShown.size(); ++i) w.key(kShownNames[i]).value(calls(*d, kShown[i]));
    w.end();
    w.key("tokens_in").value(total(*d, &DeploymentCounters::tokens_in));
    w.key("tokens_out").value(total(*d, &DeploymentCounters::tokens_out));
    put(w, "power_w", watts);
    w.key("power_from");
    watts ? w.value(metered ? "meter" : "settled") : w.null();
    w.key("power_shared_with").array();
    for (const std::string& other : shown.deployments)
      if (other != d->name) w.value(other);
    w.end();
    put(w, "gpu_utilisation", shown.utilisation);
    put(w, "idle_w", set && set->idle_w() > 0 ? std::optional(set->idle_w()) : std::nullopt);
    const double tokens = r.tokens_in_per_s + r.tokens_out_per_s;
    put(w, "joules_per_token", tokens > 0 ? std::optional(r.settled_w / tokens) : std::nullopt);
    w.key("intensity_g_per_kwh").value(view.snapshot.grid->at(d->zone, now).value.g_per_kwh);
    put(w, "ttft_s", mean_s<&DeploymentCounters::first_token>(*d));
    put(w, "tpot_s", mean_s<&DeploymentCounters::per_output_token>(*d));
    put_meter(w, *d, view, now);
    const bool rented = d->own && !d->token_price;
    put(w, "price_per_hour", rented ? std::optional(to_euros(d->own->hardware.price.per_hour)) : std::nullopt);
    // Hardware that is rented costs the same with nothing to do.
    put(w, "idle_cost_per_h", rented ? std::optional(to_euros(d->own->hardware.price.per_hour)) : std::nullopt);
    const auto idle = idle_.find(d->name);
    const bool known = idle_known_ && d->metered();
    const auto share = idle == idle_.end() ? energy::DeviceWindow::Share{} : idle->second;
    put(w, "idle_energy_j_24h", known ? std::optional(to_joules(share.energy)) : std::nullopt);
    put(w, "idle_carbon_g_24h", known ? std::optional(to_grams(share.operational + share.embodied)) : std::nullopt);
    put(w, "idle_cost_24h", known ? std::optional(to_euros(share.cost)) : std::nullopt);
    w.end();
  }
  w.end();
  std::string out;
  Writer all(out);
  all.object().key("at").value(iso8601(now)).key("currency").value(view.snapshot.config->ledger.currency);
  all.key("requests_total").value(newest.requests).key("running").value(running).key("waiting").value(waiting);
  all.key("requests_per_s").value(span > 0 ? static_cast<double>(newest.requests - old.requests) / span : 0.0);
  all.key("tokens_in_per_s").value(sum.tokens_in_per_s).key("tokens_out_per_s").value(sum.tokens_out_per_s);
  put(all, "power_w", some_power ? std::optional(power) : std::nullopt);
  const double tokens = sum.tokens_in_per_s + sum.tokens_out_per_s;
  put(all, "joules_per_token", tokens > 0 ? std::optional(sum.settled_w / tokens) : std::nullopt);
  all.key("carbon_g_per_h").value(sum.carbon_g_per_h).key("cost_per_h").value(sum.cost_per_h);
  all.key("rates_over_s").value(span);
  all.key("ledger").object().key("lag_records").value(view.ledger.lag_records).key("full").value(view.ledger.full);
  put(all, "trouble", view.ledger.fold.last_error);
  const auto process = observe::process_figures();
  all.end().key("gateway").object().key("cpu_seconds").value(process.cpu_seconds);
  all.key("resident_bytes").value(process.resident_bytes).key("energy_j").value(to_joules(view.own_use.energy));
  all.key("carbon_g").value(to_grams(view.own_use.carbon)).key("uptime_s").value(seconds(view.now - view.started));
  all.key("generation").value(view.snapshot.generation).end();
  all.key("deployments").raw(deployments).end();
  return out;
}

}  // namespace trine::web

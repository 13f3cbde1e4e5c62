#include "gateway/metering/metered_set.h"

#include <algorithm>
#include <numeric>

#include "base/log.h"

namespace trine::gateway {
namespace {

void add(energy::DeviceWindow::Share& sum, const energy::DeviceWindow::Share& s) {
  sum.gpu_energy += s.gpu_energy;
  sum.energy += s.energy;
  sum.operational += s.operational;
  sum.embodied += s.embodied;
  sum.cost += s.cost;
}

constexpr double kMostGpuW = 2000;  // of one GPU; nothing above is believed
constexpr double kMostHostW = 10000;
constexpr Nanos kAhead = std::chrono::minutes(10);  // of a reading, prices are known

std::string joined(const MeteredSet::Deployments& deployments) {
  std::string names;
  for (const auto& d : deployments) names += (names.empty() ? "" : "+") + d->name;
  return names;
}

energy::DeviceConfig device_config(const MeteredSet::Deployments& deployments) {
  const Deployment& first = *deployments.front();
  const energy::OwnHardware& h = first.own->hardware;
  energy::DeviceConfig config{.device = joined(deployments),
                              .deployment = joined(deployments),
                              .zone = first.zone,
                              .models = {},
                              .site = h.site,
                              .embodied = h.embodied,
                              .idle_w = first.own->idle_w,
                              .simulated = first.simulated};
  for (const auto& d : deployments) config.models.push_back(d->own->hardware.weights);
  return config;
}

bool whole_gpu(const meter::DeviceReading& r) {
  return r.whole_device && r.boundary == meter::Boundary::gpu;
}

energy::Sample sample_of(const meter::DeviceReading& r) {
  return {.at = r.at, .counter_uj = r.counter_uj, .power_w = r.power_w, .mono = r.mono};
}

}  // namespace

MeteredSet::MeteredSet(const Clock& clock, ledger::Journal& journal, Deployments deployments)
    : clock_(clock),
      journal_(journal),
      deployments_(std::move(deployments)),
      silence_(std::max(kSilence, 3 * first().meter->meter.every)),
      attributor_(device_config(deployments_)),
      foreign_({.engines = deployments_.size()}),
      running_(deployments_.size()) {}

void MeteredSet::use(std::shared_ptr<const Snapshot> snapshot, Deployments deployments) {
  if (snapshot_ && cutter_) cutter_->cut_at(clock_.wall());
  priced_until_ = clock_.wall();
  snapshot_ = std::move(snapshot);
  deployments_ = std::move(deployments);
  if (calibration_) return;  // better than the catalog's
  for (size_t i = 0; i < deployments_.size(); ++i)
    attributor_.set_weights(static_cast<uint16_t>(i), deployments_[i]->own->hardware.weights);
}

bool MeteredSet::reads(const Deployments& others) const {
  return std::equal(deployments_.begin(), deployments_.end(), others.begin(), others.end(),
                    [](const auto& a, const auto& b) {
                      return a->name == b->name && *a->meter == *b->meter && a->metrics == b->metrics &&
                             a->zone == b->zone && a->own->hardware.site.gpus == b->own->hardware.site.gpus &&
                             a->own->hardware.site.pue == b->own->hardware.site.pue;
                    });
}

void MeteredSet::complain(std::string& trouble, std::string why) {
  if (why == trouble) return;
  trouble = std::move(why);
  log::warning("deployment {}: {}", first().name, trouble);
}

// The devices of the meter that are ours, by their stable names.
Result<std::vector<std::string>> MeteredSet::choose(const meter::Readings& readings) const {
  const MeterUse& use = *first().meter;
  std::vector<std::string> all, ours;
  for (const auto& r : readings.devices)
    if (whole_gpu(r) && std::find(all.begin(), all.end(), r.device) == all.end()) all.push_back(r.device);
  for (const std::string& wanted : use.devices) {
    for (const auto& r : readings.devices) {
      if (!whole_gpu(r) || (r.device != wanted && r.gpu_index != wanted)) continue;
      if (std::find(ours.begin(), ours.end(), r.device) == ours.end()) ours.push_back(r.device);
    }
  }
  const auto gpus = static_cast<size_t>(first().own->hardware.site.gpus);
  const bool one_for_all = use.meter.kind == MeterKind::engine_sim && all.size() == 1;
  if (use.devices.empty()) {
    if (all.size() == gpus || one_for_all) return all;
    return fail(Code::failed_precondition,
                "meter {} shows {} GPUs, but the deployment has {}; name its GPUs under devices "
                "(it shows {}).",
                use.meter.name, all.size(), gpus, fmt::join(all, ", "));
  }
  if (ours.size() == use.devices.size()) return ours;
  return fail(Code::failed_precondition, "meter {} does not show the devices {} one for one; it shows {}.",
              use.meter.name, fmt::join(use.devices, ", "), fmt::join(all, ", "));
}

// Windows are cut where electricity changes its price, before a reading reaches over that.
void MeteredSet::cut_at_prices(Wall until) {
  const auto& tariff = first().own->hardware.tariff;
  if (!tariff || !cutter_) return;
  for (auto change = tariff->next_change(priced_until_); change && *change <= until;
       change = tariff->next_change(*change)) {
    cutter_->cut_at(*change);
    priced_until_ = *change;
  }
}

void MeteredSet::gpus(const meter::Readings* readings) {
  if (readings && !cutter_) {
    auto chosen = choose(*readings);
    if (chosen) {
      devices_ = std::move(*chosen);
      const MeterUse& use = *first().meter;
      energy::SetCutter::Options options;
      options.gpus = devices_.size();
      options.host = use.host.has_value();
      options.host_part = use.host_part;
      options.patience = silence_;
      options.gpu.max_power_w = kMostGpuW * first().own->hardware.site.gpus / static_cast<double>(devices_.size());
      options.server.max_power_w = kMostHostW;
      cutter_.emplace(options);
      priced_until_ = clock_.wall() - kAhead;
    } else {
      complain(trouble_, chosen.error().message);
    }
  }
  cut_at_prices(clock_.wall() + kAhead);
  if (readings && cutter_) {
    size_t seen = 0;
    double busy = 0;
    bool all_say = true;
    for (const meter::DeviceReading& r : readings->devices) {
      const auto it = std::find(devices_.begin(), devices_.end(), r.device);
      if (it == devices_.end() || !whole_gpu(r)) continue;
      if (r.simulated) attributor_.mark_simulated();
      cutter_->add(static_cast<size_t>(it - devices_.begin()), sample_of(r));
      busy += r.utilisation.value_or(0);
      all_say = all_say && r.utilisation.has_value();
      ++seen;
    }
    if (seen == 0) {
      complain(trouble_, fmt::format("meter {} does not show {} any more.", first().meter->meter.name,
                                     fmt::join(devices_, ", ")));
    } else {
      trouble_.clear();
    }
    utilisation_ = seen > 0 && all_say ? std::optional(busy / static_cast<double>(seen)) : std::nullopt;
  }
  const Wall now = clock_.wall();
  cut(now);
  stand_in(now);
  close_due(now);
  calibrate(now);
}

void MeteredSet::host(const meter::Readings* readings) {
  if (!readings || !cutter_) return;
  const MeterConfig& wanted = *first().meter->host;
  std::vector<const meter::DeviceReading*> found;  // several moments of one server, oldest first
  for (const auto& r : readings->devices) {
    if (r.boundary != meter::Boundary::host || !r.whole_device) continue;
    if (!wanted.host.empty() && !r.host.empty() && r.host != wanted.host && r.device != "host:" + wanted.host) continue;
    if (!found.empty() && found.front()->device != r.device) {
      complain(host_trouble_, fmt::format("meter {} shows several servers; say which with its host.", wanted.name));
      return;
    }
    found.push_back(&r);
  }
  if (found.empty()) {
    complain(host_trouble_, fmt::format("meter {} shows no server.", wanted.name));
    return;
  }
  host_trouble_.clear();
  for (const meter::DeviceReading* r : found) cutter_->add(cutter_->host_meter(), sample_of(*r));
}

MeteredSet::Shown MeteredSet::shown(const std::string& deployment) const {
  Shown out;
  // A meter that fell silent says nothing of now.
  const auto until = frontier();
  const bool fresh = until && clock_.wall() - *until < kSilence;
  if (fresh) {
    out.power_w = totals_.watts;
    out.utilisation = utilisation_;
  }
  for (size_t i = 0; i < deployments_.size(); ++i) {
    out.deployments.push_back(deployments_[i]->name);
    if (deployments_[i]->name != deployment || i >= engines_.size() || !engines_[i]) continue;
    out.waiting = engines_[i]->waiting;
    out.kv_usage = engines_[i]->kv_usage;
  }
  return out;
}

void MeteredSet::engine(size_t index, const meter::Readings* readings) {
  const auto r = readings ? meter::combined(readings->engines) : std::nullopt;
  engines_.resize(deployments_.size());
  engines_.at(index) = r;
  if (!r || !r->generated_tokens || !r->prompt_tokens) return;
  prompt_is_computed_ = !r->prompt_includes_cached;
  foreign_.counted(r->at, {static_cast<double>(*r->prompt_tokens), static_cast<double>(*r->generated_tokens)}, index);
  running_.at(index) = r->running.value_or(0);
}

void MeteredSet::cut(Wall now) {
  if (cutter_) cutter_->take(now, windows_);
}

// While the meter is silent, or has not said anything of use yet, calls are settled by what the curve says of them.
void MeteredSet::stand_in(Wall now) {
  const auto from = frontier() ? frontier() : stood_until_;
  if (attributor_.open_calls() == 0 || now - std::max(from.value_or(busy_since_), busy_since_) < silence_) return;
  close_all();
  const Wall until = now - kLateness;
  if (from && *from < busy_since_) stand_in_for(*from, busy_since_);  // idle: it is no call's
  stand_in_for(std::max(from.value_or(busy_since_), busy_since_), until);
}

void MeteredSet::stand_in_for(Wall begin, Wall end) {
  energy::MeterWindow estimate = attributor_.estimate_window(begin, end);
  if (frontier()) cutter_->book(end, estimate.gpu);
  stood_until_ = end;
  if (const auto& tariff = first().own->hardware.tariff) {
    for (auto change = tariff->next_change(begin); change && *change < end; change = tariff->next_change(*change))
      windows_.push_back(energy::take_until(estimate, *change));
  }
  windows_.push_back(estimate);
}

// Until when the work of all calls is known.
Wall MeteredSet::told() const {
  Wall until = Wall::max();
  for (const auto& [id, call] : calls_) until = std::min(until, call.told);
  return until;
}

void MeteredSet::close_due(Wall now) {
  const Wall known = std::max(told(), now - kUntold);
  size_t n = 0;
  while (n < windows_.size() && windows_[n].end + kLateness <= now && windows_[n].end <= known) close(windows_[n++]);
  windows_.erase(windows_.begin(), windows_.begin() + static_cast<std::ptrdiff_t>(n));
}

void MeteredSet::close_all() {
  for (const energy::MeterWindow& w : windows_) close(w);
  windows_.clear();
}

void MeteredSet::close(const energy::MeterWindow& window) {
  const grid::Reading r = snapshot_->grid->at(first().zone, window.begin);
  energy::Conditions conditions{.grid = {.g_per_kwh = r.value.g_per_kwh, .sigma = r.sigma_ln, .hourly = r.hourly()},
                                .price = first().own->hardware.price_at(window.begin),
                                .foreign = foreign_.take(window.begin, window.end),
                                .running = {}};
  // With foreign work the batch is larger than our own calls show.
  if (conditions.foreign && conditions.foreign->prompt + conditions.foreign->generated > 0) {
    const double running = std::accumulate(running_.begin(), running_.end(), 0.0);
    if (running > 0) conditions.running = running;
  }
  settled_.clear();
  const energy::DeviceWindow* closed = attributor_.window(window, conditions, settled_);
  if (closed) {
    totals_.energy += closed->total.energy;
    add(totals_.unattributed, closed->unattributed);
    if (const double s = seconds(closed->end - closed->begin); s > 0)
      totals_.watts = to_joules(closed->total.energy) / s;
    if (auto ok = journal_.append(*closed); !ok) log::error("deployment {}: {}", first().name, ok.error().message);
    const energy::WindowDetail& d = attributor_.detail();
    foreign_.sent(window.end, {prompt_is_computed_ ? d.sent_fresh : d.sent.prompt, d.sent.generated});
  }
  for (energy::Settlement& s : settled_) {
    const auto it = calls_.find(s.call);
    if (it != calls_.end()) {
      s.figures.cost += it->second.token_cost;
      calls_.erase(it);
    }
    snapshot_->limits->state().corrections.settled(s, clock_.wall());
    if (auto ok = journal_.append(s); !ok) log::error("deployment {}: {}", first().name, ok.error().message);
  }
}

void MeteredSet::calibrate(Wall now) {
  if (!calibrated_at_) calibrated_at_ = now;
  if (now - *calibrated_at_ < kCalibration) return;
  calibrated_at_ = now;
  const auto fit = attributor_.calibrated();
  if (!fit) return;
  if (!calibration_)
    log::info(
        "deployment {}: token weights fitted to {} rows of windows (R2 {:.2f}, error {:.1f} %, on those left out) "
        "replace the catalog's: {:.4g} + {:.4g}/B J per token, {:.4g} J per prompt token",
        first().name, fit->windows, fit->r2, fit->error * 100, fit->weights.curve.a, fit->weights.curve.b,
        fit->weights.e_in);
  calibration_ = fit;
  attributor_.set_weights(0, fit->weights);
}

void MeteredSet::note(const CallNote& n) {
  if (n.kind == CallNote::Kind::opened) {
    if (attributor_.open_calls() == 0) busy_since_ = n.at;
    size_t model = 0;
    while (model + 1 < deployments_.size() && deployments_[model]->name != n.deployment->name) ++model;
    calls_.insert({n.call, {attributor_.open(n.call, n.at, static_cast<uint16_t>(model)), n.at, {}}});
    return;
  }
  const auto it = calls_.find(n.call);
  if (it == calls_.end()) return;
  if (n.kind == CallNote::Kind::worked) {
    attributor_.work(it->second.slot, n.slice);
    it->second.told = std::max(it->second.told, n.slice.end);
  } else {
    it->second.token_cost = n.token_cost;
    it->second.told = Wall::max();
    attributor_.close(it->second.slot, n.at);
  }
}

}  // namespace trine::gateway

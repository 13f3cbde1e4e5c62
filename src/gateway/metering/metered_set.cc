#include "gateway/metering/metered_set.h"

#include <algorithm>
#include <numeric>

#include "base/log.h"

namespace trine::gateway {
namespace {

constexpr double kMostGpuW = 2000;  // of one GPU; nothing above is believed
constexpr double kMostHostW = 10000;
constexpr Nanos kAhead = std::chrono::minutes(10);  // of a reading, prices and slots of the grid are known
constexpr Nanos kHour = std::chrono::hours(1);

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

// Other hardware behind the same meter: another model or GPU has another curve.
bool other_hardware(const Deployment& a, const Deployment& b) {
  return a.model != b.model || a.own->hardware.weights != b.own->hardware.weights || a.own->idle_w != b.own->idle_w;
}

bool same_meter(const Deployment& a, const Deployment& b) {
  return *a.meter == *b.meter && a.own->hardware.site.gpus == b.own->hardware.site.gpus;
}

// All that a window's figures come from, but the meter.
bool same_figures(const Deployment& a, const Deployment& b) {
  const energy::OwnHardware &x = a.own->hardware, &y = b.own->hardware;
  return a.zone == b.zone && x.site == y.site && x.embodied == y.embodied && x.price == y.price &&
         x.tariff == y.tariff && !other_hardware(a, b);
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
  const auto all = [&](auto&& holds) {
    return std::equal(deployments_.begin(), deployments_.end(), deployments.begin(), deployments.end(), holds);
  };
  const bool same = all([](const auto& a, const auto& b) { return same_figures(*a, *b); });
  const bool other = !all([](const auto& a, const auto& b) { return !other_hardware(*a, *b); });
  if (!same) close_all();
  snapshot_ = std::move(snapshot);
  deployments_ = std::move(deployments);
  if (same) return;
  if (other) {
    calibration_.reset();
    calibrated_at_.reset();
  }
  attributor_.describe(device_config(deployments_), other);
  if (calibration_) attributor_.set_weights(0, calibration_->weights);  // better than the catalog's
}

bool MeteredSet::reads(const Deployments& others) const {
  return std::equal(deployments_.begin(), deployments_.end(), others.begin(), others.end(),
                    [](const auto& a, const auto& b) {
                      return a->name == b->name && a->metrics == b->metrics && same_meter(*a, *b);
                    });
}

bool MeteredSet::serves(const std::string& deployment) const {
  return std::any_of(deployments_.begin(), deployments_.end(), [&](const auto& d) { return d->name == deployment; });
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

// Where the value of the grid, the price of electricity or the hour of the reports changes next.
Wall MeteredSet::next_cut(Wall after) const {
  Wall next = std::min(Wall(std::chrono::floor<std::chrono::hours>(after) + kHour),
                       snapshot_->grid->slot_end(first().zone, after));
  if (const auto& tariff = first().own->hardware.tariff)
    if (const auto change = tariff->next_change(after)) next = std::min(next, *change);
  return next;
}

// Cuts are known before a reading reaches over them.
void MeteredSet::cut_ahead() {
  if (!cutter_) return;
  const Wall now = clock_.wall(), until = now + kAhead;
  for (Wall at = next_cut(std::min(now, cut_until_)); at <= until; at = next_cut(at)) cutter_->cut_at(at);
  cut_until_ = until;
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
      cut_until_ = clock_.wall() - kAhead;
    } else {
      complain(trouble_, chosen.error().message);
    }
  }
  cut_ahead();
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
  account_until(now - kLateness);
}

// From the last reading, or estimate, on.
void MeteredSet::account_until(Wall end) {
  const auto from = frontier() ? frontier() : stood_until_;
  if (attributor_.open_calls() == 0) {
    if (from) stand_in_for(*from, end);
    return;
  }
  if (from && *from < busy_since_) stand_in_for(*from, std::min(busy_since_, end));  // idle: it is no call's
  stand_in_for(std::max(from.value_or(busy_since_), busy_since_), end);
}

void MeteredSet::stand_in_for(Wall begin, Wall end) {
  if (end <= begin) return;
  if (end - begin > energy::WindowCutter::kLongest) begin = end - kHour;
  energy::MeterWindow estimate = attributor_.estimate_window(begin, end);
  if (frontier()) cutter_->book(end, estimate.gpu);
  stood_until_ = end;
  for (Wall at = next_cut(begin); at < end; at = next_cut(at)) windows_.push_back(energy::take_until(estimate, at));
  windows_.push_back(estimate);
}

void MeteredSet::leave() {
  const Wall now = clock_.wall();
  cut(now);
  close_all();
  account_until(now);
  close_all();
}

void MeteredSet::take_over(MeteredSet& old) {
  if (!cutter_ && old.cutter_ && same_meter(first(), old.first())) {
    old.cutter_->cut_at(clock_.wall());
    old.cut(clock_.wall());
    if (!same_figures(first(), old.first())) old.close_all();
    windows_ = std::move(old.windows_);
    cutter_ = std::exchange(old.cutter_, std::nullopt);
    devices_ = std::move(old.devices_);
    cut_until_ = old.cut_until_;
    stood_until_ = old.stood_until_;
    if (deployments_.size() == old.deployments_.size() && !other_hardware(first(), old.first())) {
      attributor_.learn_from(old.attributor_);
      calibration_ = old.calibration_;
      calibrated_at_ = old.calibrated_at_;
      if (calibration_) attributor_.set_weights(0, calibration_->weights);
    }
  } else {
    old.leave();
  }
  if (old.calls_.empty()) return;
  if (attributor_.open_calls() == 0) busy_since_ = old.busy_since_;
  std::vector<uint16_t> models;
  for (const auto& d : old.deployments_) models.push_back(model_of(d->name));
  for (const auto& [id, slot] : attributor_.take_over(old.attributor_, models)) {
    RunningCall call = old.calls_.at(id);
    call.slot = slot;
    calls_.insert({id, call});
  }
  old.calls_.clear();
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
    totals_.unattributed += closed->unattributed;
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

// Of one that is not there: any, the last.
uint16_t MeteredSet::model_of(const std::string& deployment) const {
  size_t model = 0;
  while (model + 1 < deployments_.size() && deployments_[model]->name != deployment) ++model;
  return static_cast<uint16_t>(model);
}

void MeteredSet::note(const CallNote& n) {
  if (n.kind == CallNote::Kind::opened) {
    if (attributor_.open_calls() == 0) busy_since_ = n.at;
    calls_.insert({n.call, {attributor_.open(n.call, n.at, model_of(n.deployment->name)), n.at, {}}});
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

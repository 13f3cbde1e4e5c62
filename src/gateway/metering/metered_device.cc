#include "gateway/metering/metered_device.h"

#include "base/log.h"
#include "meter/http_source.h"

namespace trine::gateway {
namespace {

energy::DeviceConfig device_config(const Deployment& d) {
  const energy::OwnHardware& h = d.own->hardware;
  return {.device = d.name,
          .deployment = d.name,
          .zone = d.zone,
          .models = {h.weights},
          .site = h.site,
          .embodied = h.embodied,
          .idle_w = 0,
          .simulated = d.simulated};
}

}  // namespace

std::shared_ptr<MeteredDevice> MeteredDevice::open(net::Loop& loop, ledger::Journal& journal,
                                                   std::shared_ptr<const Deployment> deployment) {
  meter::HttpAccess access;
  access.url = deployment->metrics->text();
  auto source = meter::http_source(loop, meter::HttpKind::engine_sim, access, deployment->metrics->host);
  if (!source) {
    log::error("deployment {}: its meter cannot be read: {}", deployment->name, source.error().message);
    return nullptr;
  }
  return std::shared_ptr<MeteredDevice>(new MeteredDevice(loop, journal, std::move(deployment), std::move(*source)));
}

MeteredDevice::MeteredDevice(net::Loop& loop, ledger::Journal& journal, std::shared_ptr<const Deployment> deployment,
                             std::unique_ptr<meter::Source> source)
    : net::Timer(loop),
      loop_(loop),
      journal_(journal),
      deployment_(std::move(deployment)),
      source_(std::move(source)),
      cutter_(energy::WindowCutter::Options{}),
      attributor_(device_config(*deployment_)) {}

void MeteredDevice::use(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<const Deployment> deployment) {
  if (snapshot_) cutter_.cut_at(loop_.clock().wall());
  snapshot_ = std::move(snapshot);
  deployment_ = std::move(deployment);
  attributor_.set_weights(0, deployment_->own->hardware.weights);
}

bool MeteredDevice::reads(const Deployment& d) const {
  return d.metrics == deployment_->metrics && d.zone == deployment_->zone &&
         d.own->hardware.site.gpus == deployment_->own->hardware.site.gpus &&
         d.own->hardware.site.pue == deployment_->own->hardware.site.pue;
}

void MeteredDevice::start() {
  net::spawn(step());
}

void MeteredDevice::stop() {
  stopped_ = true;
  disarm();
}

net::Task<void> MeteredDevice::step() {
  const auto self = shared_from_this();
  reading_ = true;
  co_await read(false);
  reading_ = false;
  if (!stopped_) arm(kStep);
}

net::Task<void> MeteredDevice::finish() {
  const auto self = shared_from_this();
  while (reading_) co_await loop_.sleep(std::chrono::milliseconds(5));  // a source answers one at a time
  co_await read(true);
}

net::Task<void> MeteredDevice::read(bool last) {
  const auto readings = co_await source_->read();
  if (readings) {
    if (!trouble_.empty()) log::info("deployment {}: its meter answers again", deployment_->name);
    trouble_.clear();
    add(*readings);
  } else if (trouble_ != readings.error().message) {
    trouble_ = readings.error().message;
    log::warning("deployment {}: {}", deployment_->name, trouble_);
  }
  const Wall now = loop_.clock().wall();
  stand_in(now);
  close_due(last ? now + kLateness : now);
}

void MeteredDevice::add(const meter::Readings& readings) {
  for (const meter::DeviceReading& r : readings.devices) {
    if (!r.whole_device || r.boundary != meter::Boundary::gpu) continue;
    cut_.clear();
    cutter_.add({.at = r.at, .counter_uj = r.counter_uj, .power_w = r.power_w, .mono = r.mono}, cut_);
    windows_.insert(windows_.end(), cut_.begin(), cut_.end());
    return;  // a simulated engine has one device
  }
}

void MeteredDevice::stand_in(Wall now) {
  const auto frontier = cutter_.frontier();
  if (!frontier || attributor_.open_calls() == 0 || now - *frontier < kSilence) return;
  close_due(*frontier + kLateness);
  const Wall until = now - kLateness;
  const energy::MeterWindow estimate = attributor_.estimate_window(*frontier, until);
  cutter_.book(until, estimate.gpu);
  windows_.push_back(estimate);
}

void MeteredDevice::close_due(Wall now) {
  while (!windows_.empty() && windows_.front().end + kLateness <= now) {
    close(windows_.front());
    windows_.pop_front();
  }
}

void MeteredDevice::close(const energy::MeterWindow& window) {
  const grid::Reading r = snapshot_->grid->at(deployment_->zone, window.begin);
  const energy::Conditions conditions{
      .grid = {.g_per_kwh = r.value.g_per_kwh, .sigma = r.sigma_ln, .hourly = r.hourly()},
      .price = deployment_->own->hardware.price,
      .engine = {},
      .running = {}};
  settled_.clear();
  const energy::DeviceWindow* closed = attributor_.window(window, conditions, settled_);
  if (closed) {
    if (auto ok = journal_.append(*closed); !ok) log::error("deployment {}: {}", deployment_->name, ok.error().message);
  }
  for (energy::Settlement& s : settled_) {
    const auto it = calls_.find(s.call);
    if (it != calls_.end()) {
      s.figures.cost += it->second.token_cost;
      calls_.erase(it);
    }
    if (auto ok = journal_.append(s); !ok) log::error("deployment {}: {}", deployment_->name, ok.error().message);
  }
}

void MeteredDevice::note(const CallNote& n) {
  if (n.kind == CallNote::Kind::opened) {
    calls_.insert({n.call, {attributor_.open(n.call, n.at), {}}});
    return;
  }
  const auto it = calls_.find(n.call);
  if (it == calls_.end()) return;
  if (n.kind == CallNote::Kind::worked) {
    attributor_.work(it->second.slot, n.slice);
  } else {
    it->second.token_cost = n.token_cost;
    attributor_.close(it->second.slot, n.at);
  }
}

}  // namespace trine::gateway

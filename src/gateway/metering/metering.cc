#include "gateway/metering/metering.h"

namespace trine::gateway {

void Metering::use(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  std::unordered_map<std::string, std::shared_ptr<MeteredDevice>> kept;
  for (const auto& d : snapshot_->deployments) {
    if (!d->metered()) continue;
    std::shared_ptr<MeteredDevice> device;
    const auto it = devices_.find(d->name);
    if (it != devices_.end() && it->second->reads(*d)) device = it->second;
    const bool fresh = !device;
    if (fresh) device = MeteredDevice::open(loop_, journal_, d);
    if (!device) continue;
    device->use(snapshot_, d);
    if (fresh) device->start();
    kept[d->name] = std::move(device);
  }
  for (const auto& [name, device] : devices_) {
    const auto it = kept.find(name);
    if (it == kept.end() || it->second != device) device->stop();  // lives on until its calls are forgotten
  }
  devices_ = std::move(kept);
}

void Metering::take(const std::vector<CallNote>& notes) {
  for (const CallNote& n : notes) {
    if (n.kind == CallNote::Kind::opened) {
      const auto device = devices_.find(n.deployment->name);
      if (device == devices_.end()) continue;
      device->second->note(n);
      calls_[n.call] = device->second;
      continue;
    }
    const auto it = calls_.find(n.call);
    if (it == calls_.end()) continue;
    it->second->note(n);
    if (n.kind == CallNote::Kind::closed) calls_.erase(it);
  }
}

net::Task<void> Metering::finish() {
  for (const auto& [name, device] : devices_) device->stop();
  const auto devices = devices_;
  for (const auto& [name, device] : devices) co_await device->finish();
}

}  // namespace trine::gateway

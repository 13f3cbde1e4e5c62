#include "gateway/context.h"

#include "energy/boundary.h"

namespace trine::gateway {
namespace {

// One connection pool may serve both.
bool same_origin(const Deployment& a, const Deployment& b) {
  return a.origin.address.host == b.origin.address.host && a.origin.address.port == b.origin.address.port &&
         !a.origin.tls && !b.origin.tls && !a.origin.proxy && !b.origin.proxy;
}

}  // namespace

void Context::use(std::shared_ptr<const Snapshot> snapshot) {
  decltype(pools_) pools;
  for (const auto& d : snapshot->deployments) {
    for (const auto& [old, pool] : pools_)
      if (same_origin(*old, *d)) pools[d] = pool;
  }
  // Exchanges under way hold the old snapshot, and call by its deployments: their pools stay until the next reload.
  if (snapshot_)
    for (const auto& d : snapshot_->deployments)
      if (auto it = pools_.find(d); it != pools_.end()) pools.insert(*it);
  pools_ = std::move(pools);
  grid_.assign(snapshot->deployments.size(), {});
  snapshot_ = std::move(snapshot);
}

WaitingRoom& Context::room(std::string_view route) {
  auto it = rooms_.find(route);
  if (it == rooms_.end()) it = rooms_.emplace(std::string(route), std::make_unique<WaitingRoom>(loop)).first;
  return *it->second;
}

const std::shared_ptr<net::Pool>& Context::pool(const std::shared_ptr<const Deployment>& d) {
  auto& pool = pools_[d];
  if (!pool) {
    for (const auto& [other, shared] : pools_)
      if (shared && same_origin(*other, *d)) return pool = shared;
    pool = std::make_shared<net::Pool>(loop, d->origin, dialer_);
  }
  return pool;
}

Context::GridSlot& Context::slot(const Deployment& d, Wall now) {
  // A deployment of an earlier snapshot has an index of its own: it is rare, and looked up each time.
  const bool current = d.index < snapshot_->deployments.size() && snapshot_->deployments[d.index].get() == &d;
  GridSlot& slot = current ? grid_[d.index] : earlier_;
  const uint64_t version = snapshot_->grid->version();
  if (!current || now >= slot.until || slot.version != version) {
    const grid::Reading r = snapshot_->grid->at(d.zone, now);
    slot.value = {.g_per_kwh = r.value.g_per_kwh, .sigma = r.sigma_ln, .hourly = r.hourly()};
    slot.until = snapshot_->grid->slot_end(d.zone, now);
    slot.version = version;
    slot.tariff.reset();
  }
  return slot;
}

const energy::GridValue& Context::grid(const Deployment& d, Wall now) {
  return slot(d, now).value;
}

const score::Tariff& Context::tariff(const Deployment& d, uint32_t others, Wall now) {
  GridSlot& s = slot(d, now);
  if (!d.own) others = 0;  // a vendor's does not depend on it
  if (s.tariff && s.running == others && now < s.priced_until) return *s.tariff;
  s.running = others;
  s.priced_until = Wall::max();
  if (!d.own) {
    s.tariff = score::Tariff::vendor(d.vendor->model, d.vendor->price, s.value).value_or(score::Tariff());
    return *s.tariff;
  }
  const energy::OwnHardware& hardware = d.own->hardware;
  s.tariff.emplace(hardware, d.own->speed, s.value, others, now);
  if (hardware.tariff) s.priced_until = hardware.tariff->next_change(now).value_or(Wall::max());
  return *s.tariff;
}

}  // namespace trine::gateway

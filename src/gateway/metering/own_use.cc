#include "gateway/metering/own_use.h"

#include <ctime>

#include "base/log.h"

namespace trine::gateway {
namespace {

constexpr Nanos kMostAtOnce = std::chrono::hours(24);

void add(energy::GatewayUse& sum, const energy::GatewayUse& use) {
  sum.cpu += use.cpu;
  sum.energy += use.energy;
  sum.carbon += use.carbon;
}

}  // namespace

Nanos process_cpu_time() {
  timespec t{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0) return Nanos(0);
  return std::chrono::seconds(t.tv_sec) + Nanos(t.tv_nsec);
}

energy::GatewayHost gateway_host(const Snapshot& snapshot) {
  const OwnUseConfig& own = snapshot.config->own_use;
  energy::GatewayHost host;
  host.watts_per_core = own.watts_per_core;
  const auto world = snapshot.catalog->world_pue();
  host.pue = own.pue.value_or(world.pue);
  host.pue_sigma = own.pue ? energy::sigma::pue_table : energy::sigma::pue_unknown;
  host.zone = own.zone;
  if (!host.zone.empty() || snapshot.deployments.empty()) return host;
  const std::string& first = snapshot.deployments.front()->zone;
  for (const auto& d : snapshot.deployments)
    if (d->zone != first) return host;
  host.zone = first;
  return host;
}

OwnUse::OwnUse(net::Loop& loop, ledger::Journal& journal, std::function<Nanos()> cpu_time)
    : Timer(loop), loop_(loop), journal_(journal), cpu_time_(std::move(cpu_time)), booked_until_(loop.clock().wall()) {}

void OwnUse::use(std::shared_ptr<const Snapshot> snapshot) {
  if (snapshot_) book();  // by what held until now
  snapshot_ = std::move(snapshot);
  host_ = gateway_host(*snapshot_);
  if (!armed()) arm(kEvery);
}

void OwnUse::expired() {
  book();
  arm(kEvery);
}

void OwnUse::book() {
  const Wall now = loop_.clock().wall();
  const Nanos cpu = cpu_time_() - booked_cpu_;
  if (cpu <= Nanos(0)) return;
  // The wall clock may have gone back, or far ahead.
  Wall begin = now - booked_until_ > kMostAtOnce ? now : std::min(booked_until_, now);
  Nanos left = cpu;
  // Hour by hour, each with its part of the CPU time.
  for (;;) {
    const Wall hour = std::chrono::floor<std::chrono::hours>(begin) + std::chrono::hours(1);
    const Wall end = std::min(hour, now);
    const Nanos part = end == now ? left
                                  : Nanos(static_cast<int64_t>(static_cast<double>(left.count()) *
                                                               (seconds(end - begin) / seconds(now - begin))));
    if (!book(begin, end, part)) return;
    left -= part;
    begin = end;
    if (end == now) return;
  }
}

bool OwnUse::book(Wall begin, Wall end, Nanos cpu) {
  const auto use = use_of(begin, end, cpu);
  if (cpu > Nanos(0)) {
    if (auto ok = journal_.append(use); !ok) {
      log::warning("the gateway's own energy is booked later: {}", ok.error().message);
      return false;
    }
  }
  booked_until_ = end;
  booked_cpu_ += cpu;
  add(total_, use);
  return true;
}

energy::GatewayUse OwnUse::use_of(Wall begin, Wall end, Nanos cpu) const {
  const auto reading = snapshot_->grid->at(host_.zone, begin);
  return energy::gateway_use(
      begin, end, cpu, host_,
      {.g_per_kwh = reading.value.g_per_kwh, .sigma = reading.sigma_ln, .hourly = reading.hourly()});
}

energy::GatewayUse OwnUse::total() const {
  const Wall now = loop_.clock().wall();
  energy::GatewayUse all = total_;
  add(all, use_of(now, now, cpu_time_() - booked_cpu_));
  return all;
}

}  // namespace trine::gateway

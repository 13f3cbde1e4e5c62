#include "meter_agent/store.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace trine::meter_agent {
namespace {

int16_t of_ten_thousand(const std::optional<double>& share) {
  return share && *share >= 0 && *share <= 1 ? static_cast<int16_t>(std::lround(*share * 10'000)) : int16_t{-1};
}

int32_t milliwatts(const std::optional<double>& watts) {
  constexpr double kMost = std::numeric_limits<int32_t>::max() / 1000.0;
  return watts && *watts >= 0 && *watts < kMost ? static_cast<int32_t>(std::lround(*watts * 1000)) : -1;
}

}  // namespace

size_t Store::number(const meter::DeviceReading& r) {
  const auto same = [&](const meter::DeviceReading& d) { return d.device == r.device; };
  const auto it = std::find_if(devices_.begin(), devices_.end(), same);
  const auto n = static_cast<size_t>(it - devices_.begin());
  if (it != devices_.end() || n == kMostDevices) return n;
  meter::DeviceReading d;
  d.device = r.device;
  d.boundary = r.boundary;
  d.whole_device = r.whole_device;
  d.model = r.model;
  d.gpu_index = r.gpu_index;
  d.zones = r.zones;
  d.wrap_uj = r.wrap_uj;
  devices_.push_back(std::move(d));
  ring_.reserve(per_device_ * devices_.size());
  return n;
}

bool Store::add(const meter::Readings& readings) {
  bool all = true;
  for (const meter::DeviceReading& r : readings.devices) {
    if (!r.mono) continue;  // not a meter of this machine
    const size_t device = number(r);
    if (device == kMostDevices) {
      all = false;
      continue;
    }
    Sample s;
    s.wall_us = microseconds(r.at.time_since_epoch());
    s.mono_us = microseconds(*r.mono);
    s.counter_uj = r.counter_uj.value_or(-1);
    s.power_mw = milliwatts(r.power_w);
    s.device = static_cast<uint16_t>(device);
    s.utilisation = of_ten_thousand(r.utilisation);
    s.sm_activity = of_ten_thousand(r.sm_activity);
    ring_.push(s);
  }
  return all;
}

}  // namespace trine::meter_agent

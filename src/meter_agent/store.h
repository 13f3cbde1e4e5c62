// What the agent knows: its devices, and the samples of the last while.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "meter/reading.h"
#include "meter_agent/ring.h"

namespace trine::meter_agent {

// One thread.
class Store {
 public:
  static constexpr size_t kMostDevices = 64;

  // `run` names this start of the agent; `per_device`: how many samples of each device are kept.
  Store(std::string host, std::string run, size_t per_device)
      : host_(std::move(host)), run_(std::move(run)), per_device_(per_device) {}

  // Adds the readings of one meter. Memory is taken when a device is seen for the first time. Devices beyond
  // kMostDevices are left out; false then.
  bool add(const meter::Readings& readings);

  const std::string& host() const { return host_; }
  const std::string& run() const { return run_; }
  const Ring& ring() const { return ring_; }
  const std::vector<meter::DeviceReading>& devices() const {
    return devices_;
  }  // no figures; in order of their numbers

 private:
  size_t number(const meter::DeviceReading& reading);  // kMostDevices: no room

  std::string host_, run_;
  size_t per_device_;
  Ring ring_;
  std::vector<meter::DeviceReading> devices_;
};

}  // namespace trine::meter_agent

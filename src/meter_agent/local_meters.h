// The meters of this host: NVIDIA's GPUs and the CPUs' RAPL.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "meter/local_source.h"

namespace trine::meter_agent {

// A meter that is opened when it is first read, and, where that failed, again after a while: a driver may be loaded
// later. read() gives the error of the last try in between.
std::unique_ptr<meter::LocalMeter> opened_when_read(std::string name,
                                                    std::function<Result<std::unique_ptr<meter::LocalMeter>>()> open,
                                                    const Clock& clock = system_clock(),
                                                    Nanos again = std::chrono::minutes(1));

// `nvml`: the library; `rapl`: powercap's folder; an empty one: that meter is not wanted.
std::vector<std::unique_ptr<meter::LocalMeter>> local_meters(const std::string& nvml, const std::string& rapl,
                                                             const std::string& host);

}  // namespace trine::meter_agent

// Meters of this machine: blocking reads of files and drivers, kept off the loop.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "meter/source.h"
#include "net/loop.h"

namespace trine::meter {

// One thread at a time, not always the same one.
struct LocalMeter {
  virtual ~LocalMeter() = default;
  virtual Result<Readings> read() = 0;  // may block
  virtual std::string_view name() const = 0;
};

// Reads on a thread of its own. A meter that does not answer within `timeout` (a driver that hangs) gives
// deadline_exceeded, at once for as long as it hangs; it never holds up the loop or this object's end.
std::unique_ptr<Source> local_source(net::Loop& loop, std::unique_ptr<LocalMeter> meter,
                                     Nanos timeout = std::chrono::seconds(5));

}  // namespace trine::meter

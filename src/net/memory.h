// Streams in memory: two ends of one connection, on one loop. For requests that the gateway makes to itself, and for
// deterministic tests, with injected faults.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/loop.h"
#include "net/stream.h"

namespace trine::net {

// What goes wrong on the way from one end to the other.
struct MemoryFaults {
  Nanos delay{0};                     // each write arrives this much later (loop time)
  size_t deliver_at_most = SIZE_MAX;  // a read gets at most so many bytes
  size_t capacity = SIZE_MAX;         // unread bytes before a writer has to wait
  size_t break_after = SIZE_MAX;      // so many bytes arrive, then the connection ends
};

// {client end, server end}. `to_server` applies to what the client writes.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> memory_pair(Loop& loop, MemoryFaults to_server = {},
                                                                        MemoryFaults to_client = {});

}  // namespace trine::net

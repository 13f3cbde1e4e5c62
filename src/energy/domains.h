// Which series of energy meters may be added up (docs/accounting.md §7.5): a MIG slice is part of its GPU, RAPL zones
// overlap (psys holds the package, a package holds its cores).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trine::energy {

enum class Domain : uint8_t {
  gpu,        // a whole GPU
  gpu_slice,  // a MIG instance
  psys,       // RAPL: the whole platform
  package,    // RAPL: a socket
  core,       // RAPL: inside a package
  uncore,     // RAPL: inside a package
  dram,       // RAPL: beside the package
};

struct Series {
  std::string device;  // what it belongs to: the GPU's UUID, "package-0" for the zones of a socket; free for psys
  std::string name;    // unique per device and domain ("core", a MIG id)
  Domain domain = Domain::gpu;
};

// Indices of the series to add, ascending: nothing is counted twice, and nothing that has a meter is left out.
// A duplicate (same device, name and domain) counts once. GPUs and the host (RAPL) do not overlap.
std::vector<size_t> non_overlapping(std::span<const Series> series);

}  // namespace trine::energy

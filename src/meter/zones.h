// Energy zones of a server's CPUs (RAPL's words) lie inside each other: psys > package > core and uncore; dram stands
// beside package (docs/accounting.md §7.5: overlapping zones never twice).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trine::meter {

enum class Zone : uint8_t { psys, package, dram, core, uncore, other };

// "package-0" → package, "platform" (as old Keplers say) → psys.
Zone zone_of(std::string_view name);
std::string_view name(Zone zone);

// Which of these zones of one host to add up: the one psys alone; else all packages and drams; without any package, the
// cores. Several psys zones contradict each other on servers of several sockets, and are passed over. In rising order.
std::vector<size_t> without_overlap(std::span<const Zone> zones);

// "package+dram": what was picked, each kind once.
std::string zones_text(std::span<const Zone> zones, std::span<const size_t> picked);

}  // namespace trine::meter

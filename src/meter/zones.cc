#include "meter/zones.h"

#include <algorithm>
#include <array>
#include <utility>

namespace trine::meter {
namespace {

constexpr std::array<std::pair<std::string_view, Zone>, 6> kZoneNames = {{{"psys", Zone::psys},
                                                                          {"platform", Zone::psys},
                                                                          {"package", Zone::package},
                                                                          {"dram", Zone::dram},
                                                                          {"core", Zone::core},
                                                                          {"uncore", Zone::uncore}}};

}  // namespace

Zone zone_of(std::string_view text) {
  std::string_view word = text.substr(0, text.find('-'));  // "package-0", "package-0-die-1"
  for (const auto& [known, zone] : kZoneNames)
    if (known == word) return zone;
  return Zone::other;
}

std::string_view name(Zone zone) {
  for (const auto& [known, z] : kZoneNames)
    if (z == zone) return known;
  return "other";
}

std::vector<size_t> without_overlap(std::span<const Zone> zones) {
  const auto count = [&](Zone z) { return std::count(zones.begin(), zones.end(), z); };
  const bool psys = count(Zone::psys) == 1;
  const Zone cpu = count(Zone::package) > 0 ? Zone::package : Zone::core;
  std::vector<size_t> picked;
  for (size_t i = 0; i < zones.size(); ++i) {
    const bool take = psys ? zones[i] == Zone::psys : zones[i] == cpu || zones[i] == Zone::dram;
    if (take) picked.push_back(i);
  }
  return picked;
}

std::string zones_text(std::span<const Zone> zones, std::span<const size_t> picked) {
  std::string text;
  for (const Zone z : {Zone::psys, Zone::package, Zone::core, Zone::dram}) {
    if (std::none_of(picked.begin(), picked.end(), [&](size_t i) { return zones[i] == z; })) continue;
    if (!text.empty()) text += '+';
    text += name(z);
  }
  return text;
}

}  // namespace trine::meter

#include "energy/domains.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace trine::energy {

std::vector<size_t> non_overlapping(std::span<const Series> series) {
  const auto has = [&](Domain domain, const std::string& device) {
    return std::any_of(series.begin(), series.end(),
                       [&](const Series& s) { return s.domain == domain && s.device == device; });
  };
  const bool psys = std::any_of(series.begin(), series.end(), [](const Series& s) { return s.domain == Domain::psys; });
  const auto inside_another = [&](const Series& s) {
    switch (s.domain) {
      case Domain::gpu_slice:
        return has(Domain::gpu, s.device);
      case Domain::package:
      case Domain::dram:
        return psys;
      case Domain::core:
      case Domain::uncore:
        return psys || has(Domain::package, s.device);
      case Domain::gpu:
      case Domain::psys:
        break;
    }
    return false;
  };
  std::vector<size_t> chosen;
  std::set<std::tuple<Domain, std::string, std::string>> seen;
  for (size_t i = 0; i < series.size(); ++i) {
    const Series& s = series[i];
    if (inside_another(s)) continue;
    // A GPU or the platform is one thing whatever the exporter calls it.
    const bool whole = s.domain == Domain::gpu || s.domain == Domain::psys || s.domain == Domain::package;
    const std::string device = s.domain == Domain::psys ? std::string() : s.device;
    if (seen.emplace(s.domain, device, whole ? std::string() : s.name).second) chosen.push_back(i);
  }
  return chosen;
}

}  // namespace trine::energy

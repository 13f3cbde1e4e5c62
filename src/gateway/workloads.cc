#include "gateway/workloads.h"

#include <algorithm>

namespace trine::gateway {

WorkloadNames::WorkloadNames(const std::vector<std::string>& configured, const WorkloadNames* before)
    : names_(before ? before->names_ : std::vector<std::string>{"none", "other"}) {
  for (const std::string& name : configured)
    // An empty name has its place, as has "other".
    if (place(name) == kOther && name != names_[kOther] && names_.size() < kMost) names_.push_back(name);
}

// At most 64 short names: once for each call, and shorter than a hash table's way.
size_t WorkloadNames::place(std::string_view workload) const {
  if (workload.empty()) return kNone;
  const auto it = std::find(names_.begin(), names_.end(), workload);
  return it == names_.end() ? kOther : static_cast<size_t>(it - names_.begin());
}

}  // namespace trine::gateway

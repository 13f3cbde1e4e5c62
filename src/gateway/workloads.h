// Workloads that metrics tell apart. Requests name theirs themselves (x-trine-workload), so that only what the
// configuration names has counters of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trine::gateway {

// Any thread once made. Names keep their places over reloads, since counters stand there.
class WorkloadNames {
 public:
  static constexpr size_t kMost = 64;  // places, with these two
  static constexpr size_t kNone = 0;   // requests without a workload
  static constexpr size_t kOther = 1;  // of a name that has no place

  // Those of `before`, then those of `configured` that are new, as far as there are places.
  explicit WorkloadNames(const std::vector<std::string>& configured = {}, const WorkloadNames* before = nullptr);

  size_t place(std::string_view workload) const;
  const std::vector<std::string>& all() const { return names_; }  // by place

 private:
  std::vector<std::string> names_;
};

}  // namespace trine::gateway

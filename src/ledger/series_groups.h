// The groups of a chart while it is read. Their names come from clients, so there may be as many as there are requests:
// all of them are weighed first, and then only some get points. Internal to this module. Pure, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/series.h"

namespace trine::ledger {

class SeriesGroups {
 public:
  explicit SeriesGroups(size_t steps) : steps_(steps) {}

  // First, every group of the period, as often as one likes: its energy adds up.
  void weigh(const std::string& name, int64_t energy_uj) { weights_[name] += energy_uj; }
  // Then once: kMostGroups get points, the heaviest first. Where there are more, the last one is "(others)".
  void choose();
  // Then. REQUIRES: the group was weighed, step < steps.
  SeriesPoint& at(const std::string& name, size_t step);

  size_t held() const { return groups_.size(); }  // groups that have points
  std::vector<Series::Group> take() { return std::move(groups_); }

 private:
  size_t steps_;
  std::unordered_map<std::string, int64_t> weights_;
  std::unordered_map<std::string, size_t> places_;  // in groups_, of those with points of their own
  std::vector<Series::Group> groups_;
};

}  // namespace trine::ledger
